"""What tools gave back: failures by status and words, nothing found, mended and repeated calls; data is no failure."""

import pytest

from analytics.detectors.turn import ToolCall
from analytics.scores.tool_results import failures, found_nothing, has_failed, repeats


def call(result="ok", name="look_up", arguments='{"id": 7}', is_error=False):
    """A call with this result."""
    return ToolCall(name, arguments, "s", result, is_error)


@pytest.mark.parametrize(
    "result",
    ['{"error": "no such order"}', "Error: gift card balance is not enough", "Traceback (most recent call last):",
     "request timed out", '{"status": "failed"}', '{"code": 503}', "Service unavailable", "the server is unavailable"],
)  # fmt: skip
def test_failures_are_seen(result):
    """In the ways in which tools tell them."""
    assert has_failed(call(result))


@pytest.mark.parametrize(
    "result",
    ['{"errors": [], "rows": [1]}', '{"error": null, "name": "Ann"}', '{"size": "M", "state": "unavailable"}',
     "The margin of error is 3 %.", "| error rate | 0.2 |", "Fehlerfrei übertragen", '{"status": "delivered"}', ""],
)  # fmt: skip
def test_ordinary_results_are_no_failures(result):
    """Words about errors, empty fields for them, and things that are sold out."""
    assert not has_failed(call(result))


def test_a_status_is_enough():
    """A span that failed says so without words."""
    assert has_failed(call("", is_error=True))


@pytest.mark.parametrize(
    "result", ["[]", "{}", "null", '{"rows": [], "next": null}', "No results found.", '[{"a": ""}]']
)
def test_nothing_is_seen(result):
    """Also where fields are there and all are empty."""
    assert found_nothing(call(result))


@pytest.mark.parametrize("result", ["", "0", "[0]", '{"count": 0}', "false", '{"rows": [{"id": 1}]}', "keine Treffer?"])
def test_what_holds_something_is_not_nothing(result):
    """A zero is an answer, and what was not recorded tells nothing."""
    assert not found_nothing(call(result))


def test_a_failure_is_mended_by_a_later_call_of_the_same_tool():
    """Another tool mends nothing, and an earlier one neither."""
    bad, good, other = call("Error: x"), call(), call(name="pay")
    assert failures([bad, good]) == ([], [0])
    assert failures([good, bad]) == ([1], [])
    assert failures([bad, other]) == ([0], [])


def test_a_repeat_is_the_same_asked_again_after_an_answer():
    """Whatever the order of keys; a retry after a failure and another value are none."""
    same = [call(arguments='{"a": 1, "b": 2}'), call(arguments='{"b": 2, "a": 1}')]
    assert repeats(same) == [1]
    assert repeats([call("Error: x"), call()]) == []
    assert repeats([call(), call(arguments='{"id": 8}')]) == []
    assert repeats([call(arguments=""), call(arguments="")]) == []
