"""What sampling decided: of some traces, and how many of each fate in the last days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.scope import nanoseconds
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query

LEFT_OUT: Final = "left_out"


@dataclass(frozen=True, slots=True)
class TraceFate:
    """What was decided of one trace.

    Attributes:
        fate: ``always``, ``by_chance`` or ``left_out``.
        reason: of ``always``: ``error``, ``flag``, ``score`` or ``review``.
        rate: chance that a trace like it kept its spans; a kept one stands for ``1 / rate``.
    """

    trace_id: str
    fate: str
    reason: str
    rate: float


@dataclass(frozen=True, slots=True)
class Decided:
    """How many traces were decided."""

    always: int
    by_chance: int
    left_out: int
    spans_left_out: int

    @property
    def traces(self) -> int:
        """All of them."""
        return self.always + self.by_chance + self.left_out


_FATES: Final = Query(
    "fates_of_traces",
    fill("""
SELECT trace_id, fate, reason, rate FROM trace_fate FINAL WHERE @project AND trace_id IN {ids:Array(String)}
"""),
    TraceFate,
)
_DECIDED: Final = Query(
    "fates_decided",
    fill("""
SELECT countIf(fate = 'always') AS always, countIf(fate = 'by_chance') AS by_chance,
    countIf(fate = 'left_out') AS left_out, sumIf(spans, fate = 'left_out') AS spans_left_out
FROM trace_fate FINAL WHERE @project AND decided_at >= fromUnixTimestamp64Nano({since:Int64})
"""),
    Decided,
)


def fates_of(project_id: int, trace_ids: Sequence[str]) -> dict[str, TraceFate]:
    """What was decided of these traces, by their ids; those that are still held are not there."""
    found = store().fetch(_FATES, project_id=project_id, ids=list(trace_ids))
    return {one.trace_id: one for one in found}


def left_out_of(project_id: int, trace_ids: Sequence[str]) -> set[str]:
    """Those of these traces whose whole spans are gone."""
    return {name for name, one in fates_of(project_id, trace_ids).items() if one.fate == LEFT_OUT}


def decided(project_id: int, since: datetime) -> Decided:
    """How many traces were decided since a moment."""
    return store().fetch(_DECIDED, project_id=project_id, since=nanoseconds(since))[0]
