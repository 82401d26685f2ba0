"""What a wire API tells of one step, in no API's words, made into a span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.message import Message, dump, last_text
from backend.telemetry.span import Span
from ingest.mapping.messages import messages_of
from ingest.mapping.numbered import document_of
from ingest.mapping.values import as_json, as_text
from ingest.wire.reading import STAND_IN, rows, table, texts
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
    for name, value, shown in (
        (sc.OI_INPUT_VALUE, told.input, fields.get("input_text", "")),
        (sc.OI_OUTPUT_VALUE, told.output, fields.get("output_text", "")),
    ):
        if value not in (None, "", {}, []) and as_text(value) != shown and told.operation not in op.METERED:
            rest[name] = as_text(value)
    fields |= {name: value for name, value in told.fields.items() if value not in (None, "", ())}
    return Span(**fields, attributes=rest)


def _content(told: Told) -> dict[str, Any]:
    if told.operation in op.GENERATION:
        return _messages(told)
    if told.operation == op.EXECUTE_TOOL:
        asked, answered = as_text(told.input), as_text(told.output)
        return {
            "tool_name": told.name,
            "tool_arguments": asked,
            "tool_result": answered,
            "input_text": asked,
            "output_text": answered,
        }
    if told.operation in {op.RETRIEVAL, op.RERANK}:
        query = plain(told.input)
        return {"retrieval_query": query, "input_text": query, "documents": documents(told.output)}
    output = "" if told.operation == op.EMBEDDINGS else plain(told.output)
    return {"input_text": plain(told.input), "output_text": output}


def _messages(told: Told) -> dict[str, Any]:
    inputs, outputs = messages(told.input, "user"), messages(told.output, "assistant")
    asked = last_text(inputs, "user") or last_text(inputs, "tool")
    definitions = told.input.get("tools") if isinstance(told.input, dict) else None
    return {
        "input_messages": dump(inputs),
        "output_messages": dump(outputs),
        "input_text": asked,
        "output_text": last_text(outputs, "assistant"),
        "tool_definitions": as_json(definitions) if definitions else "",
        "finish_reasons": tuple(message.finish_reason for message in outputs if message.finish_reason),
    }


def messages(value: Any, role: str) -> list[Message]:
    """Messages of a call's input or output, whatever it is wrapped in."""
    return messages_of(_unwrapped(value), role) if value not in (None, "", {}, []) else []


def plain(value: Any) -> str:
    """What a reader sees of a value: its text, that of its only or its best-named field, or its JSON."""
    if isinstance(value, dict):
        names = ("output", "answer", "input", "question", "query", "content", "text", "result", "response")
        inner = next((value[name] for name in names if isinstance(value.get(name), str)), None)
        if inner is None and len(value) == 1:
            inner = next(iter(value.values()))
        if isinstance(inner, str):
            return inner
        if rows(value.get("messages")):
            found = messages(value, "user")
            return last_text(found, "assistant") or last_text(found, "user")
    return "" if value in (None, {}, []) else as_text(value)


def documents(value: Any) -> str:
    """Documents of a retriever's output: a list of them, or an object with one."""
    if isinstance(value, dict):
        value = next((item for item in value.values() if rows(item)), [])
    found = []
    for item in rows(value):
        item = _constructed(item)  # noqa: PLW2901 - the same document without its wrapping
        content = next((item[name] for name in ("content", "page_content", "text") if name in item), None)
        found.append(document_of({**item, "content": content} if content is not None else item))
    return dump(found)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):
            return _unwrapped(value[0])
        return [_constructed(item) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    if choices := rows(value.get("choices")):
        return [{**table(one.get("message")), "finish_reason": one.get("finish_reason") or ""} for one in choices]
    generations = value.get("generations")
    if isinstance(generations, list) and generations:
        inner = generations[0][0] if isinstance(generations[0], list) and generations[0] else generations[0]
        return [_constructed(inner.get("message") or inner.get("text"))] if isinstance(inner, dict) else inner
    if candidates := rows(value.get("candidates")):  # Gemini's
        return [{**table(one.get("content")), "finish_reason": as_text(one.get("finish_reason"))} for one in candidates]
    if isinstance(value.get("message"), dict):
        return {**value["message"], "finish_reason": as_text(value.get("finish_reason"))}
    for name in ("messages", "input", "output", "prompts", "contents"):
        if value.get(name) not in (None, "", [], {}):
            return _unwrapped(value[name])
    return _constructed(value) if value.keys() & {"role", "content", "parts", "kwargs", "type"} else as_json(value)


def _constructed(value: Any) -> Any:
    """A LangChain object without its wrapping: ``{"lc": 1, "id": [..., "HumanMessage"], "kwargs": {...}}``."""
    if not isinstance(value, dict) or not isinstance(value.get("kwargs"), dict):
        return value
    inner = dict(value["kwargs"])
    path = value.get("id")
    if "role" not in inner and isinstance(path, list) and path:
        inner["role"] = inner.pop("type", "") or str(path[-1]).removesuffix("Chunk").removesuffix("Message").lower()
    return inner
