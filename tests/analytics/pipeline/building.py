"""Small traces for tests: what a support assistant of a shop would send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from backend.store.client import Store
from backend.telemetry.span import Span

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
_COLUMNS = [item.name for item in msgspec.structs.fields(Span)]


def nanos(moment: datetime) -> int:
    """Nanoseconds since 1970."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 1000


def span(trace_id: str, span_id: str, parent: str = "", *, at_ms: float = 0, ms: float = 100, **fields: Any) -> Span:
    """A span that starts ``at_ms`` after ``at`` (noon) and takes ``ms``."""
    start = nanos(fields.pop("at", NOON)) + int(at_ms * 1_000_000)
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent,
        start_time=start,
        end_time=start + int(ms * 1_000_000),
        **{"name": span_id, **fields},
    )


def chat(trace_id: str, said: str, answered: str, **fields: Any) -> list[Span]:
    """An agent that looked something up and answered."""
    shared = {key: fields.pop(key) for key in ("conversation_id", "user_id", "at", "environment") if key in fields}
    return [
        span(trace_id, "root", ms=1000, name="answer", operation="invoke_agent", input_text=said, output_text=answered,
             **shared),
        span(trace_id, "find", "root", at_ms=10, ms=90, operation="retrieval", retrieval_query=said,
             documents='[{"id":"d1","content":"Parcels take two days.","score":0.9}]', **shared),
        span(trace_id, "chat", "root", at_ms=100, ms=900, operation="chat", input_text=said, output_text=answered,
             **{"request_model": "gpt-4o", "response_model": "gpt-4o-2024-08-06", "provider": "openai",
                "finish_reasons": ("stop",), "uncached_input_tokens": 100, "visible_output_tokens": 20,
                "cost_usd": 0.002, "time_to_first_token_ms": 250.0, **shared, **fields}),
    ]  # fmt: skip


def put(store: Store, project_id: int, spans: list[Span]) -> None:
    """Store spans in one block, as the writer does."""
    rows = [msgspec.structs.astuple(one) for one in spans]
    columns = [list(values) for values in zip(*rows, strict=True)]
    store.insert("span", ["project_id", *_COLUMNS], [[project_id] * len(spans), *columns])
