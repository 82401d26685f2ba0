"""What may be sent to ``/v1/events``: the fields, their types and bounds. The OpenAPI schema is made of these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(max_length=500)]
NeededId = Annotated[str, Meta(min_length=1, max_length=500)]
Word = Annotated[str, Meta(max_length=500)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Moment = Annotated[
    str | int | float, Meta(description="ISO 8601 (UTC where no zone is given), or seconds, ms or ns since 1970.")
]
Operation = Literal[
    "", "chat", "text_completion", "generate_content", "embeddings", "retrieval", "rerank", "execute_tool",
    "invoke_agent", "create_agent", "invoke_workflow", "guardrail", "evaluate",
]  # fmt: skip


class DocumentSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A retrieved document, best first."""

    content: str
    id: Id = ""
    score: float | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)


class SpanSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="span"):
    """One finished step. Sent again with the same ids and start, it replaces itself.

    Token counts are totals: cached, cache-write and audio tokens stand within `input_tokens`, reasoning and audio
    tokens within `output_tokens`.
    """

    trace_id: NeededId
    span_id: NeededId
    parent_span_id: Id = ""
    name: Word = ""
    operation: Operation = ""
    start_time: Moment
    end_time: Moment | None = None
    input: Annotated[Any, Meta(description="Text, messages ({role, content}), or any JSON.")] = None
    output: Annotated[Any, Meta(description="Text, messages, or any JSON.")] = None
    documents: list[DocumentSent] = msgspec.field(default_factory=list)
    conversation_id: Id = ""
    user_id: Id = ""
    environment: Word = ""
    release: Word = ""
    service_name: Word = ""
    tags: list[Word] = msgspec.field(default_factory=list)
    status: Literal["unset", "ok", "error"] = "unset"
    status_message: str = ""
    error_type: Word = ""
    provider: Word = ""
    request_model: Word = ""
    response_model: Word = ""
    agent_name: Word = ""
    tool_name: Word = ""
    tool_call_id: Id = ""
    prompt_name: Word = ""
    prompt_version: Word = ""
    finish_reasons: list[Word] = msgspec.field(default_factory=list)
    max_tokens: Count = 0
    input_tokens: Count = 0
    cached_input_tokens: Count = 0
    cache_write_input_tokens: Count = 0
    audio_input_tokens: Count = 0
    output_tokens: Count = 0
    reasoning_output_tokens: Count = 0
    audio_output_tokens: Count = 0
    cost_usd: Annotated[float | None, Meta(description="What you know it cost; kept beside our own figure.")] = None
    time_to_first_token_ms: Annotated[float, Meta(ge=0)] | None = None
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)


class ScoreSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="score"):
    """A judgement of a trace, a span or a conversation, which may be known already, come later, or never.

    Give a value, a label or both, and say of what. With a `score_id` it replaces an earlier one.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    value: float | None = None
    label: Word = ""
    explanation: Annotated[str, Meta(max_length=20_000)] = ""
    score_id: Id = ""
    trace_id: Id = ""
    span_id: Id = ""
    conversation_id: Id = ""
    time: Moment | None = None


class FeedbackSent(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="feedback"
):
    """What a user of the product said of an answer: a thumb, words, or both. Kept as a score named `feedback`."""

    thumb: Literal["up", "down"] | None = None
    comment: Annotated[str, Meta(max_length=20_000)] = ""
    user_id: Id = ""
    feedback_id: Id = ""
    trace_id: Id = ""
    span_id: Id = ""
    conversation_id: Id = ""
    time: Moment | None = None


Sent = SpanSent | ScoreSent | FeedbackSent
