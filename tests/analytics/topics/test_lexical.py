"""Words beside meaning: who shares them is nearer, who has none is judged by meaning alone."""

import numpy as np
import pytest

from analytics.topics import graph, lexical
from analytics.topics.fit import fit
from analytics.topics.space import unit

TOP_UPS = [f"my top up number {i} has not arrived" for i in "abcdefghij"]
TRANSFERS = [f"the bank transfer {i} is still pending" for i in "abcdefghij"]


def test_texts_that_share_words_are_near_and_others_are_not():
    """One is 1, the other 0, and a text without shared words is zero."""
    others = [
        f"{word} {place}" for word in ("lamp", "chair", "table", "sofa") for place in ("here", "there", "away") * 4
    ]
    placed = lexical.words([*TOP_UPS, *TRANSFERS, *others, "?"])
    assert placed is not None
    assert (placed[:10] @ placed[:10].T).min() > 0.9
    assert abs(placed[:10] @ placed[10:20].T).max() < 0.1
    assert not placed[-1].any()


@pytest.mark.parametrize(
    "texts", [[], ["one text"] * 5, [""] * 40, ["?!"] * 40, [f"word{i}" for i in range(40)]], ids=len
)
def test_texts_without_words_to_tell_them_by_have_no_place(texts):
    """Too few, blank, or all different: topics are found by meaning alone."""
    assert lexical.words(texts) is None


def test_neighbours_that_share_words_come_first():
    """Of two equally near ones the one with the same words is nearer; order and values agree."""
    near = graph.Neighbours(np.array([[1, 2], [0, 2], [0, 1]]), np.full((3, 2), 0.8, np.float32))
    placed = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    found = lexical.reranked(near, placed)
    assert found.index[0].tolist() == [2, 1]
    assert found.similarity[0, 0] == pytest.approx((0.8 + 0.25) / 1.25)
    assert found.similarity[0, 1] == pytest.approx(0.8 / 1.25)


def test_reranked_cosines_are_those_of_the_joined_space():
    """Also where a text has no words."""
    dice = np.random.default_rng(0)
    points = unit(dice.normal(size=(30, 8)).astype(np.float32))
    placed = unit(dice.normal(size=(30, 4)).astype(np.float32))
    placed[5] = 0
    near = graph.nearest(points, points, 10, same=True)
    found, joined = lexical.reranked(near, placed), lexical.joined(points, placed)
    expected = np.einsum("nd,nkd->nk", joined, joined[found.index])
    assert found.similarity == pytest.approx(expected, abs=1e-5)
    assert (np.diff(found.similarity, axis=1) <= 1e-6).all()


def test_words_part_what_is_one_in_meaning(blobs):
    """Two wants in one cloud of vectors are two topics when their words differ."""
    vectors, _ = blobs([*[60] * 5, 200], spread=0.12)
    cancels = np.arange(200) % 2 == 0
    texts = np.where(cancels, "please cancel this order", "where is my parcel").tolist()
    groups = fit(vectors, texts=[f"hello {i % 60}" for i in range(300)] + texts).sample_topic
    assert len(groups) == 500
    table = np.zeros((groups.max() + 1, 2))
    np.add.at(table, (groups[300:], cancels.astype(int)), groups[300:] >= 0)
    assert table.max(axis=1).sum() / table.sum() > 0.8
