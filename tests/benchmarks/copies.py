"""Many spans out of a month: copies of it inside the store, each a little earlier and with ids of its own."""

from __future__ import annotations

import time
from typing import Any, Final

from tests.benchmarks.installation import ask, told

_APART_MIN: Final = 11
"""Minutes between two copies: the daily rhythm stays, and no two traces begin in the same moment."""

_OTHER_ID: Final = "concat(leftPad(lower(hex({k:UInt16})), 4, '0'), substring(@, 5)) AS @"
_OTHER_NAME: Final = "if(@ = '', '', concat(@, '-', toString({k:UInt16}))) AS @"
_EARLIER: Final = "@ - toIntervalMinute({k:UInt16} * {apart:UInt16}) AS @"
_TABLES: Final = {
    "span": {
        _OTHER_ID: ("trace_id",),
        _OTHER_NAME: ("conversation_id", "user_id"),
        _EARLIER: ("start_time", "end_time"),
    },
    "turn": {
        _OTHER_ID: ("turn_id", "trace_id"),
        _OTHER_NAME: ("conversation_id", "user_id"),
        _EARLIER: ("start_time", "end_time"),
    },
    "flag": {
        _OTHER_ID: ("flag_id", "turn_id", "trace_id"),
        _OTHER_NAME: ("conversation_id",),
        _EARLIER: ("turn_time",),
    },
    "topic_assignment": {_OTHER_NAME: ("conversation_id", "user_id"), _EARLIER: ("start_time",)},
}


def copy_month(copies: int) -> None:
    """Store everything so often that there are as many copies in all."""
    from backend.store.connection import store

    with told(f"make {copies} copies of it"):
        for table, changed in _TABLES.items():
            columns = "* EXCEPT (stored_at)" if table == "span" else "*"
            changes = ", ".join(text.replace("@", column) for text, names in changed.items() for column in names)
            store().command(f"CREATE TABLE month ENGINE = Memory AS SELECT {columns} FROM {table} FINAL")
            for k in range(1, copies):
                store().command(
                    f"INSERT INTO {table} ({columns}) SELECT * REPLACE ({changes}) FROM month",
                    {"k": k, "apart": _APART_MIN},
                )
            store().command("DROP TABLE month")
    with told("wait for merges"):
        _settle()


def _settle(most_s: float = 20.0) -> None:
    """Parts that were just written are merged at once; a page meanwhile would be charged for it."""
    deadline = time.monotonic() + most_s
    while time.monotonic() < deadline and ask("SELECT count() FROM system.merges")[0][0]:
        time.sleep(0.3)


def large_trace(project_id: int, spans: int, texts: list[tuple[str, str]]) -> str:
    """Store one trace of many spans, as a long agent's run has them; its id.

    Args:
        project_id: of the project.
        spans: how many.
        texts: question and answer, to be told in turn.
    """
    from backend.store.connection import store
    from backend.store.rows import insert_all, span_rows

    trace_id = "f" * 32
    assert insert_all(store(), [span_rows(project_id, _long_run(trace_id, spans, texts))]) == [None]
    return trace_id


def _long_run(trace_id: str, count: int, texts: list[tuple[str, str]]) -> list[Any]:
    """An agent that has others do its tasks, ten steps each, in turn."""
    from backend.telemetry.span import Span

    begun, step_ns = time.time_ns() - 3600 * 10**9, 3500 * 10**9 // count
    made: list[Span] = []
    for number in range(count):
        asked, answered = texts[number % len(texts)]
        kind, parent = _place(number)
        chat = {"request_model": "gpt-4o-mini", "response_model": "gpt-4o-mini-2024-07-18", "provider": "openai",
                "uncached_input_tokens": 900, "visible_output_tokens": 120, "cost_usd": 0.0002}  # fmt: skip
        tool = {"tool_name": "look_up", "tool_arguments": '{"order": 7}', "tool_result": answered}
        last = count - 1 if number == 0 else min(number + 9, count - 1) if kind == "invoke_agent" else number
        made.append(
            Span(
                trace_id=trace_id,
                span_id=f"{number + 1:016x}",
                parent_span_id=f"{parent + 1:016x}" if number else "",
                name=f"{kind} {number}",
                operation=kind,
                start_time=begun + number * step_ns,
                end_time=begun + (last + 1) * step_ns - 1000,
                conversation_id="bench-large",
                user_id="cust_large",
                environment="production",
                service_name="bench",
                input_text=asked,
                output_text=answered,
                **{"chat": chat, "execute_tool": tool}.get(kind, {}),
            )
        )
    return made


def _place(number: int) -> tuple[str, int]:
    """Operation of a span, and the number of its parent."""
    if number % 10 <= 1:  # the root, then the root of each task
        return "invoke_agent", 0 if number % 10 else max(0, number - 9)
    return ("chat" if number % 2 else "execute_tool"), number - number % 10 + 1
