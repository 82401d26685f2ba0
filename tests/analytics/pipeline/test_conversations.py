"""A conversation is about what its longer turns say."""

from __future__ import annotations

import numpy as np

from analytics.pipeline.conversations import _mean, weight


def test_thanks_weighs_less_than_a_question() -> None:
    """And a text ten times as long does not weigh ten times as much."""
    question = "my parcel was due on tuesday and nothing has come"
    assert 2 * weight("thanks") < weight(question) < weight(question * 10) < 3 * weight(question)


def test_the_mean_is_a_unit_vector_near_the_heavier_turn() -> None:
    """So that one similarity serves all conversations, however many turns they have."""
    mean = _mean([(np.array([1.0, 0.0], dtype=np.float32), 3.0), (np.array([0.0, 1.0], dtype=np.float32), 1.0)])
    assert mean is not None
    np.testing.assert_allclose(np.linalg.norm(mean), 1.0, rtol=1e-6)
    assert mean[0] > mean[1] > 0


def test_no_words_make_no_vector() -> None:
    """Nothing is guessed for a conversation that says nothing."""
    assert _mean([]) is None
