"""Messages in every form clients write them, read into OpenTelemetry's."""

from __future__ import annotations

from typing import Any

import msgspec

from backend.telemetry import semconv as sc
from backend.telemetry.message import Message, Part
from ingest.mapping.media import media_part
from ingest.mapping.values import as_json, as_text, from_json

_exact = msgspec.json.Decoder(list[Message])

# Part types whose content another field must hold; when it is elsewhere, the exact reading has missed it.
_HOLDS = {
    "text": "content", "reasoning": "content", "tool_call": "name", "tool_call_response": "response",
    "blob": "content", "uri": "content", "file": "content",
}  # fmt: skip
_CALLS = frozenset({
    "tool_call", "function_call", "tool_use", "function", "tool-call", "custom_tool_call", "mcp_call",
    "server_tool_use",
})  # fmt: skip
_RESULTS = frozenset({
    "tool_call_response", "tool_result", "function_call_output", "tool-result", "custom_tool_call_output",
})  # fmt: skip
# Parts of Bedrock and Gemini have no type: one of these names holds what they are.
_UNTYPED = {
    "toolUse": "tool_use", "functionCall": "function_call", "function_call": "function_call",
    "toolResult": "tool_result", "functionResponse": "tool_result", "function_response": "tool_result",
    "reasoningContent": "reasoning", "inline_data": "blob", "inlineData": "blob", "file_data": "uri",
    "fileData": "uri", "image": "image", "video": "video", "audio": "audio", "document": "document",
}  # fmt: skip
_THOUGHTS = ("content", "thinking", "text", "reasoning", "summary", "reasoningText")
_ARGUMENTS = ("arguments", "input", "args", "parameters")
_IDS = ("id", "tool_use_id", "toolUseId", "call_id", "toolCallId")
# What a message or part without any content may hold and yet say nothing.
_ABOUT = frozenset({
    "role", "type", "id", "name", "index", "finish_reason", "stop_reason", "finishReason", "status", "annotations",
    "tool_call_id", "lc", sc.GEN_AI_SYSTEM, sc.GEN_AI_EVENT_MESSAGE_INDEX, sc.EVENT_NAME,
})  # fmt: skip
_ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool", "developer": "system"}


def exact_messages(text: str) -> list[Message] | None:
    """Read JSON that already has the stored form; None where any part of it would be missed.

    What it returns can be stored as the client wrote it, without writing it anew.
    """
    try:
        messages = _exact.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    for message in messages:
        if not message.parts:
            return None
        for part in message.parts:
            holder = _HOLDS.get(part.type)
            if holder is None or not getattr(part, holder):
                return None
    return messages


def lenient_messages(text: str, role: str) -> list[Message]:
    """Read messages from any JSON, or from plain text as one message of ``role``."""
    try:
        return messages_of(from_json(text), role)
    except (ValueError, RecursionError):
        return [Message(role=role, parts=(Part(type="text", content=text),))]


def messages_of(value: Any, role: str) -> list[Message]:
    """Messages of a decoded value: a list of messages, one message, or the text of one."""
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and _is_part(item) for item in value):
            return [Message(role=role, parts=tuple(part for item in value for part in _parts_of(item)))]
        return [message for item in value for message in messages_of(item, role)]
    if isinstance(value, dict):
        if value.get("object") == "response" and isinstance(value.get("output"), list):  # OpenAI's Responses, whole
            return messages_of(value["output"], role)
        return [Message(role=role, parts=(_part_of(value),))] if _is_item(value) else [message_of(value, role)]
    text = as_text(value)
    return [Message(role=role, parts=(Part(type="text", content=text),))] if text else []


def message_of(value: dict[str, Any], role: str) -> Message:
    """One message, in OpenTelemetry's, OpenInference's or the providers' own form."""
    ended = value.get("finish_reason")
    value = _unwrapped(value, "message")
    said = as_text(value.get("role")) or _langchain_role(value) or role
    said = _ROLES.get(said, said)
    call_id = as_text(value.get("tool_call_id"))
    parts: list[Part] = []
    for key in ("parts", "contents", "content"):
        found = value.get(key)
        if said == "tool" and isinstance(found, dict) and not _is_part(found):  # the result itself
            parts.append(Part(type="tool_call_response", id=call_id, name=as_text(value.get("name")), response=found))
        else:  # OpenInference tells a text of OpenAI's Agents under two of these names
            told = tuple(parts)
            parts.extend(part for part in _parts_of(found) if part not in told)
    for call in _calls_of(value):
        parts.append(_tool_call(call))
    if call_id and (said == "tool" or not parts):
        parts = [_as_response(part, call_id, as_text(value.get("name"))) for part in parts or [Part(type="text")]]
    if not parts and (rest := _unknown(value)):
        parts = [Part(type="unknown", content=as_json(rest))]
    ended = _ended(value) or ended or _ended(_unwrapped(value, "response_metadata"))  # LangChain's
    return Message(role=said, parts=tuple(parts), finish_reason=as_text(ended))


def _ended(value: dict[str, Any]) -> Any:
    return next((value[name] for name in ("finish_reason", "stop_reason", "finishReason") if value.get(name)), "")


def _calls_of(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Calls that a message lists beside its content; LangChain may have them only as the provider gave them."""
    beside = value.get("additional_kwargs")
    for holder in (value, beside if isinstance(beside, dict) else {}):
        calls = holder.get("tool_calls")
        found = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
        if isinstance(call := holder.get("function_call"), dict):  # before tools
            found.append(call)
        if found:
            return found
    return []


def _parts_of(value: Any) -> list[Part]:
    if isinstance(value, list):
        return [part for item in value for part in _parts_of(item)]
    if isinstance(value, dict):
        value = _unwrapped(value, "message_content")
        if isinstance(value.get("parts"), list) and value.keys() <= {"parts", "role"}:  # Gemini's content
            return _parts_of(value["parts"])
        return [_part_of(value)] if "type" in value or _unknown(value) else []
    text = as_text(value)
    return [Part(type="text", content=text)] if text else []


def _part_of(value: dict[str, Any]) -> Part:
    """One part; what is of no known kind is kept as JSON under the name of its kind, so that it can be read."""
    kind, inner = _kind_of(value)
    if kind in _CALLS and "parameters" not in _unwrapped(inner, "function"):  # else a function is told, not called
        part = _tool_call(inner)
        said = part.id or part.name or part.arguments
    elif kind in _RESULTS:
        part = _result(inner)
        said = part.id or part.name or part.response
    elif kind in {"reasoning", "thinking"}:
        part = Part(type="reasoning", content=_first_text(inner, *_THOUGHTS))
        said = part.content
    elif kind in {"text", "input_text", "output_text", "refusal"}:
        part = Part(type="text", content=_first_text(inner, "content", "text", "refusal"))
        said = part.content
    else:
        return media_part(kind, value)
    if not said and (rest := _unknown(value)):
        return Part(type=kind if "type" in value else next(iter(rest)), content=as_json(rest))
    return part


def _result(value: dict[str, Any]) -> Part:
    response = next((value[key] for key in ("response", "result", "content", "output") if key in value), None)
    call_id = next((value[key] for key in _IDS if key in value), "")
    name = as_text(value.get("name") or value.get("toolName"))
    return Part(type="tool_call_response", id=as_text(call_id), name=name, response=_only_text(response))


def _kind_of(value: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What a part is, and the object that holds it."""
    if told := as_text(value.get("type")):
        return told, value
    if "toolName" in value and "toolCallId" in value:  # Vercel's calls
        return ("tool_result" if value.keys() & {"output", "result"} else "tool_call"), value
    for name, kind in _UNTYPED.items():
        if isinstance(inner := value.get(name), dict):
            return kind, inner if kind in _CALLS | _RESULTS | {"reasoning"} else value
    return ("reasoning" if value.get("thought") is True else "text"), value


def _tool_call(value: dict[str, Any]) -> Part:
    value = _unwrapped(value, "tool_call")
    function = value.get("function")
    inner = function if isinstance(function, dict) else value
    arguments = next((inner[key] for key in _ARGUMENTS if key in inner), None)
    name = as_text(inner.get("name") or inner.get("toolName")) or (function if isinstance(function, str) else "")
    call_id = value.get("call_id") or next((value[key] for key in _IDS if value.get(key)), "")
    return Part(type="tool_call", id=as_text(call_id), name=name, arguments=arguments)


def _as_response(part: Part, call_id: str, name: str) -> Part:
    if part.type != "text":
        return part
    return Part(type="tool_call_response", id=call_id, name=name, response=part.content)


def _is_item(value: dict[str, Any]) -> bool:
    """Whether a value among messages is a call, its result or a thought, as OpenAI's Responses list them."""
    kind = as_text(value.get("type"))
    return "role" not in value and (kind == "reasoning" or kind.endswith(("_call", "_call_output")))


def _is_part(value: dict[str, Any]) -> bool:
    if value.keys() & {"role", "message"} or _langchain_role(value):
        return False
    if "type" in value:
        return True
    return not value.keys() & {"content", "parts"} and (value.keys() == {"text"} or _kind_of(value)[0] != "text")


def _unknown(value: dict[str, Any]) -> dict[str, Any]:
    """What a message or part says that is none of what its form has."""
    return {name: item for name, item in value.items() if name not in _ABOUT and item not in (None, "", [], {})}


def _only_text(value: Any) -> Any:
    """The text of a result that is one text alone, as Bedrock's are: ``[{"text": "..."}]``."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and value[0].keys() == {"text"}:
        return value[0]["text"]
    return value


def _langchain_role(value: dict[str, Any]) -> str:
    """LangChain says by a message's type whose it is."""
    kind = str(value.get("type", "")).removesuffix("MessageChunk").lower()
    return kind if kind in {"human", "ai", "system", "tool"} and "content" in value else ""


def _unwrapped(value: dict[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else value


def _first_text(value: dict[str, Any], *names: str) -> str:
    return next((text for name in names if (text := _text(value.get(name)))), "")


def _text(value: Any) -> str:
    """Text, also where it stands in a list of parts or one object deeper."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and "text" in one for one in value):
        return "\n\n".join(as_text(one["text"]) for one in value)
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return str(value["text"])
    return as_text(value) if value else ""
