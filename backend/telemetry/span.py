"""The span as Assay keeps it: what every protocol decodes to and the store writes."""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a trace, whichever SDK told of it.

    Ids are text as the client wrote them (OpenTelemetry: lower-case hex). Times are nanoseconds since 1970 in UTC.
    Token buckets are disjoint: nothing is counted twice, and the totals are their sums.

    Attributes:
        trace_id: never empty.
        span_id: never empty; with the trace id it names the span, and sending it again replaces it.
        parent_span_id: empty for a root.
        name: as the client wrote it.
        kind: OpenTelemetry's span kind in lower case.
        operation: one of ``backend.telemetry.operation``.
        start_time: nanoseconds; bounded to 2015 .. a day from now, see ``time_note``.
        end_time: nanoseconds, never before ``start_time``.
        time_note: what had to be mended of the times, in words, else empty.
        status: ``unset``, ``ok`` or ``error``.
        uncached_input_tokens: input that came neither from a cache nor as audio.
        cached_input_tokens: input read from a cache.
        cache_write_input_tokens: input written to a cache, for however long.
        hour_cache_write_input_tokens: how many of these were written for an hour, which costs more; not a bucket.
        audio_input_tokens: input as audio.
        visible_output_tokens: output that is neither reasoning nor audio.
        reasoning_output_tokens: output spent on reasoning.
        audio_output_tokens: output as audio.
        cost_usd: buckets times price; None where the model has no price or the span is not metered.
        client_cost_usd: what the client says it cost; kept apart.
        time_to_first_token_ms: None where the client does not say.
        max_tokens: the limit that was asked for; 0 where none is known.
        input_messages: JSON of ``list[Message]``, system instructions first.
        output_messages: JSON of ``list[Message]``.
        input_text: what went in, for a reader: the last user message, or the raw input of other operations.
        output_text: what came out, for a reader.
        documents: JSON of ``list[Document]``, best first.
        tool_definitions: JSON as the client sent it.
        events: JSON list of ``{"name", "time", "attributes"}``.
        links: JSON list of ``{"trace_id", "span_id", "attributes"}``.
        attributes: everything of the span that is mapped to no field.
        resource_attributes: everything of the resource that is mapped to no field.
        vocabulary: the mapping that read it, such as ``otel_genai`` or ``openinference``.
        protocol: the protocol it came by, such as ``otlp_http``.
    """

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    name: str = ""
    kind: str = "internal"
    operation: str = ""
    start_time: int
    end_time: int
    time_note: str = ""
    conversation_id: str = ""
    user_id: str = ""
    environment: str = ""
    release: str = ""
    service_name: str = ""
    tags: tuple[str, ...] = ()
    status: str = "unset"
    status_message: str = ""
    error_type: str = ""
    provider: str = ""
    request_model: str = ""
    response_model: str = ""
    response_id: str = ""
    agent_name: str = ""
    uncached_input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    hour_cache_write_input_tokens: int = 0
    audio_input_tokens: int = 0
    visible_output_tokens: int = 0
    reasoning_output_tokens: int = 0
    audio_output_tokens: int = 0
    cost_usd: float | None = None
    client_cost_usd: float | None = None
    time_to_first_token_ms: float | None = None
    finish_reasons: tuple[str, ...] = ()
    max_tokens: int = 0
    tool_name: str = ""
    tool_call_id: str = ""
    tool_arguments: str = ""
    tool_result: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    retrieval_query: str = ""
    input_messages: str = ""
    output_messages: str = ""
    input_text: str = ""
    output_text: str = ""
    documents: str = ""
    tool_definitions: str = ""
    events: str = ""
    links: str = ""
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    resource_attributes: dict[str, str] = msgspec.field(default_factory=dict)
    scope_name: str = ""
    scope_version: str = ""
    vocabulary: str = ""
    protocol: str = ""
