"""Turns that were scored as the last of their conversation and are not any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.questions.sql import fill
from analytics.scores.resolution import Resolution
from analytics.scores.satisfaction import NO_REACTION, Satisfaction
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class _Before:
    turn_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class _Stale:
    turn_id: str


_BEFORE: Final = Query(
    "turns_right_before",
    fill("""
SELECT turn_id, trace_id FROM (
    SELECT turn_id, trace_id, leadInFrame(trace_id) OVER (
        PARTITION BY conversation_id ORDER BY start_time, turn_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next
    FROM turn FINAL
    WHERE @project AND conversation_id IN (
        SELECT conversation_id FROM turn WHERE @project AND trace_id IN {ids:Array(String)} AND conversation_id != ''))
WHERE next IN {ids:Array(String)} AND trace_id NOT IN {ids:Array(String)}
ORDER BY turn_id
"""),
    _Before,
    "worker",
)
_STALE: Final = Query(
    "scores_of_last_turns",
    fill("""
SELECT DISTINCT turn_id FROM score FINAL
WHERE @project AND score_id IN {scores:Array(String)} AND (name = {resolution:String} OR label = {silent:String})
"""),
    _Stale,
    "worker",
)


def followed(project_id: int, trace_ids: Sequence[str]) -> list[str]:
    """Traces whose turns stand right before those of these traces and have scores that say they are the last.

    What was said next counts for satisfaction, and only a last turn has a resolution. Conversations come in one trace
    after the other, so that the turn before one may have been the last when it was scored.
    """
    before = store().fetch(_BEFORE, project_id=project_id, ids=list(trace_ids))
    if not before:
        return []
    names = (Resolution.name, Satisfaction.name)
    scores = [f"{one.turn_id}:{name}" for one in before for name in names]
    rows = store().fetch(_STALE, project_id=project_id, scores=scores, resolution=Resolution.name, silent=NO_REACTION)
    stale = {row.turn_id for row in rows}
    return sorted({one.trace_id for one in before if one.turn_id in stale})
