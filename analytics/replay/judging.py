"""Answers of a replay before the detectors and scores that judged the recorded one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from analytics.causes.attribute import counts_against
from analytics.causes.base import Cause
from analytics.detection.chosen import Chosen, chosen
from analytics.detectors.base import Finding
from analytics.detectors.turn import OUTPUT_EMBEDDED, Evidence, Turn, TurnColumns
from analytics.offline.vectors import BatchVectors
from analytics.pipeline import embed
from analytics.pipeline.detect import judge
from analytics.pipeline.score import caused, measured, scores
from analytics.scores.base import Measured, Scored
from analytics.scores.resolution import Resolution
from analytics.scores.satisfaction import Satisfaction

_LATER: Final = frozenset({Resolution.name, Satisfaction.name})
"""Scores of what users said next, which nobody did to an answer of a replay."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of an answer.

    Attributes:
        is_good: whether nothing speaks against it; None where it could not be judged.
        reasons: what does, in sentences.
        cause: the probable one, empty where the answer is good.
        scores: values by name.
    """

    is_good: bool | None
    reasons: tuple[str, ...]
    cause: str
    scores: dict[str, float]


def answered(turn: Turn, text: str, finish_reason: str, output_tokens: int, model: str) -> Turn:
    """A turn as if it had had this answer."""
    return replace(
        turn, output_text=text, finish_reason=finish_reason, output_tokens=output_tokens, model=model, status="ok",
        error_type="", error_message="", error_span_id="", latency_ms=None, cost_usd=None, output_cut=0, peers=None,
    )  # fmt: skip


def judge_answers(project_id: int, turns: Sequence[Turn], must_say: str = "") -> list[Judged]:
    """Judge answers by what judges the project's turns, but for what asks an endpoint or compares with other turns.

    An answer is good where no cause is looked for, which is how the recorded one came to count as bad.

    Args:
        project_id: whose detectors and thresholds.
        turns: with the answers, the documents and the instructions that they were given from.
        must_say: words that a good answer has to hold too, whatever their case; empty for none.
    """
    return judge_by(chosen(project_id), turns, must_say)


def judge_by(known: Sequence[Chosen], turns: Sequence[Turn], must_say: str = "") -> list[Judged]:
    """Judge answers by these detectors and all scores; see `judge_answers`."""
    texts = [turn.input_text for turn in turns] + [turn.output_text[:OUTPUT_EMBEDDED] for turn in turns]
    vectors = BatchVectors(embed.embedder(), texts)
    with_vectors = [vectors.fill(turn) for turn in turns]
    columns = TurnColumns.of(with_vectors)
    found: list[dict[str, tuple[Evidence, ...]]] = [{} for _ in turns]
    said: list[list[str]] = [[] for _ in turns]
    for one in known:
        if _judges(one):
            for place, verdict in enumerate(judge(one.detector, columns)):
                severity = verdict.severity or one.detector.severity if isinstance(verdict, Finding) else ""
                if isinstance(verdict, Finding) and counts_against(one.name, severity):
                    found[place][one.name] = verdict.evidence
                    said[place].append(f"{one.name}: {verdict.explanation}")
    values: list[dict[str, Measured]] = [{} for _ in turns]
    for score in (one for name, one in scores().items() if name not in _LATER):
        for place, value in enumerate(measured(score, columns)):
            if not isinstance(value, Exception):
                values[place][score.name] = value
    return [
        _judged(turn, caused(turn, found[place], values[place]), said[place], values[place], must_say)
        for place, turn in enumerate(with_vectors)
    ]


def _judges(one: Chosen) -> bool:
    """What compares with other turns would judge the endpoint's speed and price, not the answer."""
    return one.is_enabled and not one.detector.is_remote and not one.detector.needs_peers


def _judged(
    turn: Turn, cause: Cause | Exception | None, said: list[str], values: dict[str, Measured], must_say: str
) -> Judged:
    kept = {name: round(one.value, 4) for name, one in values.items() if isinstance(one, Scored)}
    if isinstance(cause, Exception):
        return Judged(None, (f"could not be judged: {type(cause).__name__}",), "", kept)
    # What users write themselves is no reason, and neither are flags that made nobody look for a cause.
    reasons = [*said, cause.explanation] if cause else []
    if must_say and _plain(must_say) not in _plain(turn.output_text):
        reasons.append(f"it does not say “{must_say}”")
    return Judged(not reasons, tuple(dict.fromkeys(reasons)), cause.name if cause else "", kept)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
