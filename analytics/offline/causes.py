"""Causes of bad answers to lines of ``causes.jsonl``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from analytics.causes.base import SHOWN, Cause
from analytics.causes.rules import Found
from analytics.offline.exchanges import Placed
from analytics.offline.writing import Lines
from analytics.pipeline.score import caused
from analytics.scores.base import Scored

Line = dict[str, Any]


class Causes:
    """Looks for causes and writes them.

    Attributes:
        counts: how many turns have which cause.
    """

    def __init__(self, all_scores: bool) -> None:
        self._all_scores = all_scores
        self.counts: Counter[str] = Counter()

    def look_at(
        self, batch: Sequence[Placed], found: Sequence[Found], values: Sequence[Mapping[str, Scored]], lines: Lines
    ) -> None:
        """Write one line for each bad answer, with ``all_scores`` for the others too, their cause null."""
        for one, flags, scores in zip(batch, found, values, strict=True):
            if not one.spoken.is_answered and not one.turn.tool_calls:
                continue
            cause = caused(one.turn, flags, scores)
            if isinstance(cause, Cause):
                self.counts[cause.name] += 1
                lines.write(_line(one, cause))
            elif self._all_scores:
                why = f"{type(cause).__name__}: {cause}"[:300] if cause else ""
                line = {"id": one.record.record_id, "turn": one.spoken.place, "cause": None, "probability": None}
                lines.write({**line, "evidence": [], "explanation": why})


def _line(one: Placed, cause: Cause) -> Line:
    return {
        "id": one.record.record_id,
        "turn": one.spoken.place,
        "cause": cause.name,
        "probability": round(cause.probability, 6),
        "evidence": one.spans(cause.evidence),
        "explanation": cause.explanation,
        "detail": cause.detail,
        "probable": cause.name != "not_enough_evidence" and cause.probability >= SHOWN,
        "others": {name: round(value, 6) for name, value in cause.others.items()},
    }
