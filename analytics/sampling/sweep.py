"""Decide over traces whose hold is over, and delete the wide rows of those that are left out.

Design: docs/decisions/0004-head-or-tail-sampling.md. A sweep that is ended in its middle is simply run again: fates are
written first, deletion goes by them, and only then does the project's mark move on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.pipeline.order import NAMES
from analytics.pipeline.window import clock
from analytics.questions.sampled import LEFT_OUT
from analytics.questions.scope import moment_of, nanoseconds
from analytics.questions.sql import fill
from analytics.sampling.fate import Ended, Fate, fate_of
from backend.env import env
from backend.jobs.models import Stage
from backend.policies.models import ProjectPolicy
from backend.review.models import ReviewItem
from backend.store.connection import store
from backend.store.query import Query

AT_ONCE: Final = 5_000
"""Traces of one sweep; the next takes those behind them."""

EVERY_S: Final = 300.0
_lock = threading.Lock()
_swept: dict[int, float] = {}


@dataclass(frozen=True, slots=True)
class _Ended:
    trace_id: str
    start: int
    spans: int
    conversation_id: str
    known: str
    last: int


@dataclass(frozen=True, slots=True)
class _Id:
    trace_id: str


@dataclass(frozen=True, slots=True)
class _Scored:
    trace_id: str
    conversation_id: str


_ENDED: Final = Query(
    "traces_whose_hold_is_over",
    fill("""
SELECT t.trace_id AS trace_id, toUnixTimestamp64Nano(t.start) AS start, p.spans AS spans,
    p.conversation_id AS conversation_id, f.fate AS known, toUnixTimestamp64Micro(t.last) * 1000 AS last
FROM (
    SELECT trace_id, min(first_start) AS start, max(last_stored) AS last FROM trace_time WHERE @project
    GROUP BY trace_id
    HAVING last > fromUnixTimestamp64Micro({since:Int64}) AND last <= fromUnixTimestamp64Micro({until:Int64})
    ORDER BY last, trace_id LIMIT {limit:UInt32}
) AS t
LEFT JOIN (
    SELECT trace_id, toUInt32(uniqExact(span_id)) AS spans, max(conversation_id) AS conversation_id
    FROM span_preview WHERE @project AND stored_at > fromUnixTimestamp64Micro({since:Int64})
    GROUP BY trace_id
) AS p ON p.trace_id = t.trace_id
LEFT JOIN (SELECT trace_id, fate FROM trace_fate FINAL WHERE @project) AS f ON f.trace_id = t.trace_id
ORDER BY last, trace_id
"""),
    _Ended,
    "worker",
)
_FAILED: Final = Query(
    "failed_among_traces",
    fill("""
SELECT DISTINCT trace_id FROM span_preview
WHERE @project AND trace_id IN {ids:Array(String)} AND status = 'error'
"""),
    _Id,
    "worker",
)
_FLAGGED: Final = Query(
    "flagged_among_traces",
    fill("SELECT DISTINCT trace_id FROM flag FINAL WHERE @project AND trace_id IN {ids:Array(String)}"),
    _Id,
    "worker",
)
_SCORED: Final = Query(
    "scored_among_traces",
    fill("""
SELECT DISTINCT trace_id, if(trace_id = '', conversation_id, '') AS conversation_id FROM score FINAL
WHERE @project AND source != 'analyser'
  AND (trace_id IN {ids:Array(String)} OR (trace_id = '' AND conversation_id IN {conversations:Array(String)}))
"""),
    _Scored,
    "worker",
)
_BULK: Final = ("span", "wire_part")
"""Tables that hold whole spans; previews and turns are narrow, and stay for every count."""


def due() -> list[int]:
    """Projects that keep a share of their traces, each at most every five minutes."""
    now = time.monotonic()
    found = list(ProjectPolicy.objects.filter(kept_share__lt=1).values_list("project_id", flat=True))
    with _lock:
        late = [project_id for project_id in found if now - _swept.get(project_id, -EVERY_S) >= EVERY_S]
        _swept.update(dict.fromkeys(late, now))
    return late


def sweep(project_id: int, *, now: datetime | None = None) -> int:
    """Decide over the traces whose hold is over, the earliest first.

    Args:
        project_id: whose.
        now: the moment that holds are counted from; the store's own where None.

    Returns:
        How many were decided; none while the analysis has not come to them.

    Raises:
        StoreError: the store is away; the next sweep begins where this one did.
    """
    row = ProjectPolicy.objects.filter(project_id=project_id, kept_share__lt=1).first()
    until = _until(project_id, row, now or clock()) if row is not None else None
    if row is None or until is None or row.swept_to is None or until <= row.swept_to:
        return 0
    ended = _ended(project_id, row.swept_to, until)
    if ended:
        policy, reasons = row.as_policy, _reasons(project_id, ended)
        traces = [Ended(one.trace_id, one.start, one.spans, one.conversation_id, one.known) for one in ended]
        fates = [(one, fate_of(one, row.kept_share, policy.salt, reasons)) for one in traces]
        began = clock()
        _write(project_id, fates)
        if any(fate.fate == LEFT_OUT for _, fate in fates):
            _delete(project_id, began)
    reached = moment_of(ended[-1].last) if len(ended) >= AT_ONCE else until
    ProjectPolicy.objects.filter(pk=row.pk).update(swept_to=reached)
    return len(ended)


def _until(project_id: int, row: ProjectPolicy, now: datetime) -> datetime | None:
    """What was stored before has been held long enough, and every stage has read it."""
    reached = dict(Stage.objects.filter(project_id=project_id, name__in=NAMES).values_list("name", "position"))
    if any(reached.get(name) is None for name in NAMES):
        return None
    positions = [position for position in reached.values() if position is not None]
    return min([now - timedelta(hours=row.hold_hours), *positions])


def _ended(project_id: int, since: datetime, until: datetime) -> list[_Ended]:
    micros = {"since": nanoseconds(since) // 1000, "until": nanoseconds(until) // 1000}
    found = store().fetch(_ENDED, project_id=project_id, limit=AT_ONCE, **micros)
    if len(found) < AT_ONCE:
        return found
    # Those that were stored in one moment with the last go together, or the mark would pass some of them.
    last = found[-1].last
    before_last = [one for one in found if one.last < last]
    return before_last or store().fetch(
        _ENDED, project_id=project_id, limit=2**31, since=micros["since"], until=last // 1000
    )


def _reasons(project_id: int, ended: Sequence[_Ended]) -> dict[str, set[str]]:
    reasons: dict[str, set[str]] = {"error": set(), "flag": set(), "score": set(), "review": set()}
    for first in range(0, len(ended), 500):
        some = ended[first : first + 500]
        ids = [one.trace_id for one in some]
        reasons["error"] |= {one.trace_id for one in store().fetch(_FAILED, project_id=project_id, ids=ids)}
        reasons["flag"] |= {one.trace_id for one in store().fetch(_FLAGGED, project_id=project_id, ids=ids)}
        conversations = sorted({one.conversation_id for one in some if one.conversation_id})
        scored = store().fetch(_SCORED, project_id=project_id, ids=ids, conversations=conversations)
        told = {one.conversation_id for one in scored if not one.trace_id}
        reasons["score"] |= {one.trace_id for one in scored if one.trace_id}
        reasons["score"] |= {one.trace_id for one in some if one.conversation_id in told}
        items = ReviewItem.objects.filter(queue__project_id=project_id, trace_id__in=ids)
        reasons["review"] |= set(items.values_list("trace_id", flat=True))
    return reasons


def _write(project_id: int, fates: Sequence[tuple[Ended, Fate]]) -> None:
    columns = ("project_id", "trace_id", "start_time", "fate", "reason", "rate", "spans")
    rows = [(project_id, one.trace_id, one.start, fate.fate, fate.reason, fate.rate, one.spans) for one, fate in fates]
    store().insert("trace_fate", columns, [list(values) for values in zip(*rows, strict=True)])


def _delete(project_id: int, began: datetime) -> None:
    cluster = env().clickhouse_cluster
    named = {"cluster": cluster} if cluster else {}
    for table in _BULK:
        where = f"{table}_local ON CLUSTER {{cluster:Identifier}}" if cluster else table
        store().command(
            f"DELETE FROM {where} WHERE project_id = {{project_id:UInt32}} AND trace_id IN ("  # noqa: S608
            " SELECT trace_id FROM trace_fate WHERE project_id = {project_id:UInt32} AND fate = {fate:String}"
            " AND decided_at >= fromUnixTimestamp64Micro({began:Int64}))",
            {"project_id": project_id, "fate": LEFT_OUT, "began": nanoseconds(began) // 1000, **named},
        )
