"""Spans of one trace with everything that was sent: a page of them, or all of them as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, Final

from analytics.questions.spans import SpanDetail
from analytics.questions.sql import fill
from analytics.questions.traces import TRACE_TIMES
from backend.store.connection import store
from backend.store.query import Query

_COLUMNS: Final = ", ".join(
    "@duration_ms AS duration_ms" if item.name == "duration_ms" else item.name for item in fields(SpanDetail)
)


# A span that was sent again with another start is another row of the table; the newest counts.
_TEXT: Final = fill(
    """
SELECT @columns
FROM span AS s
WHERE @in_traces AND (empty({operations:Array(String)}) OR operation IN {operations:Array(String)})
  AND (trace_id, span_id, stored_at) IN (
    SELECT trace_id, span_id, max(stored_at) FROM span AS s WHERE @in_traces GROUP BY trace_id, span_id)
ORDER BY s.start_time, s.end_time DESC, span_id
LIMIT 1 BY trace_id, span_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
""",
    columns=_COLUMNS,
    in_traces=(
        "@project AND s.start_time >= fromUnixTimestamp64Nano({first:Int64})"
        " AND s.start_time <= fromUnixTimestamp64Nano({last:Int64}) AND trace_id IN {ids:Array(String)}"
    ),
)
_PAGE: Final = Query("whole_spans", _TEXT, SpanDetail)
_ALL: Final = Query("whole_trace", _TEXT, SpanDetail, "export")


def whole_spans(
    project_id: int, trace_id: str, *, operations: Sequence[str] = (), offset: int = 0, limit: int = 50
) -> list[SpanDetail]:
    """Spans of a trace in the order they began.

    Args:
        project_id: of the project.
        trace_id: of the trace.
        operations: only spans that did one of these; all where empty.
        offset: spans to leave out.
        limit: most spans.
    """
    return spans_of_traces(project_id, [trace_id], operations=operations, offset=offset, limit=limit)


def spans_of_traces(
    project_id: int, trace_ids: Sequence[str], *, operations: Sequence[str] = (), offset: int = 0, limit: int = 500
) -> list[SpanDetail]:
    """Spans of a few traces that ran near each other, such as those of a conversation, in the order they began."""
    key = _key(project_id, trace_ids)
    if key is None:
        return []
    return store().fetch(_PAGE, **key, operations=list(operations), offset=offset, limit=limit)


def stream_spans(project_id: int, trace_id: str) -> Iterator[SpanDetail]:
    """All spans of a trace in the order they began, block by block."""
    key = _key(project_id, [trace_id])
    if key is None:
        return iter(())
    return store().stream(_ALL, **key, operations=[], offset=0, limit=2**31)


def _key(project_id: int, trace_ids: Sequence[str]) -> dict[str, Any] | None:
    times = store().fetch(TRACE_TIMES, project_id=project_id, ids=list(trace_ids))
    if not times:
        return None
    first, last = min(one.first for one in times), max(one.last for one in times)
    return {"project_id": project_id, "ids": list(trace_ids), "first": first, "last": last}
