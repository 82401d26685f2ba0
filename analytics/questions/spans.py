"""One trace: its spans in the order of a tree, and one span with everything that was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.sql import fill
from analytics.questions.traces import TRACE_TIMES
from backend.store.connection import store
from backend.store.query import Query

MOST_SPANS: Final = 5000
"""Most spans of one page of a trace."""


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span as the tree and the waterfall show it.

    Attributes:
        start_ms: from the start of the trace.
        duration_ms: its own.
        cost_usd: None where the model has no price or the span is not metered.
    """

    span_id: str
    parent_span_id: str
    name: str
    operation: str
    start_time: datetime
    start_ms: float
    duration_ms: float
    status: str
    status_message: str
    error_type: str
    provider: str
    request_model: str
    response_model: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_output_tokens: int
    cost_usd: float | None
    time_to_first_token_ms: float | None
    finish_reasons: list[str]
    tool_name: str
    prompt_name: str
    prompt_version: str
    input_preview: str
    output_preview: str


@dataclass(frozen=True, slots=True)
class SpanNode:
    """A span in its place.

    Attributes:
        depth: 0 for a root.
        children: how many spans it has right below.
        orphan: whether it names a parent that is not among the spans shown.
    """

    span: SpanRow
    depth: int
    children: int
    orphan: bool


@dataclass(frozen=True, slots=True)
class TraceSpans:
    """Spans of one trace in the order of its tree.

    Attributes:
        nodes: at most ``MOST_SPANS``, from the ``offset`` asked for by start.
        total: how many the trace has.
        start_time: of its first span.
        duration_ms: from the first start to the last end.
    """

    nodes: tuple[SpanNode, ...]
    total: int
    start_time: datetime
    duration_ms: float


@dataclass(frozen=True, slots=True)
class SpanDetail:
    """A span with everything that was sent.

    Attributes:
        left_out: by field, how many characters of a text and how many bytes of JSON are not here; empty where the
            question was for all of it.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: str
    operation: str
    start_time: datetime
    end_time: datetime
    duration_ms: float
    time_note: str
    conversation_id: str
    user_id: str
    environment: str
    release: str
    service_name: str
    tags: list[str]
    status: str
    status_message: str
    error_type: str
    provider: str
    request_model: str
    response_model: str
    response_id: str
    agent_name: str
    uncached_input_tokens: int
    cached_input_tokens: int
    cache_write_input_tokens: int
    audio_input_tokens: int
    visible_output_tokens: int
    reasoning_output_tokens: int
    audio_output_tokens: int
    cost_usd: float | None
    client_cost_usd: float | None
    time_to_first_token_ms: float | None
    finish_reasons: list[str]
    max_tokens: int
    tool_name: str
    tool_call_id: str
    tool_arguments: str
    tool_result: str
    prompt_name: str
    prompt_version: str
    retrieval_query: str
    input_messages: str
    output_messages: str
    input_text: str
    output_text: str
    documents: str
    tool_definitions: str
    events: str
    links: str
    attributes: dict[str, str]
    resource_attributes: dict[str, str]
    scope_name: str
    scope_version: str
    vocabulary: str
    protocol: str
    stored_at: datetime
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Extent:
    total: int
    start_time: datetime
    first: int
    duration_ms: float


_IN_TRACE: Final = (
    "@project AND s.start_time >= fromUnixTimestamp64Nano({first:Int64})"
    " AND s.start_time <= fromUnixTimestamp64Nano({last:Int64}) AND trace_id = {trace_id:String}"
)

_EXTENT: Final = Query(
    "trace_extent",
    fill(
        """
SELECT uniqExact(s.span_id) AS total, min(s.start_time) AS start_time,
       toUnixTimestamp64Nano(min(s.start_time)) AS first,
       (toUnixTimestamp64Nano(max(s.end_time)) - toUnixTimestamp64Nano(min(s.start_time))) / 1e6 AS duration_ms
FROM span_preview AS s FINAL
WHERE @in_trace
HAVING total > 0
""",
        in_trace=_IN_TRACE,
    ),
    _Extent,
)

# A span that was sent again with another start is another row of the table; the newest counts.
_SPANS: Final = Query(
    "trace_spans",
    fill(
        """
SELECT span_id, parent_span_id, name, operation, start_time,
    (toUnixTimestamp64Nano(start_time) - {first:Int64}) / 1e6 AS start_ms, @duration_ms AS duration_ms,
    status, status_message_preview AS status_message, error_type, provider, request_model, response_model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens, cost_usd, time_to_first_token_ms,
    finish_reasons, tool_name, prompt_name, prompt_version, input_preview, output_preview
FROM (SELECT * FROM span_preview AS s FINAL WHERE @in_trace ORDER BY stored_at DESC LIMIT 1 BY span_id)
ORDER BY start_time, end_time DESC, span_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
""",
        in_trace=_IN_TRACE,
    ),
    SpanRow,
)

_DETAIL: Final = Query(
    "span_detail",
    fill(
        """
SELECT trace_id, span_id, parent_span_id, name, kind, operation, start_time, end_time, @duration_ms AS duration_ms,
    time_note, conversation_id, user_id, environment, release, service_name, tags, status, status_message, error_type,
    provider, request_model, response_model, response_id, agent_name, uncached_input_tokens, cached_input_tokens,
    cache_write_input_tokens, audio_input_tokens, visible_output_tokens, reasoning_output_tokens, audio_output_tokens,
    cost_usd, client_cost_usd, time_to_first_token_ms, finish_reasons, max_tokens, tool_name, tool_call_id,
    tool_arguments, tool_result, prompt_name, prompt_version, retrieval_query, input_messages, output_messages,
    input_text, output_text, documents, tool_definitions, events, links, attributes, resource_attributes, scope_name,
    scope_version, vocabulary, protocol, stored_at, CAST(map(), 'Map(String, UInt64)') AS left_out
FROM span AS s
WHERE @in_trace AND span_id = {span_id:String}
ORDER BY stored_at DESC
LIMIT 1
""",
        in_trace=_IN_TRACE,
    ),
    SpanDetail,
)


def trace_spans(project_id: int, trace_id: str, offset: int = 0, limit: int = MOST_SPANS) -> TraceSpans | None:
    """The spans of a trace as a tree; None where the project has no such trace.

    Args:
        project_id: of the project.
        trace_id: of the trace.
        offset: spans to leave out, by start.
        limit: most spans, ``MOST_SPANS`` at most.
    """
    key = _key(project_id, trace_id)
    if key is None:
        return None
    extent = store().fetch(_EXTENT, **key)
    if not extent:
        return None
    page = {"limit": min(limit, MOST_SPANS), "offset": offset}
    rows = store().fetch(_SPANS, **{**key, "first": extent[0].first}, **page)
    return TraceSpans(tuple(tree(rows)), extent[0].total, extent[0].start_time, extent[0].duration_ms)


def span_detail(project_id: int, trace_id: str, span_id: str) -> SpanDetail | None:
    """One span with everything that was sent; None where there is none."""
    key = _key(project_id, trace_id)
    found = store().fetch(_DETAIL, **key, span_id=span_id) if key else []
    return found[0] if found else None


def tree(spans: Sequence[SpanRow]) -> Iterator[SpanNode]:
    """Order spans as a tree, children by start; spans whose parents form a ring are roots of their own.

    Args:
        spans: in the order of their starts.
    """
    known = {span.span_id for span in spans}
    below: dict[str, list[SpanRow]] = {}
    for span in spans:
        parent = span.parent_span_id if span.parent_span_id in known and span.parent_span_id != span.span_id else ""
        below.setdefault(parent, []).append(span)
    seen: set[str] = set()
    yield from _walk(below, below.get("", ()), seen)
    for span in spans:  # what only a ring of parents leads to
        if span.span_id not in seen:
            yield from _walk(below, (span,), seen)


def _walk(below: dict[str, list[SpanRow]], roots: Sequence[SpanRow], seen: set[str]) -> Iterator[SpanNode]:
    waiting = [(span, 0) for span in reversed(roots)]
    while waiting:
        span, depth = waiting.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        children = below.get(span.span_id, [])
        yield SpanNode(span, depth, len(children), orphan=depth == 0 and bool(span.parent_span_id))
        waiting.extend((child, depth + 1) for child in reversed(children))


def _key(project_id: int, trace_id: str) -> dict[str, str | int] | None:
    times = store().fetch(TRACE_TIMES, project_id=project_id, ids=[trace_id])
    if not times:
        return None
    return {"project_id": project_id, "trace_id": trace_id, "first": times[0].first, "last": times[0].last}
