"""The key of a text: equal for texts that embed alike, different for others."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.embedding import base
from analytics.embedding.base import TEXT_LIMIT, normalised, text_key


def test_docstring_examples_print_what_they_say():
    """The worked examples hold."""
    found = doctest.testmod(base)
    assert found.attempted >= 2
    assert found.failed == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("a  b", " a b\n"), ("caf\u00e9", "cafe\u0301"), ("x" * TEXT_LIMIT, "x" * TEXT_LIMIT + "y")],
    ids=["blanks", "composition", "beyond the limit"],
)
def test_texts_that_embed_alike_have_one_key(one, other):
    """What the model cannot tell apart is embedded once."""
    assert text_key(one) == text_key(other)


@pytest.mark.parametrize(("one", "other"), [("Order", "order"), ("a b", "ab"), ("1", "2"), ("", "x")])
def test_different_texts_have_different_keys(one, other):
    """Case and every letter count."""
    assert text_key(one) != text_key(other)


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=60))
def test_every_text_has_a_key_and_normalising_twice_changes_nothing(text):
    """NUL and lone surrogates have keys too."""
    assert len(text_key(text)) == 64
    assert normalised(normalised(text)) == normalised(text)
