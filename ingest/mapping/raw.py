"""Inputs and outputs that clients send as one value of any shape: a request, a call's arguments, a chain's state."""

from __future__ import annotations

from typing import Any, Final

from backend.telemetry.message import Message, Part, last_text
from ingest.mapping.messages import messages_of
from ingest.mapping.values import as_text, from_json
from ingest.wire.told import messages

_TAKEN: Final = frozenset({
    "messages", "input", "prompt", "prompts", "system", "instructions", "tools", "choices", "output", "generations",
    "role", "content", "parts", "tool_calls", "model",
})  # fmt: skip
_SAID: Final = {
    "user": ("input", "question", "query", "prompt", "content", "text", "message", "q"),
    "assistant": ("output", "answer", "content", "text", "result", "response", "message"),
}
_WRAPPERS: Final = ("inputs", "outputs", "output", "args", "kwargs", "value")
_LEAST: Final = frozenset({"id", "score", "metadata", "source"})


def value_of(text: str) -> Any:
    """The value that a text holds as JSON, else the text."""
    if text[:1] not in {"{", "[", '"'}:
        return text
    try:
        return from_json(text)
    except (ValueError, RecursionError):
        return text


def unwrapped(value: Any) -> Any:
    """A value without what decorators and frameworks put around it.

    >>> unwrapped({"args": ["why?"], "kwargs": {}}), unwrapped({"output": {"a": 1}}), unwrapped({"a": 1})
    ('why?', {'a': 1}, {'a': 1})
    """
    if not isinstance(value, dict):
        return value
    if value.keys() == {"args", "kwargs"}:
        args, named = value["args"], value["kwargs"]
        if isinstance(args, list) and len(args) == 1 and not named:
            return args[0]
        return value if args else named
    if "inputs" in value and value.keys() & {"tags", "metadata", "kwargs"}:  # LangChain's callbacks
        return value["inputs"]
    if "outputs" in value and value.keys() <= {"outputs", "kwargs"}:
        return value["outputs"]
    if value.keys() == {"type", "value"}:
        return value["value"]
    if "lc" in value and isinstance(value.get("kwargs"), dict):
        return value["kwargs"]
    if len(value) == 1:
        name, inner = next(iter(value.items()))
        if name in _WRAPPERS and (inner is None or isinstance(inner, dict | list | str)):
            return inner
    return value


def request_messages(value: Any) -> list[Message]:
    """Messages of a model call's input, with its instructions first."""
    value = unwrapped(value)
    found = messages(value, "user")
    if isinstance(value, dict):
        for name in ("system", "instructions"):
            told = value.get(name)
            if told and isinstance(told, str | list):
                found = [*messages_of(told, "system"), *found]
    return [message for message in found if message.parts]


def response_messages(value: Any) -> list[Message]:
    """Messages of a model call's output."""
    value = unwrapped(value)
    if isinstance(value, list) and any(isinstance(one, int | float) for one in value):
        return []  # a vector
    return [message for message in messages(value, "assistant") if message.parts]


def tool_call_messages(text: str) -> list[Message]:
    """The message of calls that a client lists apart from the text."""
    calls = value_of(text)
    parts: tuple[Part, ...] = ()
    for message in messages_of([{"role": "assistant", "tool_calls": calls}], "assistant"):
        parts += message.parts
    return [Message(role="assistant", parts=parts)] if parts else []


def leftover(value: Any) -> dict[str, Any]:
    """What messages do not take up of a request or response, such as its settings."""
    if not isinstance(value, dict):
        return {}
    inner = unwrapped(value)
    if isinstance(inner, dict):
        value = inner
    return {name: item for name, item in value.items() if name not in _TAKEN and item not in (None, "", [], {})}


def plain_text(text: str) -> str:
    """A text without quotes and wrappers of JSON; as it came where it has none."""
    value = value_of(text)
    inner = unwrapped(value)
    if isinstance(inner, dict) and inner.get("type") == "tool" and isinstance(inner.get("content"), str):
        return str(inner["content"])  # LangChain's message of a tool
    return text if inner is value and not isinstance(value, str) else as_text(inner)


def reader_text(text: str, role: str) -> str:
    """What a reader wants to see of a value: the words of the role, its best-named field, or all of it."""
    value = unwrapped(value_of(text))
    if isinstance(value, dict) and "lc" in value:  # a chain's answer is an object within what its callbacks put around
        value = unwrapped(value)
    if isinstance(value, dict):
        inner = next((one for name in _SAID[role] if (one := _words(value.get(name)))), "")
        if not inner and isinstance(value.get("messages"), list):
            inner = last_text(messages(value["messages"], role), role)
        if not inner and len(value) == 1:
            inner = _words(next(iter(value.values())))
        if inner:
            return inner
    if isinstance(value, list):
        if inner := _words(value):
            return inner
        if value and all(isinstance(one, dict) and one.keys() & {"role", "lc"} for one in value):
            return last_text(messages(value, role), role) or plain_text(text)
    return "" if value in (None, {}, []) else plain_text(text)


def _words(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n\n".join(value)
    return value if isinstance(value, str) else ""


def usage_in(text: str) -> dict[str, Any]:
    """Token counts that stand in a response; an empty object where none do."""
    value = value_of(text)
    told = value if isinstance(value, dict) else {}
    found = (told.get(name) for name in ("usage", "usage_metadata", "usageMetadata"))
    return next((counts for counts in found if isinstance(counts, dict)), {})


def is_documents(value: Any) -> bool:
    """Whether a value is a list of documents: texts with a number, a source or a name, and no message's role."""
    if not isinstance(value, list) or not value:
        return False
    return all(
        isinstance(one, dict)
        and any(isinstance(one.get(name), str) and one[name] for name in ("content", "page_content", "text"))
        and one.keys() & _LEAST
        and one.get("type", "Document") == "Document"
        and not one.keys() & {"role", "parts", "tool_calls"}
        for one in value
    )
