"""Tool-call correctness: form, values that were told, failures owned up to; what the application knows is a doubt."""

import json

import pytest

from analytics.detectors.turn import Document, Exchange, ToolCall, ToolSchema
from analytics.scores.base import Scored, Unjudged
from analytics.scores.tool_correctness import ToolCorrectness
from tests.pace import cpu_within

SCHEMA = json.dumps({"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]})
LOOK_UP = ToolSchema("look_up", SCHEMA)
SENT = '{"order_id": "LF-4711", "status": "sent on Monday", "carrier": "Northway"}'


def call(order="LF-4711", result=SENT, name="look_up", **changes):
    """A call for an order."""
    arguments = order if order.startswith("{") else json.dumps({"order_id": order})
    return ToolCall(name, arguments, "s1", result, **changes)


def measured(make_turn, calls, question="Where is LF-4711?", answer="It was sent on Monday.", **changes):
    """What the score says of a turn with these calls."""
    found = ToolCorrectness().judge(make_turn(answer, input_text=question, tool_calls=calls, **changes))
    assert isinstance(found, Scored)
    return found


def test_a_call_with_what_was_said_is_right(make_turn):
    """Well formed, told, answered."""
    found = measured(make_turn, [call()], tools=[LOOK_UP])
    assert found.value > 0.85
    assert found.explanation == "One tool call: well formed, their values were told before, and none failed."
    assert found.evidence == ()


@pytest.mark.parametrize(
    ("calls", "answer", "said", "quote"),
    [
        ([call('{"order": "LF-4711"}')], "It was sent.", "break its schema", '{"order": "LF-4711"}'),
        ([call("{broken", "")], "It was sent.", "no JSON", "{broken"),
        ([call(name="erase")], "It was sent.", "not among", '{"order_id": "LF-4711"}'),
        ([call(result="Error: down")], "It was sent on Monday.", "does not say so", "Error: down"),
        ([call("LF-9999", "")], "", "“LF-9999” of order_id", "LF-9999"),
        ([call("LF-9999", "Error: no such order")], "Sorry, I cannot find it.", "“LF-9999”", "Error: no such order"),
        ([call()] * 5, "It was sent on Monday.", "asked the same again", '{"order_id": "LF-4711"}'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_low_said_and_cited(make_turn, calls, answer, said, quote):
    """Each kind of fault alone brings the value below the line."""
    found = measured(make_turn, calls, answer=answer, tools=[LOOK_UP])
    assert found.value < ToolCorrectness.low
    assert said in found.explanation
    assert found.evidence[0].quote == quote


def test_an_admitted_failure_stands_above_a_hidden_one(make_turn):
    """And one that was mended above both."""
    bad = call(result="Error: upstream timed out")
    hidden = measured(make_turn, [bad]).value
    admitted = measured(make_turn, [bad], answer="Sorry, the order system does not answer.").value
    mended = measured(make_turn, [bad, call()]).value
    assert hidden < ToolCorrectness.low < admitted < mended < measured(make_turn, [call()]).value


def test_a_value_the_tool_took_may_come_from_the_application(make_turn):
    """Session and catalogue are not in the conversation: a doubt, and no bad call."""
    found = measured(make_turn, [call()], question="where is my parcel?")
    assert ToolCorrectness.low < found.value < 0.75
    assert "“LF-4711” of order_id" in found.explanation


def test_a_retry_that_went_well_takes_the_doubt_off_the_call_before(make_turn):
    """The value was good: the tool took it at the second try."""
    retried = [call(result="", is_error=True), call()]
    assert measured(make_turn, retried, question="where is my parcel?").value > 0.6


@pytest.mark.parametrize(
    "changes",
    [
        {"earlier": [Exchange("My order is LF-4711", "Thanks.")]},
        {"seen": ['[{"order_id": "LF-4711"}]']},
        {"documents": [Document("Order LF-4711 of May")]},
        {"system_text": "You talk to the owner of order LF-4711."},
        {"user_id": "LF-4711"},
    ],
)
def test_values_may_come_from_anywhere_before_the_call(make_turn, changes):
    """Earlier turns, their results, documents, instructions and the user's own id."""
    without = measured(make_turn, [call(result="")], question="where is it?", answer="").value
    assert measured(make_turn, [call(result="")], question="where is it?", answer="", **changes).value > without + 0.4


def test_a_call_may_use_what_the_one_before_gave_back_but_not_its_own(make_turn):
    """An id from a search is told; one that only its own result repeats is not."""
    search = ToolCall("search", '{"name": "Ann"}', "s0", '[{"order_id": "LF-4711"}]')
    after = measured(make_turn, [search, call()], question="Where is Ann's parcel?")
    assert after.value > measured(make_turn, [call(), search], question="Where is Ann's parcel?").value + 0.1


@pytest.mark.parametrize(
    ("question", "arguments", "result", "answer"),
    [
        ("Run it on the orders", {"sql": "SELECT id FROM orders WHERE total > 4200"}, "[[1]]", "There is one."),
        ("Schreib Anna, dass ich später komme", {"to": "Anna", "text": "Ich komme später."}, "sent", "Ist gesendet."),
        ("東京の天気は？", {"city": "東京"}, '{"temp": 18}', "東京は18度です。"),
        ("what is 1200 - 500 - 300?", {"expression": "1200 - 500 - 300"}, "400.0", "That is $400."),
        ("Add these:\n| 17 |\n| 25 |", {"numbers": [17, 25]}, "42", "The sum is 42."),
        ("Is size M in stock?", {"size": "M"}, '{"size": "M", "state": "unavailable"}', "No, M is sold out."),
        ("Any flights to Oslo on May 3?", {"to": "Oslo", "date": "2026-05-03"}, "[]", "I found no flights that day."),
    ],
)
def test_ordinary_calls_are_not_low(make_turn, question, arguments, result, answer):
    """Code, sums, tables, other languages, things sold out and searches that find nothing."""
    calls = [ToolCall("do", json.dumps(arguments), "s", result)]
    assert measured(make_turn, calls, question=question, answer=answer).value > 0.6


def test_numbers_of_the_answer_that_no_tool_told_are_cited(make_turn):
    """What the result says in another form is told."""
    told = measured(make_turn, [call(result='{"total": 1200.0, "at": "22:30"}')], answer="$1,200, at 10:30 pm.")
    other = measured(make_turn, [call(result='{"total": 1200.0, "at": "22:30"}')], answer="$1,950, at 10:30 pm.")
    assert other.value < told.value
    assert other.evidence[-1].quote == "1,950"
    assert told.evidence == ()


def test_a_short_request_that_no_call_takes_up_is_told_with_its_words(make_turn):
    """A long story is not held against the calls."""
    order = ToolCall("order", '{"item": "latte"}', "s", "")
    found = measured(make_turn, [order], question="A decaf latte, iced, with oat milk and hazelnut", answer="")
    assert "no call takes up “decaf”, “iced”, “oat”, “milk”" in found.explanation
    story = "A latte please. " + "My train was late again and the platform was full of noisy people. " * 5
    assert measured(make_turn, [order], question=story, answer="").value > found.value


@pytest.mark.parametrize(
    ("calls", "reason"),
    [([], "no tool was called"), ([ToolCall("x", "", "s")], "neither arguments nor results")],
)  # fmt: skip
def test_without_calls_or_their_words_nothing_is_said(make_turn, calls, reason):
    """The reason goes to the ledger."""
    found = ToolCorrectness().judge(make_turn(tool_calls=calls))
    assert isinstance(found, Unjudged)
    assert reason in found.reason


def test_a_turn_of_many_long_calls_is_measured_within_a_second(make_turn):
    """Arguments and results of any size are read up to a limit."""
    big = json.dumps({"rows": [{"id": f"R-{place}", "note": "parcel " * 20} for place in range(3_000)]})
    hostile = json.dumps({f"k{place}": "a1 " * 10 for place in range(5_000)})
    calls = [ToolCall("x", hostile[:19_000] + "}", "s", big)] * 60
    with cpu_within(1):
        measured(make_turn, calls, question=big, answer=big)
