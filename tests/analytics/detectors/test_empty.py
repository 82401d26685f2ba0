"""Empty answers: nothing readable is empty; short, symbolic and handed-over answers are not."""

import pytest

from analytics.detectors.base import Finding, ToolCall, Unjudged
from analytics.detectors.empty import Empty

CALL = ToolCall("find_order", "{}", "span-call")


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t\n", "\u200b\u2060", "\x00", "...", "-", "```\n```", "<|im_end|>", "</s>", "\ufeff", "?!",
     "<|endoftext|> \n", "…", " " * 10_000],
    ids=ascii,
)  # fmt: skip
def test_an_answer_with_nothing_readable_is_flagged(make_turn, text):
    """Blanks, invisible characters, bare punctuation and leaked tokens are no answer."""
    assert isinstance(Empty().judge(make_turn(text)), Finding)


@pytest.mark.parametrize(
    "text",
    ["No", "7", "👍", "{}", "[]", "€", "好", "+", "Ja.", "...ok", "`x`", "é", "½", " " * 10_000 + "yes"],
    ids=ascii,
)  # fmt: skip
def test_the_shortest_real_answer_is_not_flagged(make_turn, text):
    """One letter, number, symbol or an empty JSON value is an answer."""
    assert Empty().judge(make_turn(text)) is None


@pytest.mark.parametrize("reason", ["tool_calls", "tool_use", "function_call"])
def test_a_tool_call_handed_to_the_user_is_an_answer(make_turn, reason):
    """A client that runs tools itself gets no text, rightly."""
    assert Empty().judge(make_turn("", finish_reason=reason, tool_calls=[CALL])) is None


def test_an_agent_that_called_tools_and_then_said_nothing_is_flagged(make_turn):
    """The finish reason stop says that this was meant to be the answer."""
    found = Empty().judge(make_turn("", finish_reason="stop", tool_calls=[CALL], output_tokens=12))
    assert isinstance(found, Finding)
    assert "finish reason stop" in found.explanation
    assert "12 output tokens" in found.explanation


@pytest.mark.parametrize(
    "changes",
    [{"status": "error"}, {"input_text": ""}, {"tool_calls": [CALL]}],
    ids=["the turn failed", "content was not recorded", "the last step may be a tool call"],
)
def test_a_turn_that_cannot_be_judged_says_why(make_turn, changes):
    """Missing content is told apart from a missing answer."""
    assert isinstance(Empty().judge(make_turn("", **changes)), Unjudged)
