"""A new fit follows the old one, and what people hold never dies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.topics.assign import assign
from analytics.topics.fit import fit
from analytics.topics.keep import Before, Kept, keep
from analytics.topics.model import TopicModel
from analytics.topics.space import unit

D = 48


def wants(names: str, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of so many messages of each want, a letter, and which want each is of."""
    centres = np.random.default_rng(7).normal(0, 1, (26, D))
    dice = np.random.default_rng(seed)
    rows = [unit((centres[ord(one) - 97] + dice.normal(0, 0.5, (count, D))).astype(np.float32)) for one in names]
    return np.concatenate(rows), np.repeat(list(names), count)


def follow(old: TopicModel, vectors: np.ndarray, held: tuple[int, ...] = ()) -> Kept:
    """Fit anew and follow."""
    return keep(Before.by(old, vectors), fit(vectors), vectors, held)


def topic_of(model: TopicModel, want: str, seed: int = 99) -> int:
    """The topic that most messages of a want are in."""
    return int(np.bincount(assign(model, wants(want, 20, seed)[0]).topic + 1).argmax()) - 1


def test_topics_stay_and_what_is_new_becomes_one() -> None:
    """Old topics keep their identity, a new want gets none of theirs, one that is gone dies."""
    old = fit(wants("abcdef", 60)[0])
    vectors, _ = wants("bcdefg", 60, seed=1)
    kept = follow(old, vectors)
    came_from = [one.old for one in kept.lineage.topics]
    for want in "bcdef":
        assert came_from[topic_of(kept.model, want)] == topic_of(old, want)
    assert came_from[topic_of(kept.model, "g")] is None
    assert topic_of(old, "a") in kept.lineage.merged_into


def joined(model: TopicModel) -> TopicModel:
    """The same model with its two largest topics in one."""
    topic = np.where(model.sample_topic <= 1, np.minimum(model.sample_topic, 0), model.sample_topic - 1)
    seen = model.space.uncentred(model.sample, model.space.standing(model.sample, model.lengths))
    centroids, anchors = (
        unit(np.stack([rows[topic == one].mean(axis=0) for one in range(len(model) - 1)]).astype(np.float32))
        for rows in (model.sample, seen)
    )
    return replace(
        model,
        sample_topic=topic.astype(np.int32),
        centroids=centroids,
        anchors=anchors,
        members=np.array([model.members[:2].sum(), *model.members[2:]]),
        parents=np.arange(len(model) - 1, dtype=np.int32),
        stability=model.stability[1:],
    )


def test_what_the_new_fit_joins_without_need_stays_apart() -> None:
    """A fit so coarse that two wants share a topic is followed no further than it is better."""
    old = fit(wants("abcdef", 60)[0])
    vectors, _ = wants("abcdef", 60, seed=1)
    coarse = joined(fit(vectors))
    assert len(coarse) == 5
    assert len(keep(Before.by(old, vectors), coarse, vectors).model) == len(old) == 6


def test_a_first_fit_that_was_too_coarse_is_split() -> None:
    """Where the new topics are clearly better, conversations do change."""
    coarse = joined(fit(wants("abcdef", 60)[0]))
    vectors, _ = wants("abcdef", 60, seed=1)
    kept = follow(coarse, vectors)
    assert len(kept.model) == 6
    assert [one.split_from for one in kept.lineage.topics if one.old is None] == [(0,)]


def test_what_people_hold_outlives_its_conversations() -> None:
    """Ten fits without one of them; when they come again they are in the topic."""
    model = fit(wants("abcdef", 60)[0])
    held = topic_of(model, "a")
    for seed in range(10):
        kept = follow(model, wants("bcdef", 60, seed=seed + 1)[0], (held,))
        held = [one.old for one in kept.lineage.topics].index(held)
        model = kept.model
    assert topic_of(model, "a") == held
    assert model.members[held] == 0


def test_a_topic_people_hold_is_not_joined_with_another() -> None:
    """Whatever the new fit thinks."""
    old = fit(wants("abcdef", 60)[0])
    vectors, _ = wants("abcdef", 60, seed=1)
    kept = keep(Before.by(old, vectors), joined(fit(vectors)), vectors, range(6))
    assert [topic_of(kept.model, one) for one in "abcdef"] == [
        [one.old for one in kept.lineage.topics].index(topic_of(old, one)) for one in "abcdef"
    ]


def test_another_embedder_is_followed_by_what_is_stored() -> None:
    """Without the old model, topics are known by the conversations that stood in them."""
    vectors, want = wants("abcdef", 60)
    stored = np.array([ord(one) - 97 for one in want])
    kept = keep(Before(stored, stored >= 0, 6, None), fit(vectors), vectors)
    assert sorted(one.old for one in kept.lineage.topics if one.old is not None) == list(range(6))


def test_a_fit_that_follows_can_be_written_and_is_the_same_each_time() -> None:
    """It is a model like any other."""
    from analytics.topics.model import from_bytes, to_bytes

    old = fit(wants("abcdef", 60)[0])
    vectors, _ = wants("bcdefg", 60, seed=1)
    first, second = follow(old, vectors).model, follow(old, vectors).model
    assert first.version == second.version
    again = from_bytes(to_bytes(first))
    assert (assign(again, vectors).topic == assign(first, vectors).topic).all()
