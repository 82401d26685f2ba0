"""A span's events: messages of the older form, the first token, what was thrown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.message import Message, dump, text_of
from ingest.mapping.draft import Draft, table
from ingest.mapping.messages import messages_of
from ingest.mapping.unsaid import Said
from ingest.mapping.values import as_json, as_text, from_json

if TYPE_CHECKING:
    from ingest.mapping.compose import WireSpan

_FROM = len(sc.GEN_AI_EVENT_MESSAGE_PREFIX)
_TO = -len(sc.GEN_AI_EVENT_MESSAGE_SUFFIX)


_DETAILS = frozenset({"input_messages", "output_messages", "system_instructions", "tool_definitions"})
_MESSAGE = frozenset({"content", "role", "message", "tool_calls", "parts"})


def put_events(wire: WireSpan, draft: Draft, fields: dict[str, Any]) -> None:
    """Fill what events tell, and keep those that were not wholly taken up as messages."""
    kept: list[dict[str, Any]] = []
    inputs: list[Message] = []
    outputs: list[Message] = []
    for name, time, attributes in wire.events:
        event: dict[str, Any] = {"name": name, "time": time, "attributes": attributes}
        kept.append(event)
        if name == sc.GEN_AI_EVENT_CHOICE:
            outputs.extend(_messages(attributes, "assistant"))
        elif _is_message(name) and name != sc.GEN_AI_EVENT_DETAILS:
            inputs.extend(_messages(attributes, name[_FROM:_TO]))
        elif name == sc.GEN_AI_EVENT_DETAILS:
            event["attributes"] = _details(draft, attributes)
        else:
            _put_told(name, time, attributes, draft, fields)
    if inputs or outputs:
        told = (draft.values.get("provider"), draft.rest.get(sc.GEN_AI_SYSTEM), draft.values.get("tool_call_id"))
        said = Said([*inputs, *outputs], told)
        for event in kept:
            if _is_message(event["name"]):
                event["attributes"] = said.left(event["attributes"])
    kept = [event for event in kept if event["attributes"] or not _is_message(event["name"])]
    if fields["operation"] == op.EXECUTE_TOOL:
        inputs, outputs = _put_tool(draft, fields, inputs, outputs)
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


def _is_message(name: str) -> bool:
    """Whether an event's attributes are read as messages, so that only what these do not say is kept."""
    if name in {sc.GEN_AI_EVENT_CHOICE, sc.GEN_AI_EVENT_DETAILS}:
        return True
    return name.startswith(sc.GEN_AI_EVENT_MESSAGE_PREFIX) and name.endswith(sc.GEN_AI_EVENT_MESSAGE_SUFFIX)


def _details(draft: Draft, attributes: dict[str, Any]) -> dict[str, Any]:
    """Take messages of the current form out of an event, for want of them on the span; the rest of its attributes."""
    rest = {}
    for name, value in attributes.items():
        rule = table().rules.get(name)
        if rule is not None and rule.slot in _DETAILS and rule.slot not in draft.values:
            draft.values[rule.slot], draft.sources[rule.slot] = rule.convert(value), (name, value)
        else:
            rest[name] = value
    return rest


def _put_tool(
    draft: Draft, fields: dict[str, Any], inputs: list[Message], outputs: list[Message]
) -> tuple[list[Message], list[Message]]:
    """Arguments and result of a tool, which its messages are where its attributes tell none."""
    asked = [part for message in inputs for part in message.parts]
    if len(asked) == 1 and "tool_arguments" not in draft.values:
        (part,) = asked
        if part.type == "tool_call_response":  # the event of a tool's message holds what the tool was given
            fields["tool_arguments"], inputs = as_text(part.response), []
            if "tool_call_id" not in draft.values:
                fields["tool_call_id"] = part.id
    if len(outputs) == 1 and "tool_result" not in draft.values:
        parts = outputs[0].parts
        if parts and all(part.type == "text" for part in parts):
            fields["tool_result"], outputs = text_of(outputs[0]), []
    return inputs, outputs


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
    if isinstance(content, dict) and content.keys() & _MESSAGE:  # the whole message, in one attribute
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
