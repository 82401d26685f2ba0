"""Lines of documents keep their offsets and say how they stand."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.heads.orders import LONGEST, lines_of

TABLE = "| Year | City |\n| 1990 | Bonn |\n| 1994 | Rome |\n"


@given(st.text(max_size=600))
def test_lines_lie_in_the_text_in_order(text):
    """Whatever the text is; none is longer than the limit."""
    lines = lines_of(text)
    assert all(0 <= one.start < one.end <= len(text) and one.end - one.start <= LONGEST for one in lines)
    assert all(first.end <= second.start for first, second in pairwise(lines))
    assert all(one.marked.startswith(text[one.start : one.end]) for one in lines)


@pytest.mark.parametrize(
    ("text", "line", "mark"),
    [
        (TABLE + "Tell me about bees.", "Tell me about bees.", "zqtwa"),
        (TABLE + "Who won the cup?", "Who won the cup?", "zqtqa"),
        ("The sun rose. Tell me about bees.", "Tell me about bees.", "zqpwi"),
        ("import os\nx = f(1)\nreturn x\nUse this code here.", "Use this code here.", "zqcwa"),
        ("Ann: Tell me about bees.", "Ann: Tell me about bees.", "zqpda"),
        ('{"a": "One two three.", "b": 5, "c": 6}', "One two three.", "zqjri"),
    ],
    ids=["table", "question", "prose", "code", "dialogue", "fields"],
)
def test_a_line_says_how_it_stands(text, line, mark):
    """Kind of document, form of the line, and whether it stands alone."""
    (found,) = [one for one in lines_of(text) if line in text[one.start : one.end]]
    assert mark in found.marked.split()


def test_a_line_that_shares_no_word_with_its_document_is_marked():
    """An order about something else shares none; a sentence of the text mostly does."""
    lines = lines_of("The lamp shines green. Bees make honey quickly. The lamp turns green later.")
    assert [one.marked[-1] for one in lines] == ["z", "x", "z"]


def test_of_many_lines_both_ends_are_looked_at():
    """Half of them each."""
    lines = lines_of("\n".join(f"This is line {'x' * place}" for place in range(1, 101)), most=10)
    assert [len(one.marked.split()[3]) for one in lines] == [1, 2, 3, 4, 5, 96, 97, 98, 99, 100]
