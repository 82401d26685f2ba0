"""Comparison of two rates: antisymmetric, calibrated, and honest about empty samples."""

import doctest
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import boschloo_exact

from analytics.statistics import compare
from analytics.statistics.compare import more_by_chance, rates

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_docstring_examples_print_what_they_say():
    """The worked example (Newcombe's table, 56/70 against 48/80) holds."""
    found = doctest.testmod(compare)
    assert found.attempted >= 2
    assert found.failed == 0


@settings(deadline=None)
@given(counts, counts)
def test_the_difference_lies_in_its_interval(first, second):
    """-1 <= low <= difference <= high <= 1, and p is a probability."""
    found = rates(first, second)
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert 0 <= found.p_value <= 1


@given(counts, counts)
def test_swapping_the_samples_flips_the_sign_and_nothing_else(first, second):
    """Comparing b with a is the mirror image of comparing a with b."""
    one, other = rates(first, second), rates(second, first)
    assert one.difference == pytest.approx(-other.difference)
    assert one.low == pytest.approx(-other.high, abs=1e-9)
    assert one.p_value == pytest.approx(other.p_value)


@given(counts)
def test_equal_samples_do_not_differ(count):
    """A sample against itself has difference 0 and p 1."""
    found = rates(count, count)
    assert found.difference == 0
    assert found.p_value == pytest.approx(1)


def test_a_plain_change_is_significant_and_a_small_one_is_not():
    """10 % against 30 % of 200 is beyond chance, 10 % against 11 % is not."""
    assert rates((20, 200), (60, 200)).p_value < 1e-5
    assert rates((20, 200), (22, 200)).p_value > 0.5


def test_an_empty_sample_gives_no_difference():
    """Nothing to compare with is nan with the widest interval."""
    found = rates((0, 0), (3, 10))
    assert math.isnan(found.difference)
    assert (found.low, found.high, found.p_value) == (-1, 1, 1)


def test_false_alarms_at_5_percent_are_about_5_percent():
    """Two samples of 40 at the same rate have p < .05 at most 6.5 % of the time, summed exactly."""
    from scipy.stats import binom

    for p in (0.05, 0.3, 0.5):
        weights = binom.pmf(range(41), 40, p)
        alarms = sum(
            weights[a] * weights[b]
            for a in range(41)
            for b in range(41)
            if weights[a] * weights[b] > 1e-9 and compare._p_value((a, 40), (b, 40)) < 0.05
        )
        assert alarms < 0.065


@pytest.mark.parametrize(("first", "second"), [((3, 2), (1, 2)), ((1, 2), (-1, 2))])
def test_impossible_counts_are_refused(first, second):
    """More successes than observations is an error."""
    with pytest.raises(ValueError, match="successes"):
        rates(first, second)
    with pytest.raises(ValueError, match="confidence"):
        rates((1, 2), (1, 2), confidence=95)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (4, 7), (10, 3)])
def test_the_exact_test_agrees_with_scipys(n, m):
    """At each table in which the second has more; elsewhere chance explains everything."""
    for a in range(n + 1):
        for b in range(m + 1):
            if b * n > a * m:
                theirs = boschloo_exact([[b, a], [m - b, n - a]], alternative="greater").pvalue
                assert more_by_chance((a, n), (b, m)) == pytest.approx(theirs, abs=1e-5)
            else:
                assert more_by_chance((a, n), (b, m)) == 1
    with pytest.raises(ValueError, match="must lie between"):
        more_by_chance((4, 3), (0, 3))
