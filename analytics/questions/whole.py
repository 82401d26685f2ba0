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

LONGEST: Final = 40_000
"""Most characters of one text of a span on a page of many; ``span_detail`` has all of it."""
LONGEST_JSON: Final = 2**20
"""Most bytes of messages, documents and the like on such a page; part of what is longer would be no JSON."""
_EVERYTHING: Final = 2**40

_TEXTS: Final = (
    "status_message", "tool_arguments", "tool_result", "retrieval_query", "input_text", "output_text",
)  # fmt: skip
_JSON: Final = ("input_messages", "output_messages", "documents", "tool_definitions", "events", "links")
_SHORT: Final = {
    "duration_ms": "@duration_ms",
    **{name: f"substringUTF8(s.{name}, 1, {{most:UInt64}})" for name in _TEXTS},
    **{name: f"if(length(s.{name}) <= {{json:UInt64}}, s.{name}, '')" for name in _JSON},
    "attributes": "mapApply((k, v) -> (k, substringUTF8(v, 1, {most:UInt64})), s.attributes)",
}
_LEFT_OUT: Final = ", ".join(
    [f"'{name}', toUInt64(if(length(s.{name}) > {{most:UInt64}}, lengthUTF8(s.{name}) - lengthUTF8({_SHORT[name]}), 0))"
     for name in _TEXTS]
    + [f"'{name}', toUInt64(length(s.{name}) - length({_SHORT[name]}))" for name in _JSON]
    + ["'attributes', toUInt64(arraySum(arrayMap(v -> if(length(v) > {most:UInt64}, lengthUTF8(v) - {most:UInt64}, 0),"
       " mapValues(s.attributes))))"]
)  # fmt: skip
_COLUMNS: Final = ", ".join(
    [f"{_SHORT[item.name]} AS {item.name}" if item.name in _SHORT else item.name for item in fields(SpanDetail)[:-1]]
    + [f"mapFilter((k, v) -> v > 0, map({_LEFT_OUT})) AS left_out"]
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
    """Spans of a trace in the order they began, with long texts cut and long JSON left out.

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
    cut = {"most": LONGEST, "json": LONGEST_JSON}
    return store().fetch(_PAGE, **key, **cut, operations=list(operations), offset=offset, limit=limit)


def stream_spans(project_id: int, trace_id: str) -> Iterator[SpanDetail]:
    """All spans of a trace in the order they began, block by block."""
    key = _key(project_id, [trace_id])
    if key is None:
        return iter(())
    return store().stream(_ALL, **key, most=_EVERYTHING, json=_EVERYTHING, operations=[], offset=0, limit=2**31)


def _key(project_id: int, trace_ids: Sequence[str]) -> dict[str, Any] | None:
    times = store().fetch(TRACE_TIMES, project_id=project_id, ids=list(trace_ids))
    if not times:
        return None
    first, last = min(one.first for one in times), max(one.last for one in times)
    return {"project_id": project_id, "ids": list(trace_ids), "first": first, "last": last}
