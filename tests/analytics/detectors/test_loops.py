"""Measures of repetition on texts whose loops are known."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.detectors import loops


def test_docstring_examples_print_what_they_say():
    """The worked example holds."""
    found = doctest.testmod(loops)
    assert found.attempted >= 1
    assert found.failed == 0


@given(st.text("ab ", min_size=1, max_size=8), st.integers(3, 9))
def test_a_repeated_unit_is_found_whatever_it_is(unit, times):
    """The tail that is found is periodic and covers all repetitions."""
    text = "#" + unit * times
    found = loops.tail_loop(text)
    assert found.covered >= len(unit) * times
    tail = text[-found.covered :]
    assert tail[found.period :] == tail[: -found.period]


@given(st.text(max_size=200))
def test_a_tail_is_always_periodic(text):
    """Whatever is reported repeats at least three times with the reported period."""
    found = loops.tail_loop(text)
    if found.covered:
        tail = text[-found.covered :]
        assert tail[found.period :] == tail[: -found.period]
        assert found.repeats >= 3


@pytest.mark.parametrize("text", ["", "a", "\ud800", "abcabc"])
def test_measures_of_tiny_texts_are_defined(text):
    """Nothing divides by zero or fails to encode."""
    assert loops.compression_ratio(text) > 0
    assert loops.tail_loop(text).covered == 0
    assert loops.repeated_share(loops.token_ids(text)) == 0
    assert loops.lag_match(loops.word_ids(text)).share == 0


def test_the_repeated_share_counts_only_what_lies_in_repeated_runs():
    """A second half that is one third loop has a share of about one third."""
    fresh = np.arange(1000, 1400)
    loop = np.tile(np.arange(10), 10)
    tokens = np.concatenate([fresh, loop, np.arange(2000, 2100)])
    assert loops.repeated_share(tokens) == pytest.approx(0.33, abs=0.02)
    assert loops.repeated_share(fresh) == 0


def test_the_lag_is_the_length_of_a_round():
    """A unit of seven words with one changing word matches at lag 7 with a share of 6/7."""
    text = " ".join(f"item {i} is in the blue box" for i in range(30))
    found = loops.lag_match(loops.word_ids(text))
    assert found.lag == 7
    assert found.share == pytest.approx(6 / 7, abs=0.01)


def test_the_frequent_run_is_quoted_at_its_first_and_last_place():
    """Offsets point at eight tokens that are the same at both places."""
    text = "Once upon a time. " + "one two three four five six seven eight nine ten. " * 4
    (a, b), (c, d) = loops.frequent_run(text)
    assert text[a:b] == text[c:d]
    assert a < c
