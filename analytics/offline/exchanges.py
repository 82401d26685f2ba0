"""A record to the turns that analysers read, and from their offsets back to its messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from analytics.detectors.turn import EARLIER, LATER, SEEN, Document, Evidence, Exchange, ToolCall, ToolSchema, Turn
from analytics.offline.record import Call, Message, Record

_BETWEEN: Final = "\n\n"
"""Stands between messages that are read as one text."""
_AROUND: Final = 120


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a message's text lies within a text of the turn."""

    start: int
    end: int
    place: int


@dataclass(slots=True)
class Told:
    """A text of the turn, made of one message or of several."""

    text: str = ""
    pieces: list[Piece] = field(default_factory=list)

    def add(self, message: Message) -> None:
        """Append a message's words; one without words leaves its place only."""
        start = len(self.text)
        if self.text and message.text:
            self.text += _BETWEEN
            start = len(self.text)
        self.text += message.text
        self.pieces.append(Piece(start, len(self.text), message.place))

    def spans(self, start: int, end: int) -> Iterator[dict[str, Any]]:
        """Places in the messages that a stretch of the text covers; of an empty one where it would stand."""
        if start == end and self.pieces:
            yield {"turn": self.pieces[-1].place, "start": 0, "end": 0}
        for piece in self.pieces:
            first, last = max(start, piece.start), min(end, piece.end)
            if first < last:
                yield {"turn": piece.place, "start": first - piece.start, "end": last - piece.start}


@dataclass(slots=True)
class Asked:
    """A tool call, the message that asked for it, and what came back."""

    call: Call
    place: int
    result: Message | None = None


@dataclass(slots=True)
class Spoken:
    """One exchange of a record: what the user said and all that followed until they spoke again."""

    user: Told = field(default_factory=Told)
    answer: Told = field(default_factory=Told)
    calls: list[Asked] = field(default_factory=list)
    is_answered: bool = False

    @property
    def place(self) -> int:
        """Message that scores of this exchange are told of: the last of the answer, else of the user."""
        pieces = self.answer.pieces or self.user.pieces
        return pieces[-1].place if pieces else next((one.place for one in self.calls), 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """A turn as analysers read it, and where its texts stand in the record."""

    record: Record
    spoken: Spoken
    system: Told
    turn: Turn

    def spans(self, evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
        """Places in the record that evidence cites: message, offsets in it, and where the words came from."""
        found: list[dict[str, Any]] = []
        for one in evidence:
            for span in self._places(one):
                if (named := {**span, "source": one.source}) not in found:
                    found.append(named)
        return found

    def passage(self, evidence: Evidence) -> tuple[str, str, str]:
        """Words that evidence cites between those around them, each cut short."""
        text = self._text(evidence)
        start, end = evidence.start, evidence.end
        return text[max(0, start - _AROUND) : start], text[start:end], text[end : end + _AROUND]

    def _text(self, evidence: Evidence) -> str:
        turn, index = self.turn, evidence.index
        match evidence.field:
            case "document":
                return turn.documents[index].text
            case "tool":
                return turn.tool_calls[index].arguments
            case "tool_result":
                return turn.tool_calls[index].result
            case "finish_reason" | "status":
                return ""
        return {"input": turn.input_text, "output": turn.output_text, "system": turn.system_text}[evidence.field]

    def _places(self, evidence: Evidence) -> Iterator[dict[str, Any]]:
        start, end = evidence.start, evidence.end
        match evidence.field:
            case "input":
                yield from self.spoken.user.spans(start, end)
            case "output":
                yield from self.spoken.answer.spans(start, end)
            case "system":
                yield from self.system.spans(start, end)
            case "document":
                yield {"turn": 0, "start": start, "end": end, "document": evidence.index}
            case "tool" if evidence.index < len(self.spoken.calls):
                asked = self.spoken.calls[evidence.index]
                yield {"turn": asked.place, "start": start, "end": end, "tool_call": asked.call.name}
            case "tool_result" if evidence.index < len(self.spoken.calls):
                result = self.spoken.calls[evidence.index].result
                if result:
                    yield {"turn": result.place, "start": start, "end": end}


def placed(record: Record) -> list[Placed]:
    """Make the turns of a record, in order; each knows the turns around it."""
    system, exchanges = _split(record.messages)
    exchanges = exchanges or [Spoken()]
    words = [Exchange(one.user.text, one.answer.text) for one in exchanges]
    turns = [_turn(record, one, system, place) for place, one in enumerate(exchanges)]
    return [
        Placed(
            record, one, system,
            replace(
                turn, earlier=words[max(0, place - EARLIER) : place], later=words[place + 1 : place + 1 + LATER],
                seen=_results(exchanges[:place]),
            ),
        )
        for place, (one, turn) in enumerate(zip(exchanges, turns, strict=True))
    ]  # fmt: skip


def _results(before: Sequence[Spoken]) -> list[str]:
    """What tools gave back in the exchanges before, oldest first."""
    found: list[str] = []
    for one in reversed(before):
        found[:0] = [asked.result.text for asked in one.calls if asked.result and asked.result.text]
        if len(found) >= SEEN:
            break
    return found[-SEEN:]


def _split(messages: Sequence[Message]) -> tuple[Told, list[Spoken]]:
    system, exchanges = Told(), list[Spoken]()
    for message in messages:
        if message.role == "system":
            system.add(message)
            continue
        opens = message.role == "user" and (not exchanges or _has_reply(exchanges[-1]))
        if opens or not exchanges:
            exchanges.append(Spoken())
        _take(exchanges[-1], message)
    return system, exchanges


def _has_reply(spoken: Spoken) -> bool:
    return spoken.is_answered or bool(spoken.calls)


def _take(spoken: Spoken, message: Message) -> None:
    if message.role == "user":
        spoken.user.add(message)
        return
    if message.role == "tool":
        _result(spoken, message)
        return
    spoken.is_answered = True
    if not message.text.strip() and not message.calls:
        spoken.answer = Told()  # the last word is silence, whatever was said on the way
    spoken.calls.extend(Asked(call, message.place) for call in message.calls)
    if message.text or not message.calls:
        spoken.answer.add(message)


def _result(spoken: Spoken, message: Message) -> None:
    """Give a tool's message to the call it answers: by id, else by name, else the first that waits."""
    waiting = [one for one in spoken.calls if one.result is None]
    same = [one for one in waiting if message.answers and one.call.call_id == message.answers]
    named = [one for one in waiting if message.name and one.call.name == message.name]
    chosen = next(iter([*same, *named, *([] if message.answers else waiting)]), None)
    if chosen is None:
        chosen = Asked(Call(message.name, "", message.answers), message.place)
        spoken.calls.append(chosen)
    chosen.result = message


def _answer(spoken: Spoken) -> str:
    """Text of the answer; a blank where it was recorded as nothing.

    Without a question, an empty text would look like an answer that nobody recorded.
    """
    is_nothing = spoken.is_answered and not (spoken.answer.text or spoken.user.text or spoken.calls)
    return " " if is_nothing else spoken.answer.text


def _turn(record: Record, spoken: Spoken, system: Told, place: int) -> Turn:
    return Turn(
        turn_id=f"{record.record_id}.{place}",
        trace_id=record.record_id,
        input_text=spoken.user.text,
        output_text=_answer(spoken),
        output_span_id="",
        status="ok",
        error_type="",
        error_message="",
        error_span_id="",
        finish_reason="",
        output_tokens=0,
        max_tokens=0,
        tool_calls=[
            ToolCall(one.call.name, one.call.arguments, "", one.result.text if one.result else "")
            for one in spoken.calls
        ],
        system_text=system.text,
        documents=[Document(text, str(number)) for number, text in enumerate(record.documents)],
        tools=[ToolSchema(name, parameters) for name, parameters in record.tools],
        model=record.model,
        user_id=record.user_id,
    )
