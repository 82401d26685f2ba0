"""Other: who is in no topic, whether few or many are strange."""

import numpy as np
import pytest

from analytics.topics.assign import assign
from analytics.topics.fit import fit
from analytics.topics.placing import limits
from analytics.topics.space import unit


def scores(known, strange, middle=1.4):
    """Scores of conversations in scope around a middle, and of strangers about .5."""
    dice = np.random.default_rng(0)
    return np.concatenate([dice.normal(middle, 0.25, known), dice.normal(0.5, 0.12, strange)]).astype(np.float32)


@pytest.mark.parametrize("strange", [0, 50, 250], ids=["none", "a twentieth", "a fifth"])
def test_strangers_are_other_however_many_there_are(strange):
    """At least nine of ten strangers are below the floor, and at most one of twenty others."""
    found = scores(1_000, strange)
    _, floor = limits(found, np.ones(len(found)))
    assert (found[:1_000] < floor).mean() <= 0.05
    assert strange == 0 or (found[1_000:] < floor).mean() >= 0.9


def test_where_nothing_is_alike_most_stays_in_a_topic():
    """The fixed limit takes at most a quarter: prompts about everything are no strangers to each other."""
    found = scores(1_000, 0, middle=0.6)
    _, floor = limits(found, np.ones(len(found)))
    assert (found < floor).mean() == pytest.approx(0.25, abs=0.01)


def test_wordings_count_as_often_as_they_were_said():
    """One wording said a thousand times sets the limits, not a hundred said once."""
    found = np.concatenate([np.full(1, 1.8), np.linspace(0.9, 1.1, 100)]).astype(np.float32)
    threshold, floor = limits(found, np.array([1_000.0, *np.ones(100)]))
    assert threshold > floor > 1.1


def test_a_text_that_hardly_reaches_into_the_space_is_like_nothing(blobs):
    """What all texts share is no likeness: a text with nothing but that in common is Other."""
    vectors, _ = blobs([80, 60, 40])
    shared = unit(vectors + np.eye(64, dtype=np.float32)[0] * 0.8)
    model = fit(shared)
    foreign = np.linalg.svd(shared)[2][-2:].astype(np.float32)
    found = assign(model, np.vstack([shared[:3], foreign]))
    assert found.state[3:] == ["other", "other"]
    assert "other" not in found.state[:3]
    assert found.score[3:].max() < found.score[:3].min()
