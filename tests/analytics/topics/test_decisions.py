"""What people decided is applied to whatever a model says."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.topics.decisions import Merge, Move, Split, project
from analytics.topics.parts import parts_of
from analytics.topics.space import unit

EAST, NORTH = np.eye(8, dtype=np.float32)[:2]


def near(centre: np.ndarray, count: int, seed: int = 0, width: float = 0.25) -> np.ndarray:
    """So many unit vectors around one."""
    noise = np.random.default_rng(seed).normal(0, width, (count, len(centre)))
    return unit((centre + noise).astype(np.float32))


def test_decisions_hold_in_their_order() -> None:
    """What was merged can be merged on; a part of a split can be merged elsewhere."""
    vectors = np.stack([EAST, NORTH, EAST])
    merges = [Merge(1, 2), Merge(2, 3)]
    assert project(merges, np.array([1, 2, 3]), vectors, "abc").tolist() == [3, 3, 3]
    split = Split(1, (1, 9), np.stack([EAST, NORTH]))
    assert project([split, Merge(9, 3)], np.array([1, 1, 3]), vectors, "abc").tolist() == [1, 3, 3]
    assert project([Merge(9, 3), split], np.array([1, 1, 3]), vectors, "abc").tolist() == [1, 9, 3]


def test_a_move_takes_what_says_the_same_along_and_nothing_else() -> None:
    """From where it was; a conversation of another topic in the same words stays."""
    move = Move(5, frozenset({"a"}), frozenset({1}), EAST[None])
    vectors = np.stack([NORTH, EAST, NORTH, EAST])
    assert project([move], np.array([1, 1, 1, 2]), vectors, "abcd").tolist() == [5, 5, 1, 2]


def test_a_conversation_without_a_vector_is_decided_by_its_name_alone() -> None:
    """And is in the first part of what was split."""
    nothing = np.full((1, 8), np.nan, dtype=np.float32)
    assert project([Move(5, frozenset("a"), frozenset({0}), EAST[None])], np.array([0]), nothing, "a").tolist() == [5]
    assert project([Move(5, frozenset("b"), frozenset({0}), EAST[None])], np.array([0]), nothing, "a").tolist() == [0]
    assert project([Split(1, (1, 2), np.stack([EAST, NORTH]))], np.array([1]), nothing, "a").tolist() == [1]


def test_parts_are_what_a_topic_is_made_of() -> None:
    """Two wants of different size come apart, the larger first, and the nearest prototype tells them."""
    vectors = np.concatenate([near(EAST, 30), near(NORTH, 60, seed=1)])
    found = parts_of(vectors)
    assert len(found.prototypes) == 2
    truth = np.repeat([1, 0], [30, 60])
    assert (found.part == truth).mean() > 0.95
    assert found.separation > 0.3
    assert ((vectors @ found.prototypes.T).argmax(axis=1) == found.part).all()


def test_so_many_parts_as_were_asked_for() -> None:
    """An outlier is no part."""
    vectors = np.concatenate([near(EAST, 40), near(NORTH, 40, seed=1), -EAST[None]])
    found = parts_of(vectors, 2)
    assert np.bincount(found.part).min() > 30
    assert len(parts_of(vectors, 3).prototypes) == 3


def test_too_few_wordings_are_not_divided() -> None:
    """A hundred times the same sentence is one."""
    with pytest.raises(ValueError, match="1 different wordings are too few for 2 parts"):
        parts_of(np.repeat(EAST[None], 100, axis=0))
