"""Tool loops: the same question to the same tool, four times in a turn."""

import pytest

from analytics.detectors.base import Finding, ToolCall, Unjudged
from analytics.detectors.tool_loop import ToolLoop


def calls(*arguments, name="find_order"):
    """One call for each text of arguments, each from its own span."""
    return [ToolCall(name, text, f"span-{i}") for i, text in enumerate(arguments)]


def test_four_equal_calls_are_flagged_with_the_calls_cited(make_turn):
    """The evidence names the spans that asked, the sentence the counts."""
    found = ToolLoop().judge(make_turn(tool_calls=calls(*['{"id": 7}'] * 5)))
    assert isinstance(found, Finding)
    assert [piece.span_id for piece in found.evidence] == ["span-0", "span-1", "span-2", "span-3"]
    assert "find_order was called 5 times" in found.explanation


def test_equal_json_is_equal_whatever_its_form(make_turn):
    """Key order and blanks do not hide a loop."""
    asked = calls('{"a": 1, "b": 2}', '{"b":2,"a":1}', '{ "a" : 1, "b" : 2 }', '{"a":1,"b":2}')
    assert isinstance(ToolLoop().judge(make_turn(tool_calls=asked)), Finding)


def test_arguments_that_are_not_json_compare_by_their_words(make_turn):
    """A tool that takes plain text loops just as well."""
    asked = calls("id 7", "id  7", "id 7 ", "id\n7")
    assert isinstance(ToolLoop().judge(make_turn(tool_calls=asked)), Finding)


def test_a_loop_among_other_calls_is_found(make_turn):
    """Other calls in between, with or without arguments, do not break it."""
    asked = calls('{"id": 7}', '{"id": 8}', '{"id": 7}', '{"id": 7}', '{"id": 7}') + calls("", "", "", "", "")
    assert isinstance(ToolLoop().judge(make_turn(tool_calls=asked)), Finding)


@pytest.mark.parametrize(
    "asked",
    [
        [],
        calls(*['{"id": 7}'] * 3),
        calls(*[f'{{"id": {i}}}' for i in range(9)]),
        calls('{"id": 7}', '{"id": 7}') + calls('{"id": 7}', '{"id": 7}', name="cancel_order"),
        calls('{"page": 1}', '{"page": 2}', '{"page": 3}', '{"page": 4}'),
        calls('{"id": 7}', '{"id": "7"}', '{"id": 7}', '{"id": 7}'),
    ],
    ids=["none", "three retries", "nine different", "two tools", "paging", "a number and a text"],
)
def test_ordinary_series_of_calls_are_not_flagged(make_turn, asked):
    """Retries, paging and different questions are how agents work."""
    assert ToolLoop().judge(make_turn(tool_calls=asked)) is None


def test_calls_without_recorded_arguments_are_not_judged(make_turn):
    """Without arguments nobody can say whether the calls were equal."""
    assert isinstance(ToolLoop().judge(make_turn(tool_calls=calls("", "", "", ""))), Unjudged)
