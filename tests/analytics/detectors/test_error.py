"""Errors: what failed is cited from the span that failed; what was handled is not."""

import pytest

from analytics.detectors.base import Finding, Unjudged
from analytics.detectors.error import Error


def test_an_error_is_cited_with_type_message_and_span(make_turn):
    """The evidence is the exception where it happened."""
    turn = make_turn("", status="error", error_type="RateLimitError", error_message="429", error_span_id="span-llm")
    found = Error().judge(turn)
    assert isinstance(found, Finding)
    assert found.score == 1
    assert found.evidence[0].quote == "RateLimitError: 429"
    assert found.evidence[0].span_id == "span-llm"
    assert "no answer came back" in found.explanation


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "error"},
        {"status": "error", "error_message": "connection reset"},
        {"status": "unset", "error_type": "TimeoutError"},
    ],
)
def test_a_failure_is_flagged_however_little_is_known(make_turn, changes):
    """A status, a message or an exception alone is enough."""
    found = Error().judge(make_turn(**changes))
    assert isinstance(found, Finding)
    assert found.evidence[0].quote


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": "ok"},
        {"status": "ok", "error_type": "TimeoutError", "error_message": "retried"},
        {"output": "Error: I made a mistake earlier, the total is 7 €."},
        {"error_span_id": "span-tool"},
    ],
    ids=["unset", "ok", "handled", "the word error in the answer", "a span without error"],
)
def test_what_did_not_fail_is_not_flagged(make_turn, changes):
    """A handled exception and the word error are no failure."""
    assert Error().judge(make_turn(**changes)) is None


def test_an_error_nobody_can_be_pointed_to_is_not_judged(make_turn):
    """A finding without a span would cite nothing."""
    assert isinstance(Error().judge(make_turn(status="error", output_span_id="")), Unjudged)
