"""The trace list: ids first, then what a row shows, so that no page reads more than it prints."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from analytics.questions.filters import MEASURES, Conditions
from analytics.questions.marks import FlagMark, TopicMark, flags_of, topics_of, turn_errors_of
from analytics.questions.scope import Range, Scope, nanoseconds
from analytics.questions.sql import fill
from analytics.questions.trace_heads import HEADS, Head
from backend.errors import BadRequest
from backend.store.connection import store
from backend.store.query import Query

Sort = Literal["time", "latency", "cost", "tokens"]
SORTS: Final = ("time", "latency", "cost", "tokens")
_LOOKS: Final = (256, 16, 1)
"""The newest traces are looked for in the last 1/256 of the range, then 1/16, then all: most pages read little."""


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One line of the trace list.

    Attributes:
        name: of the root span, else of the first.
        duration_ms: from the first start to the last end.
        status: ``error`` where the root failed or a turn ended without an answer, else ``ok``.
        error_spans: spans that failed, also where a later try went well.
        models: that answered, else that were asked for.
        input_tokens: of metered spans.
        output_tokens: of metered spans.
        cost_usd: of the priced metered spans; None where there is none.
        unpriced_spans: metered spans with tokens and no price: the cost is too low by theirs.
        flags: detectors that found something, gravest first.
        topic: of its conversation by the published model; None where not yet assigned.
    """

    trace_id: str
    name: str
    start_time: datetime
    duration_ms: float
    status: str
    error_spans: int
    error_message: str
    models: tuple[str, ...]
    operations: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_spans: int
    time_to_first_token_ms: float | None
    user_id: str
    conversation_id: str
    environment: str
    service_name: str
    input_preview: str
    output_preview: str
    span_count: int
    flags: tuple[FlagMark, ...] = ()
    topic: TopicMark | None = None


@dataclass(frozen=True, slots=True)
class TracePage:
    """Part of a trace list; ``next`` is the cursor of what follows, empty at the end."""

    traces: tuple[TraceRow, ...]
    next: str


@dataclass(frozen=True, slots=True)
class _Found:
    trace_id: str
    value: float


@dataclass(frozen=True, slots=True)
class _Times:
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Count:
    n: int


IN_RANGE: Final = """trace_id IN (
        SELECT trace_id FROM trace_time
        WHERE @project AND trace_id IN (SELECT trace_id FROM span_preview WHERE @project AND @in_range)
        GROUP BY trace_id
        HAVING min(first_start) >= fromUnixTimestamp64Nano({start:Int64})
           AND min(first_start) < fromUnixTimestamp64Nano({end:Int64})
    )"""
"""Traces that began inside the range, whole: one that only reaches into it is not of it."""

_BY_TIME: Final = """
SELECT trace_id, toUnixTimestamp64Nano(min(first_start)) AS value
FROM trace_time
WHERE @project AND trace_id IN (SELECT trace_id FROM span_preview WHERE @project AND @in_range) AND @where
GROUP BY trace_id
HAVING value >= {start:Int64} AND value < {end:Int64}
   AND ({after_id:String} = '' OR (value, trace_id) < ({after_value:Int64}, {after_id:String}))
ORDER BY value DESC, trace_id DESC
LIMIT {limit:UInt32}
"""

_BY_MEASURE: Final = """
SELECT trace_id, toFloat64(ifNull(@measure, 0)) AS value
FROM span_preview FINAL
WHERE @project AND @span_range AND @in_range_whole AND @where
GROUP BY trace_id
HAVING {after_id:String} = '' OR (value, trace_id) < ({after_value:Float64}, {after_id:String})
ORDER BY value DESC, trace_id DESC
LIMIT {limit:UInt32}
"""

_COUNT: Final = """
SELECT uniqExact(trace_id) AS n FROM span_preview WHERE @project AND @in_range AND @in_range_whole AND @where
"""

TRACE_TIMES: Final = Query(
    "trace_times",
    fill(
        "SELECT toUnixTimestamp64Nano(min(first_start)) AS first, toUnixTimestamp64Nano(max(last_end)) AS last"
        " FROM trace_time WHERE @project AND trace_id IN {ids:Array(String)} GROUP BY trace_id"
    ),
    _Times,
)


def list_traces(
    scope: Scope, where: Conditions, *, sort: Sort = "time", cursor: str = "", limit: int = 50
) -> TracePage:
    """One page of the traces that began in the range and fit the search, newest (or most) first.

    Args:
        scope: project and range; its environment is asked of every trace too.
        where: the compiled search.
        sort: by start, or by latency, cost or tokens, largest first.
        cursor: ``next`` of the page before; empty for the first.
        limit: most rows.

    Raises:
        BadRequest: the cursor is none of ours, or was made for another sort.
        QueryTooHeavy: the range holds too much.
    """
    after = _read_cursor(cursor, sort)
    found = _find(scope, where, sort, after, limit + 1)
    rows = trace_rows(scope, [one.trace_id for one in found[:limit]])
    more = len(found) > limit
    return TracePage(tuple(rows), _write_cursor(sort, found[limit - 1]) if more else "")


def count_traces(scope: Scope, where: Conditions) -> int:
    """How many traces of the range fit the search."""
    query = Query("trace_count", fill(_COUNT, in_range_whole=IN_RANGE, where=_whole(where)), _Count)
    return store().fetch(query, **scope.parameters(), **where.parameters)[0].n


def trace_rows(scope: Scope, ids: Sequence[str]) -> list[TraceRow]:
    """What the list shows of these traces, in this order; ids that are not there are left out."""
    if not ids:
        return []
    times = store().fetch(TRACE_TIMES, project_id=scope.project_id, ids=list(ids))
    if not times:
        return []
    span = {"first": min(one.first for one in times), "last": max(one.last for one in times)}
    heads = {one.trace_id: one for one in store().fetch(HEADS, project_id=scope.project_id, ids=list(ids), **span)}
    flags = flags_of(scope.project_id, ids)
    errors = turn_errors_of(scope.project_id, ids)
    topics = topics_of(scope.project_id, [one.conversation_id or one.trace_id for one in heads.values()])
    return [
        _row(
            heads[one],
            flags.get(one, ()),
            topics.get(heads[one].conversation_id or one),
            one in errors,
        )
        for one in ids
        if one in heads
    ]


def _row(head: Head, flags: tuple[FlagMark, ...], topic: TopicMark | None, turn_error: bool) -> TraceRow:
    return TraceRow(
        trace_id=head.trace_id,
        name=head.name,
        start_time=head.start_time,
        duration_ms=head.duration_ms,
        status="error" if head.root_errors or turn_error else "ok",
        error_spans=head.error_spans,
        error_message=head.error_message,
        models=tuple(head.models),
        operations=tuple(head.operations),
        input_tokens=head.input_tokens,
        output_tokens=head.output_tokens,
        cost_usd=head.cost_usd,
        unpriced_spans=head.unpriced_spans,
        time_to_first_token_ms=head.time_to_first_token_ms,
        user_id=head.user_id,
        conversation_id=head.conversation_id or head.trace_id,
        environment=head.environment,
        service_name=head.service_name,
        input_preview=head.input_preview,
        output_preview=head.output_preview,
        span_count=head.span_count,
        flags=flags,
        topic=topic,
    )


def _find(scope: Scope, where: Conditions, sort: Sort, after: tuple[float, str], limit: int) -> list[_Found]:
    asked: dict[str, Any] = {
        **scope.parameters(),
        **where.parameters,
        "after_value": after[0],
        "after_id": after[1],
        "limit": limit,
    }
    if sort != "time":
        text = fill(_BY_MEASURE, measure=MEASURES[sort], in_range_whole=IN_RANGE, where=_whole(where))
        return store().fetch(Query(f"traces_by_{sort}", text, _Found), **asked)
    query = Query("traces_by_time", fill(_BY_TIME, where=_whole(where)), _Found)
    found: list[_Found] = []
    for start in _starts(scope.range, after):
        found = store().fetch(query, **{**asked, "start": start, "end": _end(scope.range, after)})
        if len(found) == limit:
            break
    return found


def _whole(where: Conditions) -> str:
    environment = (
        "({environment:String} = '' OR trace_id IN (SELECT trace_id FROM span_preview"
        " WHERE @project AND @span_range AND environment = {environment:String}))"
    )
    return f"{environment} AND {where.sql}"


def _end(range_: Range, after: tuple[float, str]) -> int:
    return min(nanoseconds(range_.end), int(after[0]) + 1) if after[1] else nanoseconds(range_.end)


def _starts(range_: Range, after: tuple[float, str]) -> Iterator[int]:
    start, end = nanoseconds(range_.start), _end(range_, after)
    for look in _LOOKS:
        yield end - (end - start) // look


def _write_cursor(sort: Sort, last: _Found) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((sort, last.value, last.trace_id))).decode().rstrip("=")


def _read_cursor(text: str, sort: Sort) -> tuple[float, str]:
    if not text:
        return 0, ""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        made_for, value, trace_id = msgspec.json.decode(raw, type=tuple[str, int | float, str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise BadRequest("the cursor cannot be read; start again without one") from None
    if made_for != sort:
        raise BadRequest(f"the cursor was made for the sort {made_for[:20]!r}; start again without one")
    return value, trace_id
