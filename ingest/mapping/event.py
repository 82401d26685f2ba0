"""A span's events: messages of the older form, the first token, what was thrown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.telemetry import semconv as sc
from backend.telemetry.message import Message, dump
from ingest.mapping.draft import Draft
from ingest.mapping.messages import messages_of
from ingest.mapping.values import as_json, as_text, from_json

if TYPE_CHECKING:
    from ingest.mapping.compose import WireSpan

_FROM = len(sc.GEN_AI_EVENT_MESSAGE_PREFIX)
_TO = -len(sc.GEN_AI_EVENT_MESSAGE_SUFFIX)


def put_events(wire: WireSpan, draft: Draft, fields: dict[str, Any]) -> None:
    """Fill what events tell, and keep those that were not wholly taken up as messages."""
    kept = []
    inputs: list[Message] = []
    outputs: list[Message] = []
    for name, time, attributes in wire.events:
        if name == sc.GEN_AI_EVENT_CHOICE:
            outputs.extend(_messages(attributes, "assistant"))
        elif name.startswith(sc.GEN_AI_EVENT_MESSAGE_PREFIX) and name.endswith(sc.GEN_AI_EVENT_MESSAGE_SUFFIX):
            inputs.extend(_messages(attributes, name[_FROM:_TO]))
        else:
            kept.append({"name": name, "time": time, "attributes": attributes})
            _put_told(name, time, attributes, draft, fields)
    if inputs and "input_messages" not in draft.values:
        fields["_inputs"], fields["input_messages"] = inputs, dump(inputs)
        inputs = []
    if outputs and "output_messages" not in draft.values:
        fields["_outputs"], fields["output_messages"] = outputs, dump(outputs)
        outputs = []
    for name, spare in (("input", inputs), ("output", outputs)):
        if spare:  # the span's attributes told it already, perhaps otherwise: keep both
            kept.append({"name": f"{sc.GEN_AI_EVENT_MESSAGE_PREFIX}{name}", "time": 0, "attributes": dump(spare)})
    if kept:
        fields["events"] = as_json(kept)


def _put_told(name: str, time: int, attributes: dict[str, Any], draft: Draft, fields: dict[str, Any]) -> None:
    if name == sc.EXCEPTION_EVENT:
        if "error_type" not in draft.values:
            fields["error_type"] = as_text(attributes.get(sc.EXCEPTION_TYPE))
        fields["status_message"] = fields["status_message"] or as_text(attributes.get(sc.EXCEPTION_MESSAGE))
    elif name in sc.FIRST_TOKEN_EVENTS and "time_to_first_token_ms" not in (draft.values | fields):
        fields["time_to_first_token_ms"] = max(0, time - fields["start_time"]) / 1e6


def _messages(attributes: dict[str, Any], role: str) -> list[Message]:
    """Messages of one event: its body is the attributes themselves, or JSON in one of them."""
    body = {name: _structure(value) for name, value in attributes.items()}
    content = body.pop(sc.GEN_AI_EVENT_CONTENT, None)
    if isinstance(content, dict):
        body.update(content)
    elif content is not None:
        body["content"] = content
    body.setdefault("role", role)
    message = body.get("message")
    if isinstance(message, dict):
        body["message"] = {"role": role, "finish_reason": body.get("finish_reason", ""), **message}
    elif message is not None:
        body["content"] = body.pop("message")
    if role == "tool" and "id" in body:
        body.setdefault("tool_call_id", body["id"])
    return messages_of(body, role)


def _structure(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return from_json(value)
        except ValueError:
            return value
    return value
