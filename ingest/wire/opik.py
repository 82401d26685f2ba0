"""Opik's traces and spans: a change may come before what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backend.telemetry import operation as op
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.values import as_json, as_text, words
from ingest.wire import litellm
from ingest.wire.reading import begun, counted, digest, first, nanoseconds, number, table
from ingest.wire.told import Told, span_of
from ingest.wire.usage import fullest

API: Final = "opik"
_OPERATIONS: Final = {"llm": op.CHAT, "tool": op.EXECUTE_TOOL, "guardrail": op.GUARDRAIL}
_READ: Final = frozenset(
    [
        "id",
        "trace_id",
        "parent_span_id",
        "name",
        "type",
        "start_time",
        "end_time",
        "input",
        "output",
        "metadata",
        "tags",
        "usage",
        "model",
        "provider",
        "error_info",
        "thread_id",
        "project_name",
        "total_estimated_cost",
        "total_cost",
        "last_updated_at",
    ]
)

_FAULT: Final = frozenset({"message", "exception_type"})


def part_of(told: dict[str, Any], kind: str, now: int) -> WirePart | None:
    """One telling of a trace or span; None where it has no id."""
    item_id = as_text(told.get("id"))
    if not item_id:
        return None
    text = as_json(told)
    return WirePart(
        api=API,
        trace_id=item_id if kind == "trace" else as_text(told.get("trace_id")),
        item_id=item_id,
        kind=kind,
        part_id=digest(kind, text),
        sent_at=nanoseconds(first(told, "last_updated_at", "end_time", "start_time")) or now,
        body=text,
    )


def score_of(told: dict[str, Any], kind: str, now: int) -> Score | None:
    """A feedback score of a trace or span; its target's id and its name name it. None where one is missing."""
    item_id, name = as_text(told.get("id")), as_text(told.get("name"))
    if not item_id or not name:
        return None
    return Score(
        score_id=digest(API, kind, item_id, name),
        name=name,
        value=number(told.get("value")),
        label=as_text(told.get("category_name")),
        explanation=as_text(told.get("reason")),
        source="client",
        trace_id=item_id if kind == "trace" else as_text(told.get("trace_id")),
        span_id=item_id if kind == "span" else "",
        time=now,
    )


def spans(trace_id: str, items: dict[tuple[str, str], dict[str, Any]]) -> list[Span]:
    """Spans of a trace: the trace itself as the root, its spans below it."""
    trace = items.get(("trace", trace_id), {})
    metadata = table(trace.get("metadata"))
    shared = {
        "conversation_id": as_text(trace.get("thread_id")),
        "user_id": as_text(metadata.get("user_id")),
        "environment": as_text(metadata.get("environment")),
        "service_name": as_text(trace.get("project_name")),
    }
    root = trace_id if begun(trace, "start_time") else ""
    return [
        span_of(_step(trace_id, item_id, told, start, root if kind == "span" else "", shared), "opik")
        for (kind, item_id), told in items.items()
        if (start := begun(told, "start_time"))
    ]


def _step(trace_id: str, item_id: str, told: dict[str, Any], start: int, root: str, shared: dict[str, Any]) -> Told:
    fault, metadata = table(told.get("error_info")), table(told.get("metadata"))
    try:
        tags = words(told.get("tags") or [])
    except ValueError:
        tags = ()
    model = as_text(told.get("model"))
    kept = {name: value for name, value in told.items() if name not in _READ}
    return Told(
        trace_id=trace_id,
        span_id=item_id,
        parent_span_id=as_text(told.get("parent_span_id")) or root,
        name=as_text(told.get("name")),
        operation=_operation(told, metadata),
        start=start,
        end=nanoseconds(told.get("end_time")),
        input=told.get("input"),
        output=told.get("output"),
        usage=_usage(told, metadata),
        error=as_text(fault.get("message")),
        error_type=as_text(fault.get("exception_type")),
        fields={
            **shared,
            "tags": tags,
            "request_model": model,
            "response_model": model if told.get("output") is not None and not fault else "",
            "provider": as_text(told.get("provider")),
            "client_cost_usd": number(first(told, "total_estimated_cost", "total_cost")),
            "max_tokens": counted(metadata.get("max_tokens")),
        },
        rest={
            **kept,
            **{f"metadata.{name}": value for name, value in metadata.items()},
            **{f"error_info.{name}": value for name, value in fault.items() if name not in _FAULT},
        },
    )


def _operation(told: dict[str, Any], metadata: dict[str, Any]) -> str:
    found = _OPERATIONS.get(as_text(told.get("type")), op.OTHER)
    if found == op.CHAT and metadata.get("created_from") == "litellm":
        return litellm.operation_of(metadata.get("type"))
    return found


def _usage(told: dict[str, Any], metadata: dict[str, Any]) -> Mapping[str, Any]:
    """Opik's own counts are in OpenAI's names; it adds the provider's in flattened form, LiteLLM in its metadata."""
    usage = table(told.get("usage"))
    prefix = "original_usage."
    original = {name.removeprefix(prefix): value for name, value in usage.items() if name.startswith(prefix)}
    return fullest(_nested(original), table(metadata.get("usage_object")), usage)


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in flat.items():
        outer, dot, inner = name.partition(".")
        if dot:
            found.setdefault(outer, {})[inner] = value
        else:
            found[name] = value
    return found
