"""Spans with everything that was sent: each once, in order, page by page."""

from __future__ import annotations

from analytics.questions.whole import spans_of_traces, stream_spans, whole_spans
from backend.store.client import Store
from tests.analytics.pipeline.building import chat, put, span


def test_spans_come_in_the_order_they_began(store: Store) -> None:
    """Pages and the stream agree."""
    put(store, 1, chat("t", "Hello?", "Hi."))
    ids = [one.span_id for one in whole_spans(1, "t")]
    assert ids == ["root", "find", "chat"]
    assert [one.span_id for at in range(3) for one in whole_spans(1, "t", offset=at, limit=1)] == ids
    assert [one.span_id for one in stream_spans(1, "t")] == ids


def test_a_span_that_was_sent_again_is_there_once_as_sent_last(store: Store) -> None:
    """Also where its start changed, which makes it another row of the table."""
    put(store, 1, chat("t", "Hello?", "Hi."))
    put(store, 1, [span("t", "chat", "root", at_ms=300, name="again")])
    found = [(one.span_id, one.name) for one in whole_spans(1, "t")]
    assert found == [("root", "answer"), ("find", "find"), ("chat", "again")]


def test_operations_limit_what_is_read(store: Store) -> None:
    """Only what did one of these."""
    put(store, 1, chat("t", "Hello?", "Hi."))
    found = whole_spans(1, "t", operations=["retrieval", "execute_tool"])
    assert [one.span_id for one in found] == ["find"]
    assert found[0].retrieval_query == "Hello?"


def test_other_projects_and_unknown_traces_have_none(store: Store) -> None:
    """Ids are no keys to other people's spans."""
    put(store, 1, chat("t", "Hello?", "Hi."))
    assert whole_spans(2, "t") == []
    assert list(stream_spans(2, "t")) == []
    assert whole_spans(1, "gone") == []


def test_spans_of_several_traces_come_together(store: Store) -> None:
    """In the order they began, the same id in two traces being two spans, and no other trace with them."""
    put(store, 1, [*chat("a", "Hello?", "Hi."), *chat("b", "Again?", "Yes."), *chat("c", "No.", "No.")])
    found = spans_of_traces(1, ["a", "b"], operations=["chat"])
    assert sorted((one.trace_id, one.span_id) for one in found) == [("a", "chat"), ("b", "chat")]
