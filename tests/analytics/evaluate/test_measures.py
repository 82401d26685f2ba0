"""Figures of an evaluation against numbers that were worked out by hand."""

import math

import numpy as np
import pytest

from analytics.evaluate.measures import auroc, measure, recall_at
from analytics.evaluate.split import is_held_back


def test_two_of_five_records_are_held_back():
    """By their id alone, so that every run and every head agrees."""
    share = sum(is_held_back(f"record-{number}") for number in range(5000)) / 5000
    assert 0.37 < share < 0.43
    assert [is_held_back(name) for name in "abcde"] == [False, True, False, True, True]


def test_counts_become_precision_recall_and_f1():
    """Three of four found, one of four wrongly."""
    scores = [0.9, 0.8, 0.7, 0.1, 0.6, 0.2, 0.0, None]
    found = measure(scores, [True] * 4 + [False] * 4, 0.5, ["a", "a", "b", "b", "", "", "", ""])
    assert (found.precision.value, found.recall.value, found.false.value) == (0.75, 0.75, 0.25)
    assert found.f1 == 0.75
    assert found.unjudged == 1
    assert {name: one.value for name, one in found.groups.items()} == {"a": 1.0, "b": 0.5}


def test_auroc_agrees_with_scikit_learn():
    """Ties count half; the interval holds the value."""
    from sklearn.metrics import roc_auc_score

    dice = np.random.default_rng(7)
    labels = dice.random(300) < 0.3
    scores = np.round(dice.random(300) * 0.7 + labels * 0.3, 1)
    found = auroc(scores[labels], scores[~labels])
    assert found.value == pytest.approx(roc_auc_score(labels, scores))
    assert found.low < found.value < found.high


def test_one_side_alone_has_no_auroc():
    """Nothing can be told apart."""
    assert math.isnan(auroc([0.5], []).value)


def test_recall_at_a_false_rate_needs_enough_negatives():
    """One per cent of fifty is no item."""
    negative = np.arange(100) / 100
    assert recall_at(np.asarray([0.985, 0.5]), negative, 0.01) == 0.5
    assert recall_at(np.asarray([0.995, 0.5]), negative[:50], 0.01) is None
