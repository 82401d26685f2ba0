"""What is left of a value once some of it is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from backend.telemetry.message import Message, Part
from ingest.mapping.unsaid import Said

_SAID = [
    Message(role="user", parts=(Part(type="text", content="hi"),)),
    Message(
        role="assistant",
        parts=(Part(type="tool_call", id="c1", name="track", arguments='{"order":7,"fast":true}'),),
        finish_reason="stop",
    ),
]


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ([{"role": "user", "content": "hi"}], None),
        ({"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "track"}}]}, None),
        ({"arguments": {"order": 7, "fast": True}}, None),
        ({"arguments": {"order": 8}}, {"arguments": {"order": 8}}),
        ({"top": 7}, {"top": 7}),
        ([{"content": "hi", "id": "m1"}, {"content": "hi"}], [{"id": "m1"}, None]),
        ('{"content": "hi", "mode": "loud"}', {"mode": "loud"}),
        ('{"content": "hi"}', None),
        ({"stream": False, "n": 0, "stop": None, "tools": []}, {"stream": False, "n": 0}),
        ({"role": "owner"}, {"role": "owner"}),
        ({"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"], "kwargs": {"content": "hi"}}, None),
        ([0.5] * 8, "[8 numbers left out]"),
    ],
)
def test_what_is_said_is_left_out(value: Any, left: Any) -> None:
    """Texts wherever they stand; numbers and truths only under their name; the words of a message's form never."""
    assert Said(_SAID).left(value) == left


def test_a_picture_is_said_by_its_blob() -> None:
    """A data URL is what its part holds apart."""
    blob = Message(role="user", parts=(Part(type="blob", content="iVBO", mime_type="image/png"),))
    assert Said([blob]).left({"image_url": {"url": "data:image/png;base64,iVBO", "detail": "low"}}) == {
        "image_url": {"detail": "low"}
    }


def test_a_value_of_any_depth_is_kept() -> None:
    """What is nested too deeply to be compared stays as it came."""
    value: Any = "end"
    for _ in range(3000):
        value = [value]
    assert Said([], [value]).left(value) is value


_values = some.recursive(
    some.text(max_size=3) | some.integers(0, 9) | some.booleans() | some.none(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from("abc"), inner, max_size=3),
)


@given(value=_values, said=_values)
@settings(max_examples=300, deadline=None)
def test_nothing_that_was_not_said_is_lost(value: Any, said: Any) -> None:
    """Each leaf of a value is among what is said or what is left."""
    kept = _leaves([Said([], [said]).left(value), said])
    assert _leaves(value) - {""} <= kept


def _leaves(value: Any) -> set[Any]:
    if isinstance(value, dict):
        return {leaf for item in value.values() for leaf in _leaves(item)}
    if isinstance(value, list):
        return {leaf for item in value for leaf in _leaves(item)}
    return set() if value is None else {value}
