"""What people read of each detector and score: what it finds, and how right it was on labelled data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.detectors.catalogue import detectors
from analytics.evaluate.tables import flagged, ordinary_of, read
from analytics.pipeline.score import scores
from analytics.statistics.intervals import Estimate, rate


@dataclass(frozen=True, slots=True)
class SetFigures:
    """How right it was on one set; None where a set cannot say.

    Attributes:
        about: what the labels are.
        positives: items with something to find.
        negatives: items without.
        groups: recall by attack family, model or kind.
    """

    name: str
    about: str
    positives: int
    negatives: int
    precision: Estimate | None
    recall: Estimate | None
    auroc: Estimate | None
    groups: tuple[tuple[str, Estimate], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One detector or score.

    Attributes:
        severity: of what it finds; empty for a score.
        threshold: score from which on it flags, or below which a value is low.
        measured: version that the figures are of; empty before the first measurement.
        ordinary: share of ordinary items that were flagged; None where that was not counted.
        ms: CPU time for a turn of the slowest set; None before the first measurement.
    """

    name: str
    text: str
    severity: str
    version: str
    threshold: float
    measured: str
    sets: tuple[SetFigures, ...]
    ordinary: Estimate | None
    ms: float | None

    @property
    def is_stale(self) -> bool:
        """Whether the figures are of another version than the one that runs."""
        return bool(self.measured) and self.measured != self.version

    @property
    def per_1000(self) -> str:
        """Flags in 1,000 ordinary items with their 95 % interval, as text."""
        if self.ordinary is None:
            return ""
        return f"{1000 * self.ordinary.value:.1f} [{1000 * self.ordinary.low:.1f}, {1000 * self.ordinary.high:.1f}]"


def cards() -> list[Card]:
    """All detectors by name, then all scores."""
    results = read()
    found = [
        _card(name, type(one).__doc__ or "", one.severity, one.version, one.threshold, results.get(name, []))
        for name, one in detectors().items()
    ]
    return found + [
        _card(name, type(score).__doc__ or "", "", score.version, score.low, results.get(name, []))
        for name, score in scores().items()
    ]


def _card(name: str, text: str, severity: str, version: str, threshold: float, rows: list[dict[str, Any]]) -> Card:
    ordinary, _ = ordinary_of(name, rows)
    items = sum(row["negatives"] for row in ordinary)
    return Card(
        name=name,
        text=text.strip().split("\n", 1)[0],
        severity=severity,
        version=version,
        threshold=threshold,
        measured=rows[0]["version"] if rows else "",
        sets=tuple(_figures(row) for row in rows if not row["ordinary"]),
        ordinary=rate(sum(map(flagged, ordinary)), items) if items else None,
        ms=max((row["ms"] for row in rows), default=None),
    )


def _figures(row: dict[str, Any]) -> SetFigures:
    n = row["positives"] + row["negatives"]
    return SetFigures(
        name=row["set"],
        about=row["about"],
        positives=row["positives"],
        negatives=row["negatives"],
        precision=_estimate(row["precision"], n),
        recall=_estimate(row["recall"], row["positives"]),
        auroc=_estimate(row["auroc"], n),
        groups=tuple((name, one) for name, found in row["groups"].items() if (one := _estimate(found, n))),
    )


def _estimate(found: list[float] | None, n: int) -> Estimate | None:
    return Estimate(found[0], found[1], found[2], n) if found else None
