"""What turns are made of: the spans of a few traces, read whole by their key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query
from backend.telemetry import operation

TRACES_A_READ: Final = 200
"""Traces of one read; they are neighbours in time, so that a read touches few blocks of the wide table."""
LONGEST: Final = 262_144
"""Most characters of a text that turns hold and analysers read; the span keeps all of it."""
LONGEST_JSON: Final = 8 * 2**20
"""Most bytes of messages and documents that are read into turns; part of what is longer would be no JSON."""


@dataclass(frozen=True, slots=True)
class SpanFacts:
    """What of a span a turn is made of; times in nanoseconds.

    Attributes:
        input_cut: characters of ``input_text`` that are not here.
        output_cut: of ``output_text``, likewise.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    operation: str
    start: int
    end: int
    conversation_id: str
    user_id: str
    environment: str
    release: str
    status: str
    status_message: str
    error_type: str
    request_model: str
    response_model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    time_to_first_token_ms: float | None
    finish_reasons: list[str]
    max_tokens: int
    tool_name: str
    tool_call_id: str
    tool_arguments: str
    prompt_name: str
    prompt_version: str
    retrieval_query: str
    output_messages: str
    input_text: str
    output_text: str
    documents: str
    input_cut: int = 0
    output_cut: int = 0

    @property
    def is_generation(self) -> bool:
        """Whether a model answered here."""
        return self.operation in operation.GENERATION

    @property
    def is_metered(self) -> bool:
        """Whether its tokens count."""
        return self.operation in operation.METERED

    @property
    def failed(self) -> bool:
        """Whether it ended in an error."""
        return self.status == "error"


@dataclass(frozen=True, slots=True)
class Times:
    """When a trace ran; nanoseconds."""

    trace_id: str
    first: int
    last: int


_TIMES: Final = Query(
    "pipeline_trace_times",
    fill("""
SELECT trace_id, toUnixTimestamp64Nano(min(first_start)) AS first, toUnixTimestamp64Nano(max(last_end)) AS last
FROM trace_time WHERE @project AND trace_id IN {ids:Array(String)}
GROUP BY trace_id ORDER BY first
"""),
    Times,
    limits="worker",
)

# Messages are long and repeat the history; only those that ask for a tool are read.
_SPANS: Final = Query(
    "pipeline_spans",
    fill("""
SELECT trace_id, span_id, parent_span_id, operation,
    toUnixTimestamp64Nano(start_time) AS start, toUnixTimestamp64Nano(end_time) AS end,
    conversation_id, user_id, environment, release, status, status_message, error_type, request_model, response_model,
    uncached_input_tokens + cached_input_tokens + cache_write_input_tokens + audio_input_tokens AS input_tokens,
    visible_output_tokens + reasoning_output_tokens + audio_output_tokens AS output_tokens,
    cost_usd, time_to_first_token_ms, finish_reasons, max_tokens, tool_name, tool_call_id,
    substringUTF8(s.tool_arguments, 1, {most:UInt64}) AS tool_arguments, prompt_name, prompt_version,
    substringUTF8(s.retrieval_query, 1, {most:UInt64}) AS retrieval_query,
    if(position(s.output_messages, '"tool_call"') > 0 AND length(s.output_messages) <= {json:UInt64},
        s.output_messages, '') AS output_messages,
    substringUTF8(s.input_text, 1, {most:UInt64}) AS input_text,
    substringUTF8(s.output_text, 1, {most:UInt64}) AS output_text,
    if(length(s.documents) <= {json:UInt64}, s.documents, '') AS documents,
    if(length(s.input_text) > {most:UInt64}, lengthUTF8(s.input_text) - lengthUTF8(input_text), 0) AS input_cut,
    if(length(s.output_text) > {most:UInt64}, lengthUTF8(s.output_text) - lengthUTF8(output_text), 0) AS output_cut
FROM span AS s
WHERE @project AND trace_id IN {ids:Array(String)}
  AND start_time >= fromUnixTimestamp64Nano({first:Int64}) AND start_time <= fromUnixTimestamp64Nano({last:Int64})
ORDER BY stored_at DESC
LIMIT 1 BY trace_id, span_id
"""),
    SpanFacts,
    limits="worker",
)


def times(project_id: int, trace_ids: Sequence[str]) -> list[Times]:
    """When each of some traces ran, by start."""
    return store().fetch(_TIMES, project_id=project_id, ids=list(trace_ids))


def traces(project_id: int, trace_ids: Sequence[str]) -> Iterator[tuple[str, list[SpanFacts]]]:
    """Give each trace with its spans by start; the newest version of a span counts."""
    ran = times(project_id, trace_ids)
    for place in range(0, len(ran), TRACES_A_READ):
        part = ran[place : place + TRACES_A_READ]
        rows = store().fetch(
            _SPANS,
            project_id=project_id,
            ids=[one.trace_id for one in part],
            first=min(one.first for one in part),
            last=max(one.last for one in part),
            most=LONGEST,
            json=LONGEST_JSON,
        )
        found: dict[str, list[SpanFacts]] = {}
        for row in sorted(rows, key=lambda span: (span.start, -span.end, span.span_id)):
            found.setdefault(row.trace_id, []).append(row)
        yield from found.items()
