"""Assignment: near conversations get their topic, far ones are honestly Other."""

import numpy as np
import pytest

from analytics.topics.assign import assign
from analytics.topics.fit import fit


@pytest.fixture(scope="module")
def fitted(blobs):
    """Topics of three groups, and later conversations of the same groups."""
    vectors, labels = blobs([80, 60, 40])
    rows = np.random.default_rng(2).permutation(len(vectors))
    early, late = rows[:140], rows[140:]
    return fit(vectors[early]), vectors[late], labels[late]


def test_later_conversations_get_the_topic_of_their_kind(fitted):
    """Every later conversation of a group is in one topic, with a clear vote."""
    model, vectors, labels = fitted
    found = assign(model, vectors)
    inside = found.topic >= 0
    assert inside.mean() > 0.9
    assert len({*zip(found.topic[inside], labels[inside], strict=True)}) == 3
    assert found.vote_share[inside].min() > 0.9


def test_a_conversation_about_nothing_known_is_other(fitted):
    """A direction no topic has is below the floor, with its score told."""
    model, vectors, _ = fitted
    strange = np.linalg.svd(vectors)[2][-3:].astype(np.float32)
    found = assign(model, strange)
    assert found.topic.tolist() == [-1, -1, -1]
    assert found.state == ["other"] * 3
    assert np.isfinite(found.score).all()
    assert found.score.max() < model.floor


def test_a_conversation_without_text_is_other_without_a_score(fitted):
    """A row of nan has no similarity to anything and disturbs no other row."""
    model, vectors, _ = fitted
    mixed = np.vstack([vectors[:1], np.full((1, 64), np.nan), vectors[1:2]]).astype(np.float32)
    found = assign(model, mixed)
    assert found.state[1] == "other"
    assert np.isnan(found.score[1])
    assert (found.topic[[0, 2]] == assign(model, vectors[:2]).topic).all()


def test_no_conversations_give_empty_columns(fitted):
    """An empty batch is no error."""
    found = assign(fitted[0], np.zeros((0, 64), dtype=np.float32))
    assert len(found.topic) == len(found.state) == 0


def test_an_assignment_does_not_depend_on_its_batch(fitted):
    """Each conversation is judged alone."""
    model, vectors, _ = fitted
    together = assign(model, vectors)
    alone = [assign(model, vectors[i : i + 1]) for i in range(len(vectors))]
    assert [one.topic[0] for one in alone] == together.topic.tolist()
    assert [one.state[0] for one in alone] == together.state


def test_states_follow_the_thresholds_of_the_model(fitted):
    """Assigned from the threshold on, low confidence down to the floor, Other below."""
    model, vectors, _ = fitted
    dice = np.random.default_rng(5)
    blurred = vectors + dice.normal(scale=0.15, size=vectors.shape) * dice.random((len(vectors), 1))
    blurred = (blurred / np.linalg.norm(blurred, axis=1, keepdims=True)).astype(np.float32)
    found = assign(model, blurred)
    assert set(found.state) == {"assigned", "low_confidence", "other"}
    for topic, score, state in zip(found.topic, found.score, found.state, strict=True):
        assert (topic == -1) == (state == "other")
        assert (state == "assigned") == (topic >= 0 and score >= model.threshold)
        assert state != "low_confidence" or model.floor <= score < model.threshold
