"""What a wire API tells of one step, in no API's words, made into a span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.message import dump, last_text, load_messages
from backend.telemetry.span import Span
from ingest.mapping.raw import documents_of, plain_text, request_messages, response_messages, tools_of
from ingest.mapping.unsaid import Said
from ingest.mapping.values import as_json, as_text
from ingest.wire.reading import STAND_IN, texts
from ingest.wire.usage import buckets


@dataclass(slots=True, kw_only=True)
class Told:
    """One step.

    Attributes:
        start: nanoseconds since 1970; so is ``end``. Each is 0 where it is not known.
        input: any JSON value; so is ``output``.
        usage: counts as the client sent them, read where the operation is metered.
        fields: fields of ``Span`` that need no reading.
        rest: whatever else was told, kept as attributes.
    """

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    name: str = ""
    operation: str = op.OTHER
    start: int
    end: int = 0
    input: Any = None
    output: Any = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    error_type: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    rest: Mapping[str, Any] = field(default_factory=dict)


def span_of(told: Told, protocol: str) -> Span:
    """Make the span; what is shown otherwise than it was sent stays among the attributes as it was sent."""
    start = told.start or max(0, told.end)
    fields: dict[str, Any] = {
        "trace_id": told.trace_id,
        "span_id": told.span_id,
        "parent_span_id": told.parent_span_id,
        "name": told.name,
        "operation": told.operation,
        "start_time": start,
        "end_time": max(start, told.end),
        "status": "error" if told.error or told.error_type else "ok" if told.end else "unset",
        "status_message": told.error,
        "error_type": told.error_type,
        "protocol": protocol,
        "vocabulary": protocol,
    }
    if STAND_IN in told.rest:
        fields["time_note"] = "the client told no start; the first that it told of this step stands in for it"
    elif not told.start and start:
        fields["time_note"] = "the client told no start; its end stands in for it"
    rest = texts(told.rest)
    if told.operation in op.METERED:
        fields |= buckets(told.usage)
    elif told.usage:
        rest["usage"] = as_json(told.usage)
    fields |= _content(told)
    fields |= {name: value for name, value in told.fields.items() if value not in (None, "", ())}
    if told.operation in op.METERED:
        rest |= _unsaid(told, fields)
    else:
        for name, value, shown in (
            (sc.OI_INPUT_VALUE, told.input, fields.get("input_text", "")),
            (sc.OI_OUTPUT_VALUE, told.output, fields.get("output_text", "")),
        ):
            if value not in (None, "", {}, []) and as_text(value) != shown:
                rest[name] = as_text(value)
    return Span(**fields, attributes=rest)


def _unsaid(told: Told, fields: dict[str, Any]) -> dict[str, str]:
    """What neither messages nor fields say of a call's input and output, under its names within them."""
    messages = [*load_messages(fields.get("input_messages", "")), *load_messages(fields.get("output_messages", ""))]
    said = Said(messages, (fields.get(name) for name in _SAID))
    said.add({"max_tokens": fields.get("max_tokens")})
    rest: dict[str, str] = {}
    for side, value in (("input", told.input), ("output", told.output)):
        if isinstance(value, dict):
            value = {name: item for name, item in value.items() if name not in _LEFT_OUT}  # noqa: PLW2901 - less of it
        left = said.left(value)
        if isinstance(left, dict):
            rest |= texts(left, f"{side}.")
        elif left is not None:
            rest[f"{side}.value"] = as_text(left)
    return rest


_SAID: Final = (
    "request_model", "response_model", "response_id", "provider", "conversation_id", "user_id", "tags",
    "finish_reasons", "tool_definitions", "retrieval_query", "documents", "input_text", "status_message",
)  # fmt: skip
_LEFT_OUT: Final = frozenset({"model_map_information"})
"""LiteLLM's price table, which it sends with each call."""


def _content(told: Told) -> dict[str, Any]:
    if told.operation in op.GENERATION:
        return _messages(told)
    if told.operation == op.EXECUTE_TOOL:
        asked, answered = plain_text(as_text(told.input)), plain_text(as_text(told.output))
        return {
            "tool_name": told.name,
            "tool_arguments": asked,
            "tool_result": answered,
            "input_text": asked,
            "output_text": answered,
        }
    if told.operation in {op.RETRIEVAL, op.RERANK}:
        query = plain(told.input, "user")
        return {"retrieval_query": query, "input_text": query, "documents": documents_of(told.output)}
    output = "" if told.operation == op.EMBEDDINGS else plain(told.output, "assistant")
    return {"input_text": plain(told.input, "user"), "output_text": output}


def _messages(told: Told) -> dict[str, Any]:
    inputs, outputs = request_messages(told.input), response_messages(told.output)
    asked = last_text(inputs, "user") or last_text(inputs, "tool")
    tools = tools_of(told.input)
    return {
        "input_messages": dump(inputs),
        "output_messages": dump(outputs),
        "input_text": asked,
        "output_text": last_text(outputs, "assistant"),
        "tool_definitions": as_json(tools) if tools else "",
        "finish_reasons": tuple(message.finish_reason for message in outputs if message.finish_reason),
    }


def plain(value: Any, role: str) -> str:
    """What a reader sees of a value: its text, that of its best-named or only field or of the role, or its JSON."""
    if isinstance(value, dict):
        names = ("output", "answer", "input", "question", "query", "task", "content", "text", "result", "response")
        inner = next((value[name] for name in names if isinstance(value.get(name), str)), None)
        if inner is None and len(value) == 1:
            inner = next(iter(value.values()))
        if isinstance(inner, str):
            return inner
        if value.keys() & {"messages", "contents", "candidates", "choices"}:
            found = request_messages(value) if role == "user" else response_messages(value)
            if inner := last_text(found, role) or last_text(found, "user"):
                return inner
    return "" if value in (None, {}, []) else as_text(value)
