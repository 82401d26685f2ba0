"""One line of a file that is analysed: its form, whatever kind of record it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backend.errors import BadRequest
from ingest.mapping.values import as_text, from_json

KINDS: Final = ("conversation", "text", "qa", "rag")
"""What can be analysed; `pair`, `timeseries`, `lexicon` and recorded calls hold no exchange to judge."""

_ROLES: Final = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "ai": "assistant", "model": "assistant", "bot": "assistant", "agent": "assistant", "tool": "tool",
    "function": "tool",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the assistant wrote it; ``arguments`` is JSON text, or what was sent instead."""

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a record.

    Attributes:
        place: its index in the record's ``turns``; for other kinds 0 is the question or the only text, 1 the answer.
        role: ``system``, ``user``, ``assistant`` or ``tool``.
        answers: the call id that a tool's message answers, else empty.
        name: of the tool, else empty.
    """

    place: int
    role: str
    text: str
    calls: tuple[Call, ...] = ()
    answers: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one line says.

    Attributes:
        documents: retrieved for its answer; only records of one turn have them.
        tools: name and JSON schema of each tool the model was offered.
    """

    record_id: str
    kind: str
    messages: tuple[Message, ...]
    documents: tuple[str, ...] = ()
    user_id: str = ""
    model: str = ""
    tools: tuple[tuple[str, str], ...] = ()


class OtherKind(BadRequest):
    """A line of a kind that is not analysed.

    Attributes:
        kind: as the line says it, cut short.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(f"kind is {kind!r}; analysed are {', '.join(KINDS)}")
        self.kind = kind


def record_of(line: bytes, number: int, *, as_answer: bool = False) -> Record:
    """Read a line.

    Args:
        line: JSON text.
        number: of the line, from 1; names a record that has no id.
        as_answer: whether records of kind ``text`` are answers; else they are what a user said.

    Raises:
        OtherKind: it is of a kind that is not analysed.
        BadRequest: it is not of the form; the message names the place.
    """
    try:
        found = from_json(line)
    except ValueError as fault:
        raise BadRequest(f"no JSON: {str(fault)[:200]}") from None
    if not isinstance(found, dict):
        raise BadRequest("no JSON object")
    kind = found.get("kind") or _guessed(found)
    if kind not in KINDS:
        raise OtherKind(as_text(kind)[:40])
    name = as_text(found.get("id") or found.get("conversation_id")) or f"line-{number}"
    messages, documents = _read(found, kind, as_answer)
    model = as_text(found.get("model") or _inner(found, "meta").get("model"))
    return Record(name, kind, messages, documents, as_text(found.get("user_id")), model, _tools(found.get("tools")))


def _guessed(found: Mapping[str, Any]) -> str:
    """Kind of a line that does not say it, by the fields it has."""
    if "turns" in found:
        return "conversation"
    if "response" in found:
        return "rag" if "context" in found else "qa"
    return "text" if "text" in found else ""


def _read(found: Mapping[str, Any], kind: str, as_answer: bool) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    if kind == "conversation":
        return _turns(found.get("turns")), ()
    if kind == "text":
        return _single(found, as_answer)
    question = Message(0, "user", _words(found, "question"))
    answer = Message(1, "assistant", _words(found, "response"))
    return (question, answer), _documents(found.get("context"))


def _single(found: Mapping[str, Any], as_answer: bool) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """A text is what the user said, or the answer; beside a question it is what was looked up for it."""
    text = _words(found, "text")
    asked = (Message(0, "user", question),) if (question := as_text(found.get("question"))) else ()
    if as_answer:
        return (*asked, Message(len(asked), "assistant", text)), ()
    return (asked, (text,)) if asked else ((Message(0, "user", text),), ())


def _turns(turns: Any) -> tuple[Message, ...]:
    if not isinstance(turns, list):
        raise BadRequest("turns is no list")
    return tuple(_message(place, turn) for place, turn in enumerate(turns))


def _message(place: int, turn: Any) -> Message:
    if not isinstance(turn, dict):
        raise BadRequest(f"turns[{place}] is no object")
    role = _ROLES.get(as_text(turn.get("role")).lower())
    if role is None:
        raise BadRequest(
            f"turns[{place}].role is {as_text(turn.get('role'))[:40]!r}; roles are system, user, assistant, tool"
        )
    calls = turn.get("tool_calls") or ()
    if not isinstance(calls, list | tuple):
        raise BadRequest(f"turns[{place}].tool_calls is no list")
    return Message(
        place, role, _content(turn.get("content")), tuple(_call(call) for call in calls if isinstance(call, dict)),
        as_text(turn.get("tool_call_id")), as_text(turn.get("name")),
    )  # fmt: skip


def _call(call: Mapping[str, Any]) -> Call:
    function = _inner(call, "function") or call
    return Call(as_text(function.get("name")), as_text(function.get("arguments")), as_text(call.get("id")))


def _content(content: Any) -> str:
    """Words of a message; of a list of parts those that are text."""
    if not isinstance(content, list):
        return as_text(content)
    parts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return "\n".join(part for part in parts if isinstance(part, str))


def _documents(context: Any) -> tuple[str, ...]:
    if context is None:
        return ()
    listed = context if isinstance(context, list) else [context]
    return tuple(
        as_text(one.get("text", one.get("content"))) if isinstance(one, dict) else as_text(one) for one in listed
    )


def _tools(tools: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(tools, list):
        return ()
    bare = [tool.get("function", tool) for tool in tools if isinstance(tool, dict)]
    return tuple(
        (as_text(tool.get("name")), as_text(tool.get("parameters"))) for tool in bare if isinstance(tool, dict)
    )


def _words(found: Mapping[str, Any], name: str) -> str:
    if name not in found:
        raise BadRequest(f"{name} is missing")
    words = found[name]
    if words is not None and not isinstance(words, str):
        raise BadRequest(f"{name} is no text")
    return words or ""


def _inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A field that is an object; an empty one where it is anything else."""
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}
