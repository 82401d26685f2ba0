"""Templates give what they promise and leave what is no template alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sample.grammar import compose, expand, fill, hurried, misspell


def test_alternatives_and_slots_are_resolved() -> None:
    """Each alternative comes up and the slot inside it is filled."""
    texts = {expand("[ask|tell] me about {order}", {"order": "LF-1"}, Random(seed)) for seed in range(20)}
    assert texts == {"ask me about LF-1", "tell me about LF-1"}


def test_an_empty_alternative_leaves_no_double_space() -> None:
    """Optional words vanish with their space."""
    assert expand("is it [|] possible", {}, Random(1)) == "is it possible"


def test_alternatives_may_be_nested() -> None:
    """The inner choice is made first."""
    texts = {expand("[a [b|c]|d]", {}, Random(seed)) for seed in range(30)}
    assert texts == {"a b", "a c", "d"}


def test_a_slot_without_a_fact_is_an_error() -> None:
    """A misspelt slot is found by the first run, not by a reader of the sample."""
    with pytest.raises(KeyError, match="oder"):
        expand("{oder}", {"order": "LF-1"}, Random(1))


def test_fill_keeps_brackets() -> None:
    """A planted document keeps its brackets, which are part of the attack."""
    assert fill("[[note]] ![x](y?d={order})", {"order": "7"}) == "[[note]] ![x](y?d=7)"


def test_composed_text_starts_with_a_capital_and_has_no_gaps() -> None:
    """Empty parts leave no gap and the first letter is large."""
    assert compose([["one."], [""], ["Two."]], {}, Random(1)) == "One. Two."


@given(st.text(alphabet="abcdefgh LF-123", max_size=80), st.integers())
def test_misspelling_keeps_numbers(text: str, seed: int) -> None:
    """Order numbers survive typing errors, else nobody could be helped."""
    digits = [letter for letter in text if letter in "123-LF"]
    assert [letter for letter in misspell(text, Random(seed)) if letter in "123-LF"] == digits


def test_misspelling_changes_a_longer_word() -> None:
    """Something is really spoiled in most texts."""
    text = "where is the parcel with my sleeping mattress"
    assert sum(misspell(text, Random(seed)) != text for seed in range(50)) > 45


def test_hurried_text_has_no_capitals() -> None:
    """People in a hurry do not reach for the shift key."""
    assert hurried("Where is LF-9 Now.") == "where is lf-9 now"
