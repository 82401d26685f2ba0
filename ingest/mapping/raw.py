"""Inputs and outputs that clients send as one value of any shape: a request, a call's arguments, a chain's state."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from backend.telemetry.message import Message, Part, dump, last_text
from ingest.mapping.messages import messages_of
from ingest.mapping.numbered import document_of
from ingest.mapping.values import as_json, as_text, from_json

_ASKED: Final = ("messages", "input", "output", "prompts", "prompt", "contents")
"""Names under which a request or response has its messages, of which the first that is there counts."""
_INSTRUCTIONS: Final = ("system", "instructions", "system_instruction", "systemInstruction", "system_prompt")
_SETTINGS: Final = ("config", "kwargs", "toolConfig", "invocation_params")
"""Objects within a request that may hold its instructions and its tools."""
_SAID: Final = {
    "user": ("input", "question", "query", "prompt", "task", "content", "text", "message", "q"),
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
    if value.keys() - {"sanitize_inputs_outputs"} == {"args", "kwargs"}:  # smolagents tells its own argument too
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
    if _is_told_apart(value):
        return value["data"]
    if len(value) == 1:
        name, inner = next(iter(value.items()))
        if name in _WRAPPERS and (inner is None or isinstance(inner, dict | list | str)):
            return inner
    return value


def request_messages(value: Any) -> list[Message]:
    """Messages of a model call's input, with its instructions first."""
    value = unwrapped(value)
    found = [*_instructions(value), *_messages(value, "user")]
    return [message for message in found if message.parts]


def _instructions(value: Any) -> list[Message]:
    """What a request tells the model beside its messages: Anthropic, Bedrock, Gemini, OpenAI's Responses."""
    for holder in _holders(value):
        for name in _INSTRUCTIONS:
            told = holder.get(name)
            if told and isinstance(told, str | list | dict):
                return [msgspec.structs.replace(message, role="system") for message in messages_of(told, "system")]
    return []


def tools_of(value: Any) -> list[Any]:
    """The tools that a request offers, as its provider writes them; an empty list where it has none."""
    found = (holder.get("tools") for holder in _holders(unwrapped(value)))
    return next((tools for tools in found if isinstance(tools, list) and tools), [])


def _holders(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        return []
    return [value, *(inner for name in _SETTINGS if isinstance(inner := value.get(name), dict))]


def response_messages(value: Any) -> list[Message]:
    """Messages of a model call's output."""
    value = unwrapped(value)
    if isinstance(value, list) and any(isinstance(one, int | float) for one in value):
        return []  # a vector
    return [message for message in _messages(value, "assistant") if message.parts]


def tool_call_messages(text: str) -> list[Message]:
    """The message of calls that a client lists apart from the text."""
    calls = value_of(text)
    parts: tuple[Part, ...] = ()
    for message in messages_of([{"role": "assistant", "tool_calls": calls}], "assistant"):
        parts += message.parts
    return [Message(role="assistant", parts=parts)] if parts else []


def _messages(value: Any, role: str) -> list[Message]:
    """Messages of a call's input or output, whatever it is wrapped in."""
    return messages_of(_within(value), role) if value not in (None, "", {}, []) else []


def _within(value: Any) -> Any:
    """The messages within a request or response of a provider."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):
            return _within(value[0])
        return [_constructed(item) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    if choices := _rows(value.get("choices")):
        return [_choice(one, one.get("message")) for one in choices]
    generations = value.get("generations")
    if isinstance(generations, list) and generations:
        inner = generations[0][0] if isinstance(generations[0], list) and generations[0] else generations[0]
        return [_generated(inner)] if isinstance(inner, dict) else inner
    if candidates := _rows(value.get("candidates")):  # Gemini's
        return [_choice(one, one.get("content")) for one in candidates]
    if isinstance(value.get("message"), dict):
        return _choice(value, value["message"])
    for name in _ASKED:
        if value.get(name) not in (None, "", [], {}):
            return _with_ending(_within(value[name]), value)
    return _constructed(value) if value.keys() & {"role", "content", "parts", "kwargs", "type"} else as_json(value)


def _with_ending(messages: Any, told: dict[str, Any]) -> Any:
    """Bedrock and OpenAI's Responses tell why an answer ended beside the message or list that holds it."""
    cut = told.get("incomplete_details")
    ended = as_text(told.get("stopReason") or (cut.get("reason") if isinstance(cut, dict) else ""))
    if ended and isinstance(messages, dict):
        return {**messages, "finish_reason": ended}
    if ended and isinstance(messages, list) and messages and isinstance(messages[-1], dict):
        return [*messages[:-1], {**messages[-1], "finish_reason": ended}]
    return messages


def _generated(told: dict[str, Any]) -> Any:
    """One of LangChain's generations, with why it ended, which may stand beside its message."""
    message, about = _constructed(told.get("message") or told.get("text")), told.get("generation_info")
    ended = as_text(about.get("finish_reason")) if isinstance(about, dict) else ""
    return {**message, "finish_reason": ended} if ended and isinstance(message, dict) else message


def _choice(told: dict[str, Any], message: Any) -> dict[str, Any]:
    """One of the answers of a model, with why it ended."""
    ended = as_text(told.get("finish_reason") or told.get("finishReason"))
    return {**(message if isinstance(message, dict) else {}), "finish_reason": ended}


def _constructed(value: Any) -> Any:
    """A LangChain object without its wrapping: ``{"lc": 1, "id": [..., "HumanMessage"], "kwargs": {...}}``.

    Its ``message_to_dict`` writes ``{"type": "human", "data": {...}}`` instead.
    """
    if isinstance(value, dict) and _is_told_apart(value):
        return {"role": value["type"], **value["data"]}
    if not isinstance(value, dict) or not isinstance(value.get("kwargs"), dict):
        return value
    inner = dict(value["kwargs"])
    path = value.get("id")
    if "role" not in inner and isinstance(path, list) and path:
        inner["role"] = inner.pop("type", "") or str(path[-1]).removesuffix("Chunk").removesuffix("Message").lower()
    return inner


def _is_told_apart(value: dict[str, Any]) -> bool:
    """Whether it is a message of LangChain beside its type."""
    inner = value.get("data")
    return value.keys() == {"type", "data"} and isinstance(inner, dict) and inner.keys() >= {"type", "content"}


def _updates(value: Any) -> Any:
    """What a command of LangGraph puts into its state."""
    (one,) = value if isinstance(value, list) and len(value) == 1 else (None,)
    return one["update"] if isinstance(one, dict) and one.keys() >= {"graph", "update", "goto"} else value


def _rows(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def documents_of(value: Any) -> str:
    """JSON of the documents of a retriever's output: a list of them, or an object with one."""
    if isinstance(value, dict):
        value = next((item for item in value.values() if _rows(item)), [])
    found = []
    for item in _rows(value):
        item = _constructed(item)  # noqa: PLW2901 - the same document without its wrapping
        content = next((item[name] for name in ("content", "page_content", "text") if name in item), None)
        found.append(document_of({**item, "content": content} if content is not None else item))
    return dump(found)


def plain_text(text: str) -> str:
    """A text without quotes and wrappers of JSON; as it came where it has none."""
    value = value_of(text)
    inner = unwrapped(value)
    if isinstance(inner, dict) and "lc" in inner:
        inner = unwrapped(inner)
    if isinstance(inner, dict) and inner.get("type") == "tool":  # LangChain's message of a tool
        told = inner["data"] if isinstance(inner.get("data"), dict) else inner
        if isinstance(told.get("content"), str):
            return str(told["content"])
    return text if inner is value and not isinstance(value, str) else as_text(inner)


def reader_text(text: str, role: str) -> str:
    """What a reader wants to see of a value: the words of the role, its best-named field, or all of it."""
    value = _updates(unwrapped(value_of(text)))
    if isinstance(value, dict) and "lc" in value:  # a chain's answer is an object within what its callbacks put around
        value = unwrapped(value)
    if isinstance(value, dict):
        inner = next((one for name in _SAID[role] if (one := _words(value.get(name)))), "")
        if not inner and isinstance(value.get("messages"), list):
            inner = _last_words(_messages(value["messages"], role), role)
        if not inner and len(value) == 1:
            inner = _words(next(iter(value.values())))
        if inner:
            return inner
    if isinstance(value, list):
        if inner := _words(value):
            return inner
        if value and all(isinstance(one, dict) and one.keys() & {"role", "lc"} for one in value):
            return last_text(_messages(value, role), role) or plain_text(text)
    return "" if value in (None, {}, []) else plain_text(text)


def _last_words(messages: list[Message], role: str) -> str:
    """What the role said last; where these are results of tools alone, the last of them."""
    if any(message.role != "tool" for message in messages) or role != "assistant":
        return last_text(messages, role)
    results = [as_text(part.response) for message in messages for part in message.parts]
    return results[-1] if results else ""


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
