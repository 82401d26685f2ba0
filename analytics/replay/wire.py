"""A recorded request in the form of OpenAI's chat completions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from analytics.detectors.turn import Turn
from analytics.pipeline.surroundings import listed_tools
from analytics.replay.recorded import Recorded
from backend.telemetry.message import Message, Part, text_of
from backend.telemetry.stored import stored_value

_ROLES = frozenset({"system", "developer", "user", "assistant"})


def body_of(recorded: Recorded, messages: Sequence[Message], model: str) -> dict[str, Any]:
    """The request as it is posted.

    Tools are offered as they were, so that earlier calls can be read, with the word that none is to be called: the
    recorded answer was words, and a replay runs nothing.
    """
    body: dict[str, Any] = {"model": model, "messages": list(_messages(messages)), **recorded.tuning}
    if tools := list(_tools(recorded.tool_definitions)):
        body |= {"tools": tools, "tool_choice": "none"}
    if schema := _schema(recorded.turn):
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return body


def plainer(body: dict[str, Any]) -> dict[str, Any] | None:
    """The request in the words of models that reason: another name for the limit, and no temperature."""
    if "max_tokens" not in body and "temperature" not in body and "top_p" not in body:
        return None
    plain = {name: value for name, value in body.items() if name not in {"max_tokens", "temperature", "top_p"}}
    return {**plain, "max_completion_tokens": body["max_tokens"]} if "max_tokens" in body else plain


def _messages(messages: Iterable[Message]) -> Iterator[dict[str, Any]]:
    open_calls: deque[str] = deque()
    made = 0
    for message in messages:
        calls = []
        for part in message.parts:
            if part.type == "tool_call":
                made += not part.id
                calls.append(_call(part, part.id or f"call_{made}"))
        open_calls.extend(call["id"] for call in calls)
        for part in message.parts:
            if part.type == "tool_call_response":
                answered = open_calls.popleft() if open_calls else f"call_{made}"
                if part.id and part.id != answered and part.id in open_calls:
                    open_calls.remove(part.id)
                    open_calls.appendleft(answered)
                yield {"role": "tool", "tool_call_id": part.id or answered, "content": _text(part.response)}
        text = text_of(message)
        if calls:
            yield {"role": "assistant", "content": text or None, "tool_calls": calls}
        elif text:
            yield {"role": message.role if message.role in _ROLES else "user", "content": text}


def _call(part: Part, call_id: str) -> dict[str, Any]:
    function = {"name": part.name, "arguments": _text(part.arguments) or "{}"}
    return {"id": call_id, "type": "function", "function": function}


def _tools(definitions: str) -> Iterator[dict[str, Any]]:
    for one in listed_tools(definitions) if definitions else ():
        inner = one.get("function")
        told: dict[str, Any] = inner if isinstance(inner, dict) else one
        name = told.get("name")
        if not isinstance(name, str) or not name:
            continue
        schema = next((told[key] for key in ("parameters", "input_schema", "inputSchema") if key in told), None)
        if isinstance(schema, dict) and isinstance(schema.get("json"), dict):
            schema = schema["json"]
        function = {"name": name, "description": str(told.get("description") or "")}
        yield {"type": "function", "function": function | ({"parameters": schema} if isinstance(schema, dict) else {})}


def _schema(turn: Turn) -> dict[str, Any] | None:
    try:
        found = stored_value(turn.response_schema) if turn.response_schema else None
    except msgspec.MsgspecError:
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()
