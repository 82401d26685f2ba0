"""How fine topics are: well apart, about as many as so many conversations have, and not by chance."""

import numpy as np
import pytest

from analytics.topics.choice import resolution, worth
from analytics.topics.fit import fit


def test_one_resolution_that_is_worth_more_is_taken():
    """Others hardly weigh."""
    assert resolution({0.5: 0.1, 1.0: 0.2, 2.0: 0.1}) == pytest.approx(1.0, abs=0.01)


def test_between_two_that_are_as_good_the_middle_is_taken():
    """So that a little more of one than of the other moves the choice a little."""
    assert resolution({1.0: 0.2, 4.0: 0.2}) == pytest.approx(2.0)
    assert 1.8 < resolution({1.0: 0.2, 4.0: 0.1995}) < 2.0


def test_the_right_number_of_groups_is_worth_more_than_halves_or_pairs(blobs):
    """Groups cut in two or thrown together are worse topics."""
    vectors, labels = blobs([40] * 12)
    right = worth(vectors, labels.astype(np.int32))
    assert right > worth(vectors, (labels // 2).astype(np.int32)) + 0.05
    assert right > worth(vectors, (labels * 2 + np.arange(len(labels)) % 2).astype(np.int32)) + 0.05


def test_a_few_far_groups_do_not_hide_the_many_near_ones():
    """Greetings and answers stand far from all else; what is asked for still comes apart into its twenty topics."""
    dice = np.random.default_rng(0)
    far = np.eye(64)[:4]
    near = np.eye(64)[5] + 0.75 * np.linalg.qr(dice.normal(size=(64, 64)))[0][:20]
    centres = np.vstack([far, near / np.linalg.norm(near, axis=1, keepdims=True)])
    labels = np.repeat(np.arange(24), [*[150] * 4, *[40] * 20])
    vectors = centres[labels] + dice.normal(scale=0.05, size=(len(labels), 64))
    model = fit((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))
    assert 16 <= len(model) <= 34
