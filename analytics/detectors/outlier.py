"""Answers far beyond what is usual for their model."""

import math
from collections.abc import Iterator
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Finding, Severity, Turn, Unjudged, Verdict
from analytics.detectors.peers import Limits, figures

_FEWEST: Final = 50
# Below these nobody minds, however unusual.
_LEAST: Final = {"latency_ms": 5_000.0, "cost_usd": 0.01, "output_tokens": 500.0, "length": 2_000.0}
_NAMES: Final = {
    "latency_ms": ("took", "{:,.0f} ms"), "cost_usd": ("cost", "{:.4f} USD"),
    "output_tokens": ("has", "{:,.0f} output tokens"), "length": ("has", "{:,.0f} characters"),
}  # fmt: skip


class Outlier(Detector):
    """The turn took, cost or wrote far more than is usual for its model.

    Its latency, cost, tokens or length lies beyond the empirical 99.9 % quantile of its peers and is twice their 99 %
    quantile; three and five times where fewer than 1,000 and 200 peers are known. Distances from a mean are not used:
    on these skewed figures they flag several per cent of good answers.
    """

    name: ClassVar[str] = "outlier"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "low"
    needs_peers: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if turn.peers is None:
            return Unjudged("nothing is known of its peers")
        known = {name: one for name, one in turn.peers.limits.items() if one.count >= _FEWEST}
        graded = sorted(_graded(turn, known), reverse=True)
        if not graded:
            return Unjudged(f"fewer than {_FEWEST} peers are known")
        score, name, value = graded[0]
        if score < self.threshold:
            return Clear(score)
        verb, form = _NAMES[name]
        limits = known[name]
        return Finding(
            score,
            f"The turn {verb} {form.format(value)}; 99 % of {limits.count:,} {turn.peers.group} stay below "
            f"{form.format(limits.p99)}.",
            (turn.cite("output", 0, 120),),
        )


def _graded(turn: Turn, known: dict[str, Limits]) -> Iterator[tuple[float, str, float]]:
    for name, value in figures(turn).items():
        if name not in known or name not in _LEAST:
            continue
        limits = known[name]
        factor = 2 if limits.count >= 1_000 else 3 if limits.count >= 200 else 5
        ratio = value / (factor * max(limits.p99, 1e-12))
        enough = value >= _LEAST[name] and value >= limits.p999
        score = 0.5 + min(0.49, 0.2 * math.log2(ratio)) if ratio >= 1 and enough else 0.49 * min(1.0, ratio)
        yield score, name, value
