"""Lineage: a topic that goes on keeps its identity; splits, merges and new ones are told apart."""

import numpy as np
import pytest

from analytics.topics.lineage import trace

CENTRES = np.eye(6, dtype=np.float32)


def lineage(old, new, k, m, old_centroids=None, new_centroids=None):
    """Trace labels with centres that are alike for no two topics unless the test says so."""
    return trace(
        np.array(old), np.array(new),
        old_centroids=CENTRES[:k] if old_centroids is None else old_centroids,
        new_centroids=np.eye(12, 6, -6, dtype=np.float32)[:m] if new_centroids is None else new_centroids,
    )  # fmt: skip


def test_topics_that_only_change_their_numbers_are_the_same():
    """A permutation of indices is found, with full overlap."""
    found = lineage([0] * 9 + [1] * 6 + [2] * 4, [2] * 9 + [0] * 6 + [1] * 4, 3, 3)
    assert [one.old for one in found.topics] == [1, 2, 0]
    assert all(one.overlap == 1 and not one.split_from for one in found.topics)
    assert found.merged_into == {}


def test_a_split_keeps_the_identity_for_the_larger_part():
    """The smaller part is new and says what it was split from."""
    found = lineage([0] * 10, [0] * 6 + [1] * 4, 1, 2)
    assert [one.old for one in found.topics] == [0, None]
    assert found.topics[1].split_from == (0,)


def test_a_merge_keeps_the_larger_identity_and_tells_where_the_other_went():
    """The smaller old topic is gone, merged into the new one."""
    found = lineage([0] * 8 + [1] * 5, [0] * 13, 2, 1)
    assert found.topics[0].old == 0
    assert found.merged_into == {1: (0,)}


def test_the_matching_is_the_best_in_sum_not_the_first():
    """A topic that could take either old one leaves the only possible one to its neighbour."""
    old = [0] * 10 + [1] * 10
    new = [0] * 6 + [1] * 4 + [0] * 9 + [1] * 1
    assert [one.old for one in lineage(old, new, 2, 2).topics] == [1, 0]


def test_little_overlap_is_a_new_topic():
    """Below a Jaccard index of .3 nothing is inherited."""
    found = lineage([0] * 10 + [-1] * 20, [0] * 5 + [1] * 5 + [0] * 20, 1, 2)
    assert found.topics[0].old is None


def test_centres_decide_where_no_conversations_are_shared():
    """A fit on other conversations finds its topics by what they are about."""
    turned = CENTRES[[1, 0, 3]] + 0.05
    nobody = np.array([], dtype=int)
    found = trace(nobody, nobody, old_centroids=CENTRES[:2], new_centroids=turned)
    assert [one.old for one in found.topics] == [1, 0, None]
    assert found.topics[0].overlap == 0


def test_centres_do_not_overrule_conversations_that_went_elsewhere():
    """A topic whose members are all in another one is not found again by its centre."""
    found = lineage([0] * 10 + [1] * 10, [0] * 20 + [1] * 0, 2, 2, CENTRES[:2], CENTRES[:2])
    assert found.topics[0].old in {0, 1}
    assert found.topics[1].old is None


@pytest.mark.parametrize(("k", "m"), [(0, 0), (0, 2), (2, 0)])
def test_nothing_before_or_after_is_no_error(k, m):
    """The first fit inherits nothing; a fit without topics ends all."""
    found = lineage([-1] * 4, [-1] * 4, k, m)
    assert [one.old for one in found.topics] == [None] * m
    assert set(found.merged_into) == set(range(k))
