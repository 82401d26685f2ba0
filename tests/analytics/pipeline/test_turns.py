"""Traces to turns: what was asked, what came back, how it ended."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from analytics.pipeline.facts import SpanFacts
from analytics.pipeline.turns import turns_of


def fact(span_id: str, parent: str = "", operation: str = "", start: int = 0, end: int = 0, **fields: Any) -> SpanFacts:
    """A span with little in it."""
    usual = dict.fromkeys(SpanFacts.__slots__, "") | {
        "trace_id": "t", "span_id": span_id, "parent_span_id": parent, "operation": operation, "start": start,
        "end": end or start + 1, "input_tokens": 0, "output_tokens": 0, "cost_usd": None,
        "time_to_first_token_ms": None, "finish_reasons": [], "max_tokens": 0, "status": "unset",
    }  # fmt: skip
    return SpanFacts(**(usual | fields))


def test_an_agents_turn_is_the_first_question_and_the_last_answer() -> None:
    """A tool loop asks the model twice; the turn has the user's words and the last answer."""
    (turn,) = turns_of("t", [
        fact("root", operation="invoke_agent", end=100, conversation_id="c", user_id="u"),
        fact("a", "root", "chat", 1, 20, input_text="Where is it?", output_text="Let me look.", input_tokens=10,
             cost_usd=0.1),
        fact("tool", "root", "execute_tool", 21, 30, tool_name="find", tool_arguments='{"id":1}'),
        fact("b", "root", "chat", 31, 90, input_text="Where is it?", output_text="In Kiel.", output_tokens=5,
             cost_usd=0.2, finish_reasons=["stop"], request_model="m", max_tokens=64, time_to_first_token_ms=7.0),
    ])  # fmt: skip
    assert (turn.turn_id, turn.conversation_id, turn.user_id) == ("t.0", "c", "u")
    assert (turn.input_text, turn.output_text) == ("Where is it?", "In Kiel.")
    assert (turn.input_span_id, turn.output_span_id) == ("a", "b")
    assert (turn.start_time, turn.end_time) == (0, 100)
    assert (turn.status, turn.finish_reason, turn.max_tokens, turn.request_model) == ("ok", "stop", 64, "m")
    assert (turn.input_tokens, turn.output_tokens, turn.cost_usd, turn.unpriced_spans) == (10, 5, pytest.approx(0.3), 0)
    assert turn.time_to_first_token_ms == 7.0
    assert msgspec.json.decode(turn.tool_calls) == [
        {"name": "find", "arguments": '{"id":1}', "span_id": "tool", "status": "ok"}
    ]


def test_a_retried_failure_that_healed_is_no_error_turn_but_stays_visible() -> None:
    """The first call fails, the second answers: the turn is well and names the span that failed."""
    (turn,) = turns_of("t", [
        fact("root", operation="invoke_agent", end=9),
        fact("a", "root", "chat", 1, input_text="Hi", status="error", error_type="RateLimit", status_message="429"),
        fact("b", "root", "chat", 2, input_text="Hi", output_text="Hello"),
    ])  # fmt: skip
    assert (turn.status, turn.error_type, turn.error_message, turn.error_span_id) == ("ok", "", "", "a")


def test_a_healed_retry_is_no_error_either_where_texts_are_not_sent() -> None:
    """Content capture is off by default in OpenTelemetry; a last call that did not fail counts as an answer."""
    (turn,) = turns_of("t", [fact("a", operation="chat", status="error"), fact("b", operation="chat", start=2)])
    assert turn.status == "ok"


def test_a_turn_without_an_answer_because_of_an_error_is_an_error_turn() -> None:
    """No root fails, but the only model call does: its type and message are the turn's."""
    (turn,) = turns_of("t", [
        fact("root", operation="invoke_workflow", end=9),
        fact("a", "root", "chat", 1, input_text="Hi", status="error", error_type="Timeout", status_message="30 s"),
    ])  # fmt: skip
    assert (turn.status, turn.error_type, turn.error_message, turn.error_span_id) == ("error", "Timeout", "30 s", "a")


def test_a_failed_root_names_the_deepest_cause() -> None:
    """Errors bubble up; the span at the bottom is the one to look at."""
    (turn,) = turns_of("t", [
        fact("root", operation="invoke_agent", end=9, status="error", error_type="AgentError"),
        fact("tool", "root", "execute_tool", 1, tool_name="find", status="error", error_type="KeyError"),
        fact("db", "tool", "", 2, status="error", error_type="ConnectionError"),
    ])  # fmt: skip
    assert (turn.status, turn.error_type, turn.error_span_id) == ("error", "ConnectionError", "db")


def test_spans_of_http_alone_make_no_turn() -> None:
    """Noise that an auto-instrumentation sends is no conversation."""
    assert turns_of("t", [fact("GET"), fact("SELECT", "GET", start=1)]) == []


def test_embeddings_alone_make_no_turn() -> None:
    """Indexing documents is no conversation either."""
    assert turns_of("t", [fact("e", operation="embeddings", input_tokens=5)]) == []


def test_a_session_root_holds_several_turns() -> None:
    """One trace for a whole session: each user message is a turn; what was looked up goes with the answer after it."""
    spans = [
        fact("session", end=100),
        fact("a", "session", "chat", 1, 10, input_text="Where is my parcel?", output_text="In Kiel."),
        fact("r", "session", "retrieval", 11, 12, documents='[{"id":"d1","score":0.5}]', retrieval_query="refund"),
        fact("b", "session", "chat", 13, 20, input_text="Can I get a refund?", output_text="Yes."),
    ]
    first, second = turns_of("t", spans)
    assert (first.turn_id, first.input_text, first.documents) == ("t.0", "Where is my parcel?", "")
    assert (second.turn_id, second.input_text, second.output_text) == ("t.1", "Can I get a refund?", "Yes.")
    assert msgspec.json.decode(second.documents) == [
        {"span_id": "r", "id": "d1", "content": "", "score": 0.5, "rank": 1}
    ]
    assert (first.start_time, first.end_time, second.start_time, second.end_time) == (1, 10, 11, 20)
    assert first.span_count + second.span_count == 3


def test_a_chain_that_says_what_it_was_asked_is_one_turn() -> None:
    """Steps of a chain use templates of their own; the root's words show that it is one exchange."""
    (turn,) = turns_of("t", [
        fact("chain", operation="invoke_workflow", end=9, input_text="Refund?", output_text="Yes."),
        fact("a", "chain", "chat", 1, input_text="Rewrite as a search query", output_text="refund policy"),
        fact("b", "chain", "chat", 2, input_text="Answer from these documents", output_text="Yes."),
    ])  # fmt: skip
    assert turn.output_text == "Yes."


def test_a_message_inside_a_template_is_the_same_message() -> None:
    """A router reads the user's words inside its prompt; router and answer are one exchange under a bare root."""
    found = turns_of("t", [
        fact("POST", end=9),
        fact("a", "POST", "chat", 1, input_text="Classify: Can I get a refund?", output_text="refund"),
        fact("b", "POST", "chat", 2, input_text="Can I get a refund?", output_text="Yes."),
    ])  # fmt: skip
    assert [turn.output_text for turn in found] == ["Yes."]


def test_a_model_inside_a_tool_does_not_answer() -> None:
    """A tool that summarises with a model after the answer began is not what the user read."""
    (turn,) = turns_of("t", [
        fact("root", operation="invoke_agent", end=99),
        fact("a", "root", "chat", 1, 50, input_text="Sum it up", output_text="Here it is."),
        fact("tool", "root", "execute_tool", 51, 60, tool_name="summarise"),
        fact("inner", "tool", "chat", 52, 59, input_text="Summarise", output_text="Raw summary", input_tokens=7),
    ])  # fmt: skip
    assert (turn.output_text, turn.input_tokens, turn.unpriced_spans) == ("Here it is.", 7, 1)


def test_agents_repeat_their_childrens_usage_and_are_not_counted() -> None:
    """Only metered spans count; the agent's own total would double them."""
    (turn,) = turns_of("t", [
        fact("root", operation="invoke_agent", end=9, input_tokens=100, cost_usd=1.0),
        fact("a", "root", "chat", 1, input_text="Hi", output_text="Hello", input_tokens=100, cost_usd=1.0),
    ])  # fmt: skip
    assert (turn.input_tokens, turn.cost_usd) == (100, 1.0)


def test_a_call_that_was_only_asked_for_stands_among_the_tool_calls() -> None:
    """A client that runs tools without spans still shows what the model asked for."""
    messages = '[{"role":"assistant","parts":[{"type":"tool_call","id":"1","name":"find","arguments":{"id":4}}]}]'
    (turn,) = turns_of("t", [fact("a", operation="chat", input_text="Hi", output_messages=messages)])
    assert msgspec.json.decode(turn.tool_calls) == [
        {"name": "find", "arguments": '{"id":4}', "span_id": "a", "status": "asked", "id": "1"}
    ]


def test_a_ring_of_parents_is_read_like_roots() -> None:
    """Ids are the client's: spans that are each other's parents neither hang nor vanish."""
    found = turns_of("t", [fact("a", "b", "chat", input_text="Hi", output_text="Hello"), fact("b", "a", start=1)])
    assert [turn.span_count for turn in found] == [2]


def test_a_trace_without_conversation_is_a_conversation_of_its_own() -> None:
    """The trace's id stands in for the conversation's."""
    (turn,) = turns_of("t", [fact("a", operation="chat", input_text="Hi", output_text="Hello")])
    assert turn.conversation_id == "t"


@pytest.mark.parametrize("broken", ["{", "[1]", '{"a":1}'])
def test_documents_that_cannot_be_read_leave_the_turn(broken: str) -> None:
    """Another writer's JSON is no reason to lose a turn."""
    (turn,) = turns_of("t", [fact("r", operation="retrieval", retrieval_query="refund", documents=broken)])
    assert (turn.input_text, turn.documents) == ("refund", "")


@pytest.mark.parametrize("depth", [970, 100_000])
def test_a_call_that_is_nested_too_deeply_costs_its_trace_nothing_else(depth: int) -> None:
    """Ingest keeps what it can read; a job that stands deeper in calls cannot read it again, and goes on without."""
    deep = "[" * depth + "]" * depth
    said = f'[{{"role":"assistant","parts":[{{"type":"tool_call","name":"f","arguments":{deep}}}]}}]'
    answered = fact("a", operation="chat", input_text="Hi", output_text="Hello", output_messages=said)
    (turn,) = turns_of("t", [answered])
    assert (turn.input_text, turn.output_text, turn.tool_calls) == ("Hi", "Hello", "")
