"""A body of events: JSON or NDJSON, each event read by itself, so that each mistake is told with its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from backend.errors import BadRequest
from backend.telemetry.message import Document, dump
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.bounds import check_items
from ingest.events.kinds import FeedbackSent, ScoreSent, Sent, SpanSent
from ingest.mapping.values import as_text, from_json
from ingest.wire.reading import digest, json_of, nanoseconds
from ingest.wire.told import Told, span_of

ERRORS_TOLD: Final = 20
_FIELDS: Final = (
    "conversation_id", "user_id", "environment", "release", "service_name", "provider", "request_model",
    "response_model", "agent_name", "tool_name", "tool_call_id", "prompt_name", "prompt_version", "max_tokens",
    "time_to_first_token_ms",
)  # fmt: skip


class BadEvents(BadRequest):
    """Events that cannot be taken.

    Attributes:
        errors: (place, reason) of the first of them.
    """

    def __init__(self, errors: list[tuple[str, str]], count: int) -> None:
        self.errors = errors
        first = "; ".join(f"{place}: {reason}" for place, reason in errors[:3])
        more = f" ... and {count - 3} more" if count > 3 else ""
        super().__init__(f"{first}{more}; nothing of this request was stored")


def events_of(body: bytes, *, by_line: bool) -> tuple[list[Span], list[Score]]:
    """Read all events of a body, or none.

    Args:
        body: one event, a list of them, ``{"events": [...]}``, or one event a line.
        by_line: whether it is the last.

    Raises:
        BadEvents: some cannot be taken; each is told with its line or place.
        BadRequest: the body is empty, or no JSON at all.
        TooLarge: it holds more events than a request may.
    """
    spans: list[Span] = []
    scores: list[Score] = []
    errors: list[tuple[str, str]] = []
    count, now = 0, time.time_ns()
    for place, value in _lines(body) if by_line else _items(body):
        check_items(len(spans) + len(scores) + count + 1, "events")
        try:
            taken = _event(value, now)
        except (ValueError, RecursionError) as fault:
            count += 1
            if count <= ERRORS_TOLD:
                errors.append((place, str(fault)[:300]))
            continue
        if isinstance(taken, Span):
            spans.append(taken)
        else:
            scores.append(taken)
    if errors:
        raise BadEvents(errors, count)
    if not spans and not scores:
        raise BadRequest("the body holds no event")
    return spans, scores


def _lines(body: bytes) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            yield f"line {number}", line


def _items(body: bytes) -> Iterator[tuple[str, Any]]:
    told = json_of(body) if body.strip() else []
    if isinstance(told, dict) and "events" in told and "type" not in told:
        told = told["events"]
    if isinstance(told, dict):
        told = [told]
    if not isinstance(told, list):
        raise BadRequest('the body is one event, a list of them or {"events": [...]}; for one a line, NDJSON')
    yield from ((f"event {place}", item) for place, item in enumerate(told, 1))


def _event(value: Any, now: int) -> Span | Score:
    """Read one.

    Raises:
        ValueError: what is wrong with it; so is msgspec's ValidationError.
    """
    if isinstance(value, bytes):
        value = from_json(value)
    sent: Sent = msgspec.convert(value, SpanSent | ScoreSent | FeedbackSent)
    if isinstance(sent, SpanSent):
        return _span(sent)
    return _score(sent, now) if isinstance(sent, ScoreSent) else _feedback(sent, now)


def _span(sent: SpanSent) -> Span:
    for name in ("trace_id", "span_id"):
        if not getattr(sent, name).strip("0"):
            raise ValueError(f"{name} is all zeros, which names nothing")
    start = _moment("start_time", sent.start_time)
    documents = [
        Document(id=one.id, content=one.content, score=one.score, metadata=one.metadata) for one in sent.documents
    ]
    fields: dict[str, Any] = {name: getattr(sent, name) for name in _FIELDS}
    fields |= {
        "tags": tuple(sent.tags),
        "finish_reasons": tuple(sent.finish_reasons),
        "client_cost_usd": sent.cost_usd,
        "documents": dump(documents),
    }
    if sent.status != "unset":
        fields["status"] = sent.status
    told = Told(
        trace_id=sent.trace_id,
        span_id=sent.span_id,
        parent_span_id=sent.parent_span_id,
        name=sent.name,
        operation=sent.operation,
        start=start,
        end=start if sent.end_time is None else _moment("end_time", sent.end_time),
        input=sent.input,
        output=sent.output,
        usage=_usage(sent),
        error=sent.status_message,
        error_type=sent.error_type,
        fields=fields,
        rest={name: as_text(value) for name, value in sent.attributes.items()},
    )
    return span_of(told, "events")


def _usage(sent: SpanSent) -> dict[str, Any]:
    inside = sent.cached_input_tokens + sent.cache_write_input_tokens + sent.audio_input_tokens
    outside = sent.reasoning_output_tokens + sent.audio_output_tokens
    if inside > sent.input_tokens or outside > sent.output_tokens:
        raise ValueError(
            "the parts of a token count exceed it: cached, cache-write and audio tokens stand within input_tokens,"
            " reasoning and audio tokens within output_tokens"
        )
    if not sent.input_tokens and not sent.output_tokens:
        return {}
    return {
        "prompt_tokens": sent.input_tokens,
        "prompt_tokens_details": {
            "cached_tokens": sent.cached_input_tokens,
            "cache_write_tokens": sent.cache_write_input_tokens,
            "audio_tokens": sent.audio_input_tokens,
        },
        "completion_tokens": sent.output_tokens,
        "completion_tokens_details": {
            "reasoning_tokens": sent.reasoning_output_tokens,
            "audio_tokens": sent.audio_output_tokens,
        },
    }


def _score(sent: ScoreSent, now: int) -> Score:
    _check_target(sent)
    if sent.value is None and not sent.label:
        raise ValueError("give a value, a label or both")
    targets = (sent.trace_id, sent.span_id, sent.conversation_id)
    return Score(
        score_id=sent.score_id
        or digest("score", sent.name, *targets, as_text(sent.value), sent.label, sent.explanation),
        name=sent.name,
        value=sent.value,
        label=sent.label,
        explanation=sent.explanation,
        source="client",
        trace_id=sent.trace_id,
        span_id=sent.span_id,
        conversation_id=sent.conversation_id,
        time=now if sent.time is None else _moment("time", sent.time),
    )


def _feedback(sent: FeedbackSent, now: int) -> Score:
    _check_target(sent)
    if sent.thumb is None and not sent.comment:
        raise ValueError("give a thumb, a comment or both")
    targets = (sent.trace_id, sent.span_id, sent.conversation_id)
    return Score(
        score_id=sent.feedback_id or digest("feedback", *targets, sent.user_id, sent.thumb or "", sent.comment),
        name="feedback",
        value=None if sent.thumb is None else float(sent.thumb == "up"),
        label=sent.thumb or "",
        explanation=sent.comment,
        source="client",
        author=sent.user_id,
        trace_id=sent.trace_id,
        span_id=sent.span_id,
        conversation_id=sent.conversation_id,
        time=now if sent.time is None else _moment("time", sent.time),
    )


def _check_target(sent: ScoreSent | FeedbackSent) -> None:
    if not (sent.trace_id or sent.span_id or sent.conversation_id):
        raise ValueError("say of what: trace_id, span_id or conversation_id")


def _moment(name: str, value: Any) -> int:
    found = nanoseconds(value)
    if found <= 0:
        raise ValueError(f"{name} is {as_text(value)[:60]!r}, which is no time: ISO 8601, or a number since 1970")
    return found
