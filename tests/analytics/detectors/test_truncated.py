"""Cut answers: the provider's word first, the token limit second, the end of the text last."""

import pytest

from analytics.detectors.base import Finding, Unjudged
from analytics.detectors.truncated import Truncated

LONG = "You can send the lamp back within thirty days, and the refund reaches your account a week later. " * 3


@pytest.mark.parametrize(
    "reason", ["length", "max_tokens", "MAX_TOKENS", "FinishReason.MAX_TOKENS", "max_output_tokens"]
)
def test_the_finish_reason_decides(make_turn, reason):
    """Every provider's word for the limit is known."""
    found = Truncated().judge(make_turn(finish_reason=reason, output_tokens=512))
    assert isinstance(found, Finding)
    assert found.score == 0.99
    assert found.evidence[0].quote == reason
    assert "512 output tokens" in found.explanation


@pytest.mark.parametrize("reason", ["stop", "end_turn", "STOP", "tool_calls", "stop_sequence", "content_filter"])
def test_a_finish_reason_that_is_no_limit_settles_it(make_turn, reason):
    """A provider that says stop is believed, whatever the text looks like."""
    assert not isinstance(Truncated().judge(make_turn(LONG + "and then the", finish_reason=reason)), Finding)


def test_an_answer_as_long_as_its_limit_was_cut(make_turn):
    """Without a finish reason the limit of the request decides."""
    assert isinstance(Truncated().judge(make_turn(LONG, output_tokens=256, max_tokens=256)), Finding)
    assert not isinstance(Truncated().judge(make_turn(LONG + "and the", output_tokens=255, max_tokens=256)), Finding)


@pytest.mark.parametrize(
    "end",
    ["and then the", "because you", "with your order and", "Please open the box, remove the lamp,",
     "Here is the code:\n```python\nprint(1)", "you will need these parts ("],
)  # fmt: skip
def test_a_long_text_that_breaks_off_is_a_hint_of_low_severity(make_turn, end):
    """The end rule is for texts nobody gave a reason for."""
    found = Truncated().judge(make_turn(LONG + end))
    if end == "because you":
        assert not isinstance(found, Finding)  # "you" ends sentences too
    else:
        assert isinstance(found, Finding)
        assert (found.severity, found.score) == ("low", 0.6)


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        LONG + "Thank you",
        LONG + "- lamp\n- kettle\n- table",
        LONG + "Bye!",
        LONG + "```\ncode\n```",
        LONG + "| a | b |",
        LONG + "https://shop.example/returns",
        LONG + "\nWhat for",
        LONG + "total = price +",
        "Send it to the",
    ],
    ids=["a full stop", "a last word", "a list", "an exclamation", "a closed code block", "a table", "a link",
         "a short last line", "an operator", "a short text"],
)  # fmt: skip
def test_ends_that_good_answers_have_are_not_flagged(make_turn, text):
    """Most answers that end without a full stop are finished."""
    assert not isinstance(Truncated().judge(make_turn(text)), Finding)


def test_nothing_to_go_by_is_not_judged(make_turn):
    """No text and no finish reason: nobody can say."""
    assert isinstance(Truncated().judge(make_turn("")), Unjudged)
