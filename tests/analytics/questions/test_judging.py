"""A turn among its neighbours, with flags, documents and what its tools answered."""

from __future__ import annotations

import json

import pytest

from analytics.questions.judging import AFTER, BEFORE, judged
from backend.store.client import Store
from backend.telemetry import operation
from backend.telemetry.span import Span
from tests.analytics.pipeline.building import put
from tests.frontend.pages.conftest import START, flag, insert, nanos, turn


def test_a_turn_stands_among_its_neighbours(store: Store) -> None:
    """In order, cut where there are too many, without those of other conversations and projects."""
    rows = [turn(f"t{place:02}.0", "c1", place) for place in range(40)]
    insert(store, 1, "turn", [*rows, turn("x.0", "c2", 3)])
    insert(store, 2, "turn", [turn("y.0", "c1", 3)])
    found = judged(1, "t30.0")
    assert found is not None
    assert [row.turn_id for row in found.before] == [f"t{place:02}.0" for place in range(30 - BEFORE, 30)]
    assert [row.turn_id for row in found.after] == [f"t{place:02}.0" for place in range(31, 31 + AFTER)]
    assert (found.earlier, found.later) == (30 - BEFORE, 9 - AFTER)


def test_flags_documents_and_tool_results_are_there(store: Store) -> None:
    """What a tool answered stands in its span; a call nobody ran has no answer."""
    start = nanos(START)
    calls = [
        {"name": "lookup", "arguments": "{}", "span_id": "tool", "status": "ok"},
        {"name": "other", "arguments": "{}", "span_id": "chat", "status": "asked"},
    ]
    documents = [{"span_id": "d", "id": "doc", "content": "Two days.", "score": 0.5, "rank": 1}]
    insert(store, 1, "turn", [turn("t.0", "c", tool_calls=json.dumps(calls), documents=json.dumps(documents))])
    insert(store, 1, "flag", [flag("t.0", "repetition", severity="low"), flag("t.0", "error")])
    tool = Span(
        trace_id="t", span_id="tool", name="lookup", operation=operation.EXECUTE_TOOL, start_time=start,
        end_time=start + 5_000_000, tool_name="lookup", tool_result='{"sent": true}',
    )  # fmt: skip
    put(store, 1, [tool])
    found = judged(1, "t.0")
    assert found is not None
    assert [(use.name, use.result, use.duration_ms) for use in found.tools] == [
        ("lookup", '{"sent": true}', 5.0),
        ("other", "", None),
    ]
    assert [(one.id, one.content, one.score) for one in found.documents] == [("doc", "Two days.", 0.5)]
    assert [one.detector for one in found.flags] == ["error", "repetition"]


@pytest.mark.parametrize("broken", ["{", '{"a": 1}', '[{"rank": "first"}]'])
def test_what_cannot_be_read_is_left_out(store: Store, broken: str) -> None:
    """Some other writer's row still shows its texts."""
    insert(store, 1, "turn", [turn("t.0", "c", documents=broken, tool_calls=broken)])
    found = judged(1, "t.0")
    assert found is not None
    assert (found.turn.output_text, found.documents) == ("It comes tomorrow.", ())


def test_a_turn_that_is_gone_is_none(store: Store) -> None:
    """Also one of another project."""
    insert(store, 2, "turn", [turn("t.0", "c")])
    assert judged(1, "t.0") is None
