"""Intervals: they contain their value, cover the truth as often as they say, and say so when they cannot."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.statistics import intervals
from analytics.statistics.intervals import bootstrap_mean, mean, quantile, rate, weighted_rate

counts = st.integers(0, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
samples = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


def test_docstring_examples_print_what_they_say():
    """The worked examples in the docstrings hold."""
    found = doctest.testmod(intervals)
    assert found.attempted >= 10
    assert found.failed == 0


@given(counts)
def test_a_rate_lies_in_its_interval_and_the_interval_in_0_1(count):
    """0 <= low <= value <= high <= 1 for every count."""
    successes, n = count
    found = rate(successes, n)
    assert found.n == n
    if n:
        assert 0 <= found.low <= found.value <= found.high <= 1
    else:
        assert math.isnan(found.value)
        assert (found.low, found.high) == (0, 1)


@given(st.integers(0, 50), st.integers(1, 50))
def test_more_observations_of_the_same_rate_narrow_the_interval(successes, n):
    """Ten times the sample at the same rate gives a narrower interval."""
    successes = min(successes, n)
    small, large = rate(successes, n), rate(10 * successes, 10 * n)
    assert large.high - large.low < small.high - small.low


@pytest.mark.parametrize("p", [0.005, 0.05, 0.5, 0.9])
def test_the_rate_interval_covers_the_truth_about_as_often_as_it_says(p):
    """Mean coverage over the binomial distribution of 200 draws is within 4 points of 95 %."""
    from scipy.stats import binom

    covered = sum(binom.pmf(k, 200, p) for k in range(201) if (found := rate(k, 200)).low <= p <= found.high)
    assert 0.91 <= covered <= 1


@pytest.mark.parametrize("p", [0.02, 0.1, 0.5])
def test_a_share_of_members_chosen_unequally_covers_the_truth(p):
    """Half of a population drawn at 1 in 20, half whole: 95 % holds or more, and the value has no bias."""
    dice = np.random.default_rng(7)
    covered, values = 0, []
    for _ in range(400):
        common, rare = dice.random(60) < p, dice.random(60) < p
        found = weighted_rate([*common, *rare], [20.0] * 60 + [1.0] * 60)
        covered += found.low <= p <= found.high
        values.append(found.value)
    assert covered / 400 >= 0.93
    assert abs(np.mean(values) - p) < 0.02


def test_heavy_members_widen_the_interval_and_none_says_nothing():
    """Kish: sixty members of unequal weight are worth fewer."""
    even = weighted_rate([True, False] * 30, [1.0] * 60)
    uneven = weighted_rate([True, False] * 30, [1.0] * 58 + [30.0] * 2)
    assert uneven.high - uneven.low > 2 * (even.high - even.low)
    empty = weighted_rate([], [])
    assert math.isnan(empty.value)
    assert (empty.low, empty.high, empty.n) == (0, 1, 0)
    for wrong in ([0.0], [-1.0], [1.0, 1.0]):
        with pytest.raises(ValueError, match="weight"):
            weighted_rate([True], wrong)


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (0, -1)])
def test_a_rate_with_impossible_counts_is_refused(successes, n):
    """More successes than observations is an error that names both."""
    with pytest.raises(ValueError, match=str(n)):
        rate(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_outside_0_1_is_refused(confidence):
    """95 instead of 0.95 is an error, not an infinite interval."""
    for call in (
        lambda: rate(1, 2, confidence),
        lambda: quantile([1.0], 0.5, confidence),
        lambda: mean([1.0], confidence),
        lambda: bootstrap_mean([1.0], confidence),
    ):
        with pytest.raises(ValueError, match="confidence"):
            call()


@given(samples, st.floats(0.01, 0.99))
def test_a_quantile_lies_in_its_interval(values, q):
    """The value lies between low and high whatever the sample and the quantile."""
    found = quantile(values, q)
    assert found.low <= found.value <= found.high
    assert found.n == len(values)


@given(samples, st.randoms())
def test_a_quantile_does_not_depend_on_order(values, random):
    """Shuffling the sample changes nothing."""
    shuffled = list(values)
    random.shuffle(shuffled)
    assert quantile(values, 0.9) == quantile(shuffled, 0.9)


def test_a_sample_too_small_for_a_limit_has_the_bound_instead():
    """p99 of 50 durations has no upper limit; a duration has 0 as its lower."""
    found = quantile(range(1, 51), 0.99, bounds=(0, math.inf))
    assert found.high == math.inf
    assert quantile([5.0], 0.5, bounds=(0, math.inf)).low == 0


def test_the_quantile_interval_covers_the_truth_at_least_as_often_as_it_says():
    """Of 400 samples of 200 exponentials about 95 % cover the true p90."""
    rng = np.random.default_rng(7)
    truth = math.log(10)
    found = [quantile(rng.exponential(size=200), 0.9) for _ in range(400)]
    assert sum(e.low <= truth <= e.high for e in found) >= 370


def test_an_empty_sample_has_no_value():
    """Nothing measured is nan, never 0."""
    for found in (quantile([], 0.5), mean([]), bootstrap_mean([]), mean([math.nan])):
        assert math.isnan(found.value)
        assert found.n == 0


def test_one_value_has_an_unbounded_interval():
    """A single observation says nothing about spread."""
    for found in (mean([3.0]), bootstrap_mean([3.0])):
        assert (found.value, found.low, found.high) == (3.0, -math.inf, math.inf)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=100))
def test_a_mean_lies_in_its_interval(values):
    """The value lies between low and high whatever the sample."""
    found = mean(values)
    assert found.low <= found.value <= found.high


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60))
def test_a_bootstrap_mean_lies_in_its_interval_and_repeats(values):
    """The interval holds the value, is finite, and is the same the second time."""
    found = bootstrap_mean(values, resamples=200)
    assert -math.inf < found.low <= found.value <= found.high < math.inf
    assert found == bootstrap_mean(values, resamples=200)


def test_missing_values_are_left_out_of_the_sample():
    """Entries that are nan count neither in the value nor in n."""
    assert mean([1.0, math.nan, 3.0]) == mean([1.0, 3.0])
    assert quantile([1.0, math.nan, 3.0], 0.5) == quantile([1.0, 3.0], 0.5)
