"""Messages in every form clients write them, read into OpenTelemetry's."""

from __future__ import annotations

from typing import Any

import msgspec

from backend.telemetry.message import Message, Part
from ingest.mapping.media import INLINE, media_part
from ingest.mapping.values import as_text, from_json

_exact = msgspec.json.Decoder(list[Message])

# Part types whose content another field must hold; when it is elsewhere, the exact reading has missed it.
_HOLDS = {
    "text": "content", "reasoning": "content", "tool_call": "name", "tool_call_response": "response",
    "blob": "content", "uri": "content", "file": "content",
}  # fmt: skip
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
            return [Message(role=role, parts=tuple(_part_of(item) for item in value))]
        return [message for item in value for message in messages_of(item, role)]
    if isinstance(value, dict):
        if value.get("object") == "response" and isinstance(value.get("output"), list):  # OpenAI's Responses, whole
            return messages_of(value["output"], role)
        return [Message(role=role, parts=(_part_of(value),))] if _is_call(value) else [message_of(value, role)]
    text = as_text(value)
    return [Message(role=role, parts=(Part(type="text", content=text),))] if text else []


def message_of(value: dict[str, Any], role: str) -> Message:
    """One message, in OpenTelemetry's, OpenInference's or the providers' own form."""
    value = _unwrapped(value, "message")
    said = as_text(value.get("role")) or _langchain_role(value) or role
    said = _ROLES.get(said, said)
    parts: list[Part] = []
    for key in ("parts", "contents", "content"):
        parts.extend(_parts_of(value.get(key)))
    calls = value.get("tool_calls")
    if isinstance(calls, list):
        parts.extend(_tool_call(call) for call in calls if isinstance(call, dict))
    if isinstance(call := value.get("function_call"), dict):  # before tools
        parts.append(_tool_call(call))
    call_id = as_text(value.get("tool_call_id"))
    if call_id and (said == "tool" or not parts):
        parts = [_as_response(part, call_id, as_text(value.get("name"))) for part in parts or [Part(type="text")]]
    return Message(
        role=said, parts=tuple(parts), finish_reason=as_text(value.get("finish_reason") or value.get("stop_reason"))
    )


def _parts_of(value: Any) -> list[Part]:
    if isinstance(value, list):
        return [part for item in value for part in _parts_of(item)]
    if isinstance(value, dict):
        return [_part_of(_unwrapped(value, "message_content"))]
    text = as_text(value)
    return [Part(type="text", content=text)] if text else []


def _part_of(value: dict[str, Any]) -> Part:
    kind = as_text(value.get("type")) or ("blob" if any(name in value for name in INLINE) else "text")
    if kind in {"tool_call", "function_call", "tool_use", "function", "tool-call"}:
        return _tool_call(value)
    if kind in {"tool_call_response", "tool_result", "function_call_output", "tool-result"}:
        response = next((value[key] for key in ("response", "result", "content", "output") if key in value), None)
        call_id = next((value[key] for key in ("id", "tool_use_id", "call_id", "toolCallId") if key in value), "")
        name = as_text(value.get("name") or value.get("toolName"))
        return Part(type="tool_call_response", id=as_text(call_id), name=name, response=response)
    if kind in {"reasoning", "thinking"}:
        return Part(type="reasoning", content=_first_text(value, "content", "thinking", "text", "reasoning"))
    if kind in {"text", "input_text", "output_text", "refusal"}:
        return Part(type="text", content=_first_text(value, "content", "text", "refusal"))
    return media_part(kind, value)


def _tool_call(value: dict[str, Any]) -> Part:
    value = _unwrapped(value, "tool_call")
    function = value.get("function")
    inner = function if isinstance(function, dict) else value
    arguments = next((inner[key] for key in ("arguments", "input", "args") if key in inner), None)
    name = as_text(inner.get("name") or inner.get("toolName")) or (function if isinstance(function, str) else "")
    call_id = value.get("call_id") or value.get("id") or value.get("toolCallId")
    return Part(type="tool_call", id=as_text(call_id), name=name, arguments=arguments)


def _as_response(part: Part, call_id: str, name: str) -> Part:
    if part.type != "text":
        return part
    return Part(type="tool_call_response", id=call_id, name=name, response=part.content)


def _is_call(value: dict[str, Any]) -> bool:
    """Whether a value among messages is a call or its result, as OpenAI's Responses list them."""
    return value.get("type") in {"function_call", "function_call_output"} and "role" not in value


def _is_part(value: dict[str, Any]) -> bool:
    return "type" in value and not value.keys() & {"role", "message"} and not _langchain_role(value)


def _langchain_role(value: dict[str, Any]) -> str:
    """LangChain says by a message's type whose it is."""
    kind = str(value.get("type", "")).removesuffix("MessageChunk").lower()
    return kind if kind in {"human", "ai", "system", "tool"} and "content" in value else ""


def _unwrapped(value: dict[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else value


def _first_text(value: dict[str, Any], *names: str) -> str:
    return next((as_text(value[name]) for name in names if value.get(name)), "")
