"""Small spans, and how many of them the store has."""

from __future__ import annotations

import time
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.store.client import Store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class Count:
    """What pages count."""

    spans: int
    previews: int
    traces: int
    tokens: int
    span_traces: int
    """Of how many traces spans are there, before the view of traces was told."""


_COUNT = Query(
    "test_count",
    """
    SELECT
        (SELECT count() FROM span FINAL WHERE project_id = {project_id:UInt32}) AS spans,
        (SELECT count() FROM span_preview FINAL WHERE project_id = {project_id:UInt32}) AS previews,
        (SELECT uniqExact(trace_id) FROM trace_time WHERE project_id = {project_id:UInt32}) AS traces,
        (SELECT toUInt64(sum(input_tokens)) FROM span_preview FINAL WHERE project_id = {project_id:UInt32}) AS tokens,
        (SELECT uniqExact(trace_id) FROM span WHERE project_id = {project_id:UInt32}) AS span_traces
    """,
    Count,
)


def count(store: Store, project_id: int = 1) -> Count:
    """What the store has of a project."""
    return store.fetch(_COUNT, project_id=project_id)[0]


def wait_for(store: Store, spans: int, project_id: int = 1, seconds: float = 20) -> Count:
    """Wait until the store and its views have so many spans, and return what they have at the end."""
    deadline = time.monotonic() + seconds
    found = count(store, project_id)
    # One insert fills its views one after another: a question asked in between finds spans whose trace is not told yet.
    while (
        min(found.spans, found.previews) < spans or found.traces < found.span_traces
    ) and time.monotonic() < deadline:
        time.sleep(0.1)
        found = count(store, project_id)
    return found


def request(spans: int = 1, *, trace: int = 1, tokens: int = 7, text: str = "hello", broken: int = 0) -> bytes:
    """An OTLP request with so many good spans of one trace, and so many without a span id."""
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    for number in range(spans + broken):
        span = scope.spans.add()
        span.trace_id = trace.to_bytes(16, "big")
        if number < spans:
            span.span_id = (number + 1).to_bytes(8, "big")
        span.name = "chat m"
        span.start_time_unix_nano = 1_795_000_000 * 10**9 + number
        span.end_time_unix_nano = 1_795_000_001 * 10**9
        for name, value in (("gen_ai.operation.name", "chat"), ("input.value", text)):
            span.attributes.add(key=name).value.string_value = value
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = tokens
    return bytes(message.SerializeToString())
