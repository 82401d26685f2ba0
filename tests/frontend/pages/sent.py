"""Traces of a small shop as the store holds them, for tests of the engineer's pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from backend.store.client import Store
from backend.telemetry.span import Span
from tests.analytics.pipeline.building import chat, put, span
from tests.frontend.pages.conftest import HOSTILE, START, flag, insert, turn

TOOL = '{"order_id": "LF-1"}'
RESULT = '{"state": "sent"}'
RAISED = '[{"name":"exception","time":1,"attributes":{"exception.type":"Timeout","exception.stacktrace":"line 7"}}]'


def _later(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def exchange(trace_id: str, minutes: float = 0, said: str = "Where is my parcel?", **fields: object) -> list[Span]:
    """An exchange of the conversation c1 that began ``minutes`` after the start."""
    shared = {"conversation_id": "c1", "user_id": "cust_1", "environment": "production", **fields}
    return chat(trace_id, said, "It comes tomorrow.", at=_later(minutes), **shared)


def three(store: Store, project_id: int) -> None:
    """One good trace, one flagged without a price, one that failed and is hostile all over; turns of the first two."""
    ran = {"operation": "execute_tool", "tool_name": "find_order", "tool_arguments": TOOL, "tool_result": RESULT}
    tool = span("t2", "tool", "root", at=_later(5), at_ms=50, ms=40, name="execute_tool find_order", **ran)
    said = {"name": HOSTILE, "input_text": HOSTILE, "user_id": HOSTILE, "conversation_id": HOSTILE}
    broke = {"status": "error", "status_message": HOSTILE, "error_type": "Timeout", "events": RAISED}
    failed = span("t3", "root", at=_later(10), operation="chat", attributes={HOSTILE: HOSTILE}, **said, **broke)
    priceless = exchange("t2", 5, "Can I swap it?", request_model="house-llm", response_model="", cost_usd=None)
    put(store, project_id, [*exchange("t1"), *priceless, tool, failed])
    insert(store, project_id, "turn", [turn("t1.0", "c1", 0), turn("t2.0", "c1", 5, input_text="Can I swap it?")])
    insert(store, project_id, "flag", [flag("t2.0", "repetition")])
