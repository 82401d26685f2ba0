"""The request behind a recorded answer, as far as it can be sent again just as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from analytics.causes.rules import failed_calls
from analytics.detectors.turn import Turn
from analytics.pipeline import judged
from analytics.questions.redactions import Redactions, redactions_of
from analytics.questions.sampled import left_out_of
from analytics.questions.spans import SpanDetail, span_detail
from backend.attachments.reference import references
from backend.errors import BadRequest, NotFound
from backend.policies.models import policy_of
from backend.sensitive.policy import DROP
from backend.telemetry import operation, semconv
from backend.telemetry.message import Message, load_messages, text_of
from backend.telemetry.stored import stored_value

MOST_TEXT: Final = 1_000_000
"""Characters of a request that is sent again; what is longer would cost more than it tells."""
_WORDS: Final = frozenset({"text", "reasoning", "tool_call", "tool_call_response"})
_INSTRUCTIONS: Final = frozenset({"system", "developer"})
_TUNED: Final = (
    (semconv.GEN_AI_REQUEST_TEMPERATURE, "temperature"),
    (semconv.GEN_AI_REQUEST_TOP_P, "top_p"),
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that was recorded whole, and the turn that it answered.

    Attributes:
        turn: as detectors and scores read it, without the turns that followed.
        messages: of the request, in order.
        model: that was asked; empty where that was not recorded.
        tuning: ``temperature``, ``top_p`` and ``max_tokens``, those that were recorded.
        tool_definitions: JSON, as the client sent it; empty where no tool was offered.
        prompt: name and version of the prompt, empty where not recorded.
    """

    turn: Turn
    messages: tuple[Message, ...]
    model: str
    tuning: dict[str, float | int] = field(default_factory=dict)
    tool_definitions: str = ""
    prompt: tuple[str, str] = ("", "")

    @property
    def system_text(self) -> str:
        """The instructions that stand before everything else, one a paragraph."""
        return system_text(self.messages)


def read(project_id: int, turn_id: str) -> Recorded:
    """Read the request that led to a turn's answer.

    Raises:
        NotFound: there is no such turn.
        BadRequest: it cannot be sent again as it was; the message says why not.
    """
    trace_id = turn_id.rpartition(".")[0]
    stored, columns = judged.read(project_id, [trace_id])
    place = next((at for at, one in enumerate(stored) if one.turn_id == turn_id), None)
    if place is None:
        raise NotFound(f"there is no turn {turn_id[:80]!r} in this project")
    turn = replace(columns.at(place), later=())
    if policy_of(project_id).mode == DROP:
        raise BadRequest("content is not stored, by the project's policy, so no answer could be kept")
    if left_out_of(project_id, [trace_id]):
        raise BadRequest("its spans were left out by sampling, so the request is no longer there")
    if why := _redacted(redactions_of(project_id, trace_id)):
        raise BadRequest(f"{why}, so the request cannot be sent as it was")
    span = span_detail(project_id, trace_id, turn.output_span_id)
    if span is None or span.operation not in operation.GENERATION:
        raise BadRequest("no call of a model was recorded for this answer")
    return _recorded(turn, span)


def _redacted(found: Redactions) -> str:
    if found.dropped:
        return "content of this trace was not stored, by the project's policy"
    count = sum(found.masked.values())
    told = "1 value of this trace was" if count == 1 else f"{count:,} values of this trace were"
    return f"{told} masked before storage" if count else ""


def _recorded(turn: Turn, span: SpanDetail) -> Recorded:
    try:
        messages = tuple(load_messages(span.input_messages))
        answered = load_messages(span.output_messages)
    except msgspec.MsgspecError:
        raise BadRequest("the recorded messages of the request cannot be read") from None
    for why in _hindrances(turn, messages, answered):
        raise BadRequest(why)
    tuning: dict[str, float | int] = {}
    for attribute, name in _TUNED:
        value = _number(span.attributes.get(attribute, ""))
        if value is not None:
            tuning[name] = value
    if span.max_tokens:
        tuning["max_tokens"] = span.max_tokens
    prompt = (span.prompt_name, span.prompt_version)
    model = span.request_model or span.response_model
    return Recorded(turn, messages, model, tuning, span.tool_definitions, prompt)


def _hindrances(turn: Turn, messages: Sequence[Message], answered: Sequence[Message]) -> Iterator[str]:
    """Why a request cannot be sent again as it was, or why its answer would tell nothing."""
    parts = [part for message in messages for part in message.parts]
    if not any(text_of(message) for message in messages):
        yield "the messages of the request were not recorded"
    if any(part.type not in _WORDS for part in parts):
        yield "the request holds an image, audio or a file, and a replay sends words only"
    whole = msgspec.json.encode(messages).decode()
    if next(references(whole), None):
        yield "the request refers to an attachment, and a replay sends words only"
    if len(whole) > MOST_TEXT:
        yield f"the request has {len(whole):,} characters; a replay sends at most {MOST_TEXT:,}"
    if not turn.output_text.strip() and any(part.type == "tool_call" for one in answered for part in one.parts):
        yield "the answer is a call of a tool, and a replay runs no tools"
    if failed := failed_calls(turn):
        name = turn.tool_calls[failed[0]].name
        yield f"the tool {name[:60]} failed before the answer, and a replay would send the same failure again"


def system_text(messages: Sequence[Message]) -> str:
    """The instructions that stand before everything else, one a paragraph."""
    texts = []
    for message in messages:
        if message.role not in _INSTRUCTIONS:
            break
        texts.append(text_of(message))
    return "\n\n".join(filter(None, texts))


def is_instruction(message: Message) -> bool:
    """Whether a message tells the model what to do, on behalf of the product."""
    return message.role in _INSTRUCTIONS


def _number(text: str) -> float | None:
    try:
        value = stored_value(text or "null")
    except msgspec.MsgspecError:
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
