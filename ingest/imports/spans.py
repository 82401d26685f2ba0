"""A conversation as spans: each exchange a trace of an agent, its model calls and its tools."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from backend.errors import BadRequest
from backend.telemetry import operation as op
from backend.telemetry.message import Message, Part, dump, last_text
from backend.telemetry.span import Span
from ingest.imports.record import Record, ToolCall, Turn
from ingest.mapping.values import as_text

PROTOCOL = "import"
LARGEST_MIB: Final = 128
"""Most that the messages of one conversation's spans may take."""

_FRAME: Final = 60
"""Characters around the text of a message."""


@dataclass(slots=True)
class _Exchange:
    """What stands between one user's message and the next: places of the turns."""

    number: int
    places: list[int] = field(default_factory=list)


def spans_of(record: Record, times: list[int], time_kind: str) -> list[Span]:
    """All spans of a conversation; their ids follow from its own, so a second import replaces the first.

    Raises:
        BadRequest: they would be larger than ``LARGEST_MIB``.
    """
    _check_size(record)
    messages = [_message(turn) for turn in record.turns]
    calls = {call.id: call for turn in record.turns for call in turn.tool_calls or () if call.id}
    spans: list[Span] = []
    for exchange in _exchanges(record.turns):
        spans.extend(_Trace(record, messages, calls, times, exchange).spans(time_kind))
    return spans


def _check_size(record: Record) -> None:
    """Count before anything is made: a few MiB of many turns would become GiB."""
    before = whole = 0
    for turn in record.turns:
        if turn.role == "assistant":
            whole += before
        calls = sum(_FRAME + len(as_text(call.arguments)) for call in turn.tool_calls or ())
        before += _FRAME + len(turn.content or "") + calls
    if whole > LARGEST_MIB * 2**20:
        raise BadRequest(
            f"its {len(record.turns):,} turns would make {whole // 2**20:,} MiB of spans, as each call of a model holds"
            f" what was said before it; the limit is {LARGEST_MIB} MiB: split the conversation"
        )


def _exchanges(turns: list[Turn]) -> list[_Exchange]:
    """An exchange begins with a user's message after something was answered; what comes first opens the first."""
    found = [_Exchange(0)]
    answered = False
    for place, turn in enumerate(turns):
        if turn.role == "user" and answered:
            found.append(_Exchange(len(found)))
            answered = False
        answered = answered or turn.role in {"assistant", "tool"}
        found[-1].places.append(place)
    return found


class _Trace:
    """One exchange being written as a trace."""

    def __init__(
        self, record: Record, messages: list[Message], calls: dict[str, ToolCall], times: list[int], exchange: _Exchange
    ) -> None:
        self._record, self._messages, self._calls, self._times = record, messages, calls, times
        self._exchange = exchange
        self._seed = f"{record.source}\0{record.conversation_id}\0{exchange.number}"
        self._shared: dict[str, Any] = {
            "trace_id": _digest(self._seed, 16),
            "conversation_id": record.conversation_id,
            "user_id": record.user_id or "",
            "service_name": record.app or "",
            "protocol": PROTOCOL,
        }
        self._root_id = self._span_id("root")

    def spans(self, time_kind: str) -> list[Span]:
        """The root and the steps below it."""
        steps: list[Span] = []
        before = self._times[self._exchange.places[0]]
        for place in self._exchange.places:
            turn = self._record.turns[place]
            if turn.role == "assistant":
                steps.append(self._chat(place, before))
            elif turn.role == "tool":
                steps.append(self._tool(place, before))
            before = self._times[place]
        return [self._root(time_kind), *steps]

    def _root(self, time_kind: str) -> Span:
        places = self._exchange.places
        turns = self._record.turns
        asked = [self._messages[place] for place in places if turns[place].role == "user"]
        answered = [self._messages[place] for place in places if turns[place].role == "assistant"]
        return Span(
            **self._shared,
            span_id=self._root_id,
            name=f"invoke_agent {self._record.app or 'assistant'}",
            operation=op.INVOKE_AGENT,
            agent_name=self._record.app or "",
            start_time=self._times[places[0]],
            end_time=self._times[places[-1]],
            input_messages=dump(asked),
            output_messages=dump(answered[-1:]),
            input_text=last_text(asked, "user"),
            output_text=last_text(answered, "assistant"),
            attributes=self._told(time_kind),
        )

    def _chat(self, place: int, before: int) -> Span:
        turn, said = self._record.turns[place], self._messages[place]
        history = self._messages[:place]
        model = as_text((self._record.meta or {}).get("model"))
        return Span(
            **self._shared,
            span_id=self._span_id(str(place)),
            parent_span_id=self._root_id,
            name=f"chat {model}".strip(),
            kind="client",
            operation=op.CHAT,
            request_model=model,
            start_time=before,
            end_time=self._times[place],
            finish_reasons=("tool_calls" if turn.tool_calls else "stop",),
            input_messages=dump(history),
            output_messages=dump([said]),
            input_text=last_text(history, "user"),
            output_text=last_text([said], "assistant"),
        )

    def _tool(self, place: int, before: int) -> Span:
        turn = self._record.turns[place]
        call = self._calls.get(turn.tool_call_id or "")
        name = turn.name or (call.name if call else "") or "tool"
        arguments = as_text(call.arguments) if call else ""
        return Span(
            **self._shared,
            span_id=self._span_id(str(place)),
            parent_span_id=self._root_id,
            name=f"execute_tool {name}",
            operation=op.EXECUTE_TOOL,
            tool_name=name,
            tool_call_id=turn.tool_call_id or "",
            tool_arguments=arguments,
            tool_result=turn.content or "",
            input_text=arguments,
            output_text=turn.content or "",
            start_time=before,
            end_time=self._times[place],
        )

    def _told(self, time_kind: str) -> dict[str, str]:
        """What else the line says: of the whole conversation, and of this exchange's turns."""
        record = self._record
        told = {"import.times": time_kind, "import.id": record.id, "import.source": record.source}
        for group, values in (("labels", record.labels), ("meta", record.meta)):
            told |= {f"{group}.{name}": as_text(value) for name, value in (values or {}).items()}
        for place in self._exchange.places:
            turn = record.turns[place]
            told |= {f"{turn.role}.{name}": as_text(value) for name, value in turn.more.items()}
        return {name: value for name, value in told.items() if value}

    def _span_id(self, what: str) -> str:
        return _digest(f"{self._seed}\0{what}", 8)


def _message(turn: Turn) -> Message:
    if turn.role == "tool":
        part = Part(
            type="tool_call_response", id=turn.tool_call_id or "", name=turn.name or "", response=turn.content or ""
        )
        return Message(role="tool", parts=(part,))
    parts = [Part(type="text", content=turn.content)] if turn.content else []
    for call in turn.tool_calls or ():
        parts.append(Part(type="tool_call", id=call.id or "", name=call.name, arguments=call.arguments))
    return Message(role=turn.role, parts=tuple(parts))


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=size).hexdigest()
