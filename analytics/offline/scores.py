"""What scores say of each turn, to lines of ``scores.jsonl``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.detectors.turn import TurnColumns
from analytics.offline.exchanges import Placed
from analytics.offline.summary import ScoreCount
from analytics.offline.writing import Lines
from analytics.pipeline.score import measured, scores
from analytics.scores.base import Measured, Score, Scored

__all__ = ["Scoring", "scores"]


class Scoring:
    """Has scores look at batches, writes what they say and counts it.

    Attributes:
        counts: one for each score.
        needs_vectors: whether turns have to come with vectors.
    """

    def __init__(self, chosen: Sequence[Score], all_scores: bool) -> None:
        self._scores, self._all_scores = list(chosen), all_scores
        self.counts = [_count(one) for one in chosen]
        self.needs_vectors = any(one.needs_vectors for one in chosen)

    def look_at(self, batch: Sequence[Placed], turns: TurnColumns, lines: Lines) -> list[dict[str, Scored]]:
        """Measure a batch; what was found of each turn, by name of the score."""
        found: list[dict[str, Scored]] = [{} for _ in batch]
        for score, count in zip(self._scores, self.counts, strict=True):
            for place, (one, value) in enumerate(zip(batch, measured(score, turns), strict=True)):
                line = _line(score, one, value)
                if isinstance(value, Scored):
                    found[place][score.name] = value
                    count.add(line, one.passage(value.evidence[0]) if value.evidence else ("", "", ""))
                else:
                    count.leave_out(line["reason"], is_fault=isinstance(value, Exception))
                if isinstance(value, Scored) or self._all_scores:
                    lines.write(line)
        return found


def _line(score: Score, one: Placed, value: Measured | Exception) -> dict[str, Any]:
    line: dict[str, Any] = {
        "id": one.record.record_id, "turn": one.spoken.place, "name": score.name, "value": None, "explanation": "",
    }  # fmt: skip
    if isinstance(value, Scored):
        line |= {"value": round(value.value, 6), "explanation": value.explanation, "label": value.label or None}
        return line | {"spans": one.spans(value.evidence)}
    reason = f"{type(value).__name__}: {value}"[:300] if isinstance(value, Exception) else value.reason
    return line | {"label": None, "spans": [], "reason": reason}


def _count(score: Score) -> ScoreCount:
    text = (type(score).__doc__ or "").strip().split("\n", 1)[0]
    more = " Experimental: it was not held against labels, or fails on some." if score.experimental else ""
    return ScoreCount(score.name, score.version, text + more, score.low)
