"""The OpenAI Agents SDK's own exporter."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Final

from backend.errors import BadRequest
from backend.telemetry import operation as op
from backend.telemetry.span import Span
from ingest.mapping.values import as_text
from ingest.protocols.base import Decoded
from ingest.protocols.json_base import JsonProtocol
from ingest.wire import timeless
from ingest.wire.reading import batch, first, json_of, nanoseconds, rows, table
from ingest.wire.told import Told, span_of

_OPERATIONS: Final = {
    "agent": op.INVOKE_AGENT, "generation": op.CHAT, "response": op.CHAT, "function": op.EXECUTE_TOOL,
    "guardrail": op.GUARDRAIL, "mcp_tools": op.OTHER,
}  # fmt: skip
_READ: Final = frozenset({"type", "name", "input", "output", "usage", "model", "response_id"})


class OpenAiAgents(JsonProtocol):
    """Spans of the OpenAI Agents SDK; what a trace says of group and person is put on the spans sent with it."""

    name = "openai_agents"
    paths: ClassVar[tuple[str, ...]] = ("/v1/traces/ingest",)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read the list under `data`."""
        told = table(json_of(body)).get("data")
        if not isinstance(told, list):
            raise BadRequest("body is no export of the OpenAI Agents SDK: an object whose `data` is a list")
        items = batch(told, "traces and spans")
        traces = {as_text(item.get("id")): item for item in items if item.get("object") == "trace"}
        spans = [
            _span(item, traces.get(as_text(item.get("trace_id")), {}))
            for item in items
            if item.get("object") == "trace.span"
        ]
        timed, parts = timeless.parted(spans, time.time_ns())
        return Decoded(timed, parts=parts, counted=len(traces))


def _span(item: dict[str, Any], trace: dict[str, Any]) -> Span:
    told, fault, metadata = table(item.get("span_data")), table(item.get("error")), table(trace.get("metadata"))
    kind = as_text(told.get("type"))
    inner = table(told.get("data"))
    model = as_text(told.get("model"))
    rest = {name: value for name, value in told.items() if name not in _READ}
    return span_of(
        Told(
            trace_id=as_text(item.get("trace_id")),
            span_id=as_text(item.get("id")),
            parent_span_id=as_text(item.get("parent_id")),
            name=as_text(told.get("name")) or f"{kind} {model}".strip(),
            operation=_OPERATIONS.get(kind, op.RETRIEVAL if rows(inner.get("documents")) else op.OTHER),
            start=nanoseconds(item.get("started_at")),
            end=nanoseconds(item.get("ended_at")),
            input=told.get("input") if told.get("input") is not None else first(inner, "query", "input"),
            output=told.get("output") if told.get("output") is not None else first(inner, "documents", "output"),
            usage=table(told.get("usage")),
            error=as_text(fault.get("message")),
            fields={
                "conversation_id": as_text(trace.get("group_id")),
                "user_id": as_text(metadata.get("user_id")),
                "service_name": as_text(trace.get("workflow_name")),
                "request_model": model,
                "response_model": model if not fault else "",
                "response_id": as_text(told.get("response_id")),
                "agent_name": as_text(told.get("name")) if kind == "agent" else "",
            },
            rest={
                **rest,
                **{f"error.{name}": value for name, value in fault.items() if name != "message"},
                **{f"metadata.{name}": value for name, value in metadata.items()},
            },
        ),
        "openai_agents",
    )
