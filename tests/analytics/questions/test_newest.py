"""The newest traces are those stored last, whenever they ran."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analytics.questions.newest import newest_traces
from backend.store.client import Store
from backend.store.rows import insert_block, span_rows
from backend.telemetry.span import Span


def _stored(store: Store, project_id: int, trace_id: str, name: str, ago: timedelta) -> None:
    start = int((datetime.now(UTC) - ago).timestamp()) * 1_000_000_000
    root = Span(trace_id=trace_id, span_id="1" * 16, name=name, start_time=start, end_time=start + 1)
    child = Span(trace_id=trace_id, span_id="2" * 16, name="child", start_time=start + 1, end_time=start + 2)
    insert_block(store, [span_rows(project_id, [child, root])])


def test_what_was_stored_last_comes_first(store: Store) -> None:
    """Named by its first span; other projects and what was there before do not show."""
    _stored(store, 1, "a" * 32, "first sent", timedelta(minutes=1))
    _stored(store, 1, "b" * 32, "second sent", timedelta(hours=1))
    _stored(store, 2, "c" * 32, "of others", timedelta(minutes=1))
    day = datetime.now(UTC) - timedelta(days=1)
    found = newest_traces(1, start=day, since=day)
    assert [(one.trace_id[0], one.name) for one in found] == [("b", "second sent"), ("a", "first sent")]
    assert newest_traces(1, start=day, since=found[0].stored_at) == []
    assert [
        one.trace_id[0] for one in newest_traces(1, start=datetime.now(UTC) - timedelta(minutes=30), since=day)
    ] == ["a"]
