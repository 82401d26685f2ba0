"""JSON that a program could not read, and texts that are no JSON and need not be."""

import pytest

from analytics.detectors.base import Finding, ToolCall, ToolSchema
from analytics.detectors.malformed import Malformed, breach
from tests.pace import cpu_within

SCHEMA = (
    '{"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}, "n": {"type": "integer"}}}'
)


def judge(turn):
    """One verdict, held against the threshold."""
    detector = Malformed()
    return detector.held(detector.judge(turn))


@pytest.mark.parametrize(
    "text",
    [
        '{"city": "Bonn"',
        '{"city": 7}',
        "{}",
        "[]",
        'Here you are: {"city": "Bonn"}',
        "{'city': 'Bonn'}",
        '{"city": NaN}',
    ],
)
def test_an_answer_has_to_follow_the_schema_that_was_asked_for(make_turn, text):
    """Parsed by a program, not by a reader."""
    assert isinstance(judge(make_turn(text, response_schema=SCHEMA)), Finding)


@pytest.mark.parametrize("text", ['{"city": "Bonn"}', '```json\n{"city": "Bonn", "n": 2}\n```', ' {"city": ""}\n'])
def test_an_answer_that_follows_it_is_fine(make_turn, text):
    """A code fence around it is what many clients take off."""
    assert judge(make_turn(text, response_schema=SCHEMA)) is None


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [('{"city": "Bonn"}', False), ('{"city": 7}', True), ('{"city": "Bonn"', True), ("", False), ('"Bonn"', True)],
)
def test_a_call_is_held_against_the_offered_tool(make_turn, arguments, wrong):
    """Arguments that were not recorded are no fault."""
    turn = make_turn(tool_calls=[ToolCall("find", arguments, "s1")], tools=[ToolSchema("find", SCHEMA)])
    assert isinstance(judge(turn), Finding) is wrong


def test_a_tool_that_was_not_offered_is_a_fault(make_turn):
    """The model made it up; where no tools are known nobody can say."""
    call = ToolCall("invented", "{}", "s1")
    assert isinstance(judge(make_turn(tool_calls=[call], tools=[ToolSchema("find", SCHEMA)])), Finding)
    assert judge(make_turn(tool_calls=[call])) is None


@pytest.mark.parametrize(
    ("asked", "text", "wrong"),
    [
        ("Answer in JSON only.", '{"a": 1, "b": [1, 2}', True),
        ("Answer in JSON only.", '{"a": 1}', False),
        ("Answer as JSON.", 'Sure:\n```json\n{"a": 1}\n```\nAnything else?', False),
        ("Answer as JSON.", 'Sure:\n```json\n{"a": 1\n```', True),
        ("Answer as JSON.", 'Here: {"a": 1} as you asked.', False),
        ("Where is it?", '{"a": {"b": 1}, "c": [1, 2], }', True),
        ("Where is it?", "{name}, your parcel is on its way.", False),
        ("Where is it?", "[Your name]\n[Your address]", False),
        ("How does JSON look?", 'Like this:\n```json\n{"a": ...}\n```', False),
        ("Where is it?", "[1] Smith (2020). [2] Jones (2021).", False),
    ],
)
def test_without_a_schema_json_has_to_parse_where_it_was_asked_for_or_begun(make_turn, asked, text, wrong):
    """Placeholders, references and examples are ordinary text."""
    assert isinstance(judge(make_turn(text, input_text=asked)), Finding) is wrong


def test_a_hostile_schema_holds_nothing_up_and_fetches_nothing():
    """Patterns run on an engine without backtracking; references to elsewhere are not followed."""
    with cpu_within(1):
        assert breach("a" * 40 + "!", '{"type": "string", "pattern": "^(a+)+$"}')
    assert breach({}, '{"$ref": "http://localhost:1/schema"}') == ""
    assert breach({}, '{"$ref": "#"}') == ""
    assert breach({}, '{"type": "nothing"}') == ""
