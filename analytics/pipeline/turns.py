"""One exchange to one turn: what the user said, what came back, from what, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from analytics.pipeline.exchanges import Exchange, split
from analytics.pipeline.facts import LONGEST, SpanFacts
from backend.telemetry import operation
from backend.telemetry.message import load_documents, load_messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A row of the table ``turn``, in the order of its columns; times in nanoseconds."""

    turn_id: str
    trace_id: str
    conversation_id: str
    position: int
    user_id: str
    environment: str
    release: str
    start_time: int
    end_time: int
    input_text: str
    output_text: str
    input_span_id: str
    output_span_id: str
    documents: str
    tool_calls: str
    status: str
    error_type: str
    error_message: str
    error_span_id: str
    finish_reason: str
    max_tokens: int
    request_model: str
    response_model: str
    prompt_name: str
    prompt_version: str
    span_count: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_spans: int
    time_to_first_token_ms: float | None
    input_cut: int
    output_cut: int


_TRIES: Final = operation.METERED | {operation.RETRIEVAL, operation.EXECUTE_TOOL, operation.GUARDRAIL}
_RETRIEVES: Final = frozenset({operation.RETRIEVAL, operation.RERANK})


def turns_of(trace_id: str, spans: Sequence[SpanFacts]) -> list[Turn]:
    """Make the turns of one trace.

    Args:
        trace_id: of the trace.
        spans: all its spans, by start.

    Returns:
        One turn an exchange, in order; none where no span is of a model, agent, retrieval or tool.
    """
    conversation = _first(_roots_first(spans), "conversation_id") or trace_id
    return [_turn(trace_id, conversation, place, one, spans) for place, one in enumerate(split(spans))]


def _turn(trace_id: str, conversation: str, place: int, exchange: Exchange, whole: Sequence[SpanFacts]) -> Turn:
    asked = _asked(exchange)
    answer, text = _answered(exchange)
    failure = _failure(exchange, text)
    broken = failure or next((span for span in exchange.spans if span.failed), None)
    identity = [*_roots_first(exchange.spans), *_roots_first(whole)]
    model = answer if answer and (answer.request_model or answer.response_model) else None
    model = model or next((span for span in reversed(exchange.generations)), None)
    prompt = next((span for span in _near(answer, exchange.spans) if span.prompt_name), None)
    metered = [span for span in exchange.spans if span.is_metered]
    priced = [span.cost_usd for span in metered if span.cost_usd is not None]
    return Turn(
        turn_id=f"{trace_id}.{place}",
        trace_id=trace_id,
        conversation_id=conversation,
        position=0,
        user_id=_first(identity, "user_id"),
        environment=_first(identity, "environment"),
        release=_first(identity, "release"),
        start_time=min(span.start for span in exchange.tops),
        end_time=max(span.end for span in exchange.tops),
        input_text=_input_of(asked),
        output_text=text,
        input_span_id=asked.span_id if asked else "",
        output_span_id=answer.span_id if answer else exchange.tops[0].span_id,
        documents=_documents(exchange.spans),
        tool_calls=_tool_calls(exchange.spans),
        status="error" if failure else "ok",
        error_type=failure.error_type if failure else "",
        error_message=failure.status_message if failure else "",
        error_span_id=broken.span_id if broken else "",
        finish_reason=answer.finish_reasons[-1] if answer and answer.finish_reasons else "",
        max_tokens=answer.max_tokens if answer else 0,
        request_model=model.request_model if model else "",
        response_model=model.response_model if model else "",
        prompt_name=prompt.prompt_name if prompt else "",
        prompt_version=prompt.prompt_version if prompt else "",
        span_count=len(exchange.spans),
        input_tokens=sum(span.input_tokens for span in metered),
        output_tokens=sum(span.output_tokens for span in metered),
        cost_usd=sum(priced) if priced else None,
        unpriced_spans=sum(span.cost_usd is None and span.input_tokens + span.output_tokens > 0 for span in metered),
        time_to_first_token_ms=answer.time_to_first_token_ms if answer else None,
        input_cut=asked.input_cut if asked and asked.input_text.strip() else 0,
        output_cut=max((span.output_cut for span in exchange.spans if span.output_text == text), default=0),
    )


def _asked(exchange: Exchange) -> SpanFacts | None:
    """Where the user's words stand: the first model call that tells them, else the root, else what was looked up."""
    said = [span for span in exchange.generations if span.input_text.strip()]
    roots = [span for span in exchange.tops if span.input_text.strip()]
    looked_up = [span for span in exchange.spans if span.retrieval_query.strip()]
    return next(iter([*said, *roots, *looked_up]), None)


def _input_of(asked: SpanFacts | None) -> str:
    if asked is None:
        return ""
    return asked.input_text if asked.input_text.strip() else asked.retrieval_query


def _answered(exchange: Exchange) -> tuple[SpanFacts | None, str]:
    """The span that answered and its words: the last model call, else the root that tells an answer."""
    last = exchange.generations[-1] if exchange.generations else None
    if last and last.output_text.strip():
        return last, last.output_text
    root = next((span for span in reversed(exchange.tops) if span.output_text.strip()), None)
    if root:
        return last or root, root.output_text
    return last, last.output_text if last else ""


def _failure(exchange: Exchange, text: str) -> SpanFacts | None:
    """The span whose error ended the exchange; None where it went well or a later try did."""
    failed = [span for span in exchange.spans if span.failed]
    last = exchange.generations[-1] if exchange.generations else None
    # Not every client sends texts, so a last model call that did not fail counts as an answer.
    answered = bool(text.strip()) or (last is not None and not last.failed)
    # Steps that stand side by side without a root are tries like any other; only the last of them decides.
    ended = [span for span in exchange.tops if span is last or span.operation not in _TRIES]
    if not failed or (answered and not any(span.failed for span in ended)):
        return None
    parents = {span.parent_span_id for span in failed}
    causes = [span for span in failed if span.span_id not in parents]
    return max(causes or failed, key=lambda span: (span.end, span.start, span.span_id))


def _documents(spans: Sequence[SpanFacts]) -> str:
    return _json(
        {"span_id": span.span_id, "id": one.id, "content": one.content[:LONGEST], "score": one.score, "rank": rank}
        for span in spans
        if span.operation in _RETRIEVES
        for rank, one in enumerate(_read(load_documents, span.documents), start=1)
    )


def _tool_calls(spans: Sequence[SpanFacts]) -> str:
    return _json([*_ran(spans), *_only_asked_for(spans)])


def _ran(spans: Sequence[SpanFacts]) -> Iterator[dict[str, Any]]:
    for span in spans:
        if span.operation == operation.EXECUTE_TOOL:
            yield {
                "name": span.tool_name,
                "arguments": span.tool_arguments,
                "span_id": span.span_id,
                "status": "error" if span.failed else "ok",
            }


def _only_asked_for(spans: Sequence[SpanFacts]) -> Iterator[dict[str, Any]]:
    """Calls that a model asked for and no span tells of having run."""
    ids = {span.tool_call_id for span in spans if span.operation == operation.EXECUTE_TOOL}
    names = {span.tool_name for span in spans if span.operation == operation.EXECUTE_TOOL}
    for span in spans:
        for message in _read(load_messages, span.output_messages) if span.is_generation else ():
            for part in message.parts:
                if part.type == "tool_call" and part.id not in (ids - {""}) and part.name not in names:
                    arguments = part.arguments if isinstance(part.arguments, str) else _text(part.arguments)
                    yield {"name": part.name, "arguments": arguments, "span_id": span.span_id,
                           "status": "asked", "id": part.id}  # fmt: skip


def _read(load: Any, stored: str) -> list[Any]:
    try:
        found: list[Any] = load(stored)
    except msgspec.MsgspecError:  # a row that some other writer made; the turn is still worth having
        return []
    return found


def _json(items: Any) -> str:
    listed = list(items)
    return msgspec.json.encode(listed).decode() if listed else ""


def _text(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


def _roots_first(spans: Sequence[SpanFacts]) -> list[SpanFacts]:
    return sorted(spans, key=lambda span: (bool(span.parent_span_id), span.start, span.span_id))


def _near(answer: SpanFacts | None, spans: Sequence[SpanFacts]) -> list[SpanFacts]:
    return [*([answer] if answer else []), *reversed(spans)]


def _first(spans: Sequence[SpanFacts], name: str) -> str:
    return next((value for span in spans if (value := getattr(span, name))), "")
