"""Cohen's kappa: worked example, what it cannot say, and coverage of its interval."""

import doctest
import math

import numpy as np

from analytics.statistics import agreement
from analytics.statistics.agreement import cohen_kappa


def test_the_worked_example_prints_what_it_says():
    """Cohen's own kind of table."""
    found = doctest.testmod(agreement)
    assert (found.attempted, found.failed) == (2, 0)


def test_full_agreement_is_one_and_chance_is_none():
    """And opposite raters disagree."""
    assert cohen_kappa([(True, True), (False, False)] * 20).value == 1
    assert cohen_kappa([(True, False), (False, True)] * 20).value == -1
    assert abs(cohen_kappa([(a, b) for a in (True, False) for b in (True, False)] * 20).value) < 1e-12


def test_a_rater_who_never_says_anything_else_leaves_nothing_to_say():
    """Nor does an empty sample."""
    for pairs in ([], [(True, True)] * 9, [(True, True), (True, False)] * 9):
        found = cohen_kappa(pairs)
        assert math.isnan(found.value)
        assert (found.low, found.high) == (-1, 1)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Two raters of 100 subjects who see the truth nine times of ten: kappa of the population is .64."""
    dice = np.random.default_rng(5)
    covered = 0
    for _ in range(500):
        truth = dice.random(100) < 0.5
        first, second = (truth ^ (dice.random(100) < 0.1) for _ in range(2))
        found = cohen_kappa(list(zip(first.tolist(), second.tolist(), strict=True)))
        covered += found.low <= 0.64 <= found.high
    assert 0.92 <= covered / 500 <= 0.98
