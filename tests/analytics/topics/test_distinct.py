"""Near duplicates: one wording is one point, whatever its copies; real variety is left alone."""

import numpy as np
import pytest

from analytics.topics import distinct as module
from analytics.topics.distinct import distinct, wordings
from analytics.topics.fit import fit


def test_kept_vectors_are_unlike_and_stand_for_what_is_alike(blobs):
    """No two kept ones reach the limit; each row is alike to the one that stands for it."""
    vectors, _ = blobs([50, 50, 50], spread=0.03)
    kept, group = distinct(vectors, 0.95)
    cosine = kept @ kept.T
    np.fill_diagonal(cosine, 0)
    assert cosine.max() < 0.95
    assert np.einsum("ij,ij->i", vectors, kept[group]).min() >= 0.95 - 1e-6
    assert 3 <= len(kept) < 150


def test_blocks_do_not_change_the_answer(blobs, monkeypatch):
    """A sample larger than a block is reduced alike."""
    vectors, _ = blobs([60, 60], spread=0.04)
    whole = distinct(vectors, 0.95)
    monkeypatch.setattr(module, "_BLOCK", 17)
    parts = distinct(vectors, 0.95)
    assert (parts[1] == whole[1]).all()
    assert (parts[0] == whole[0]).all()


def test_different_vectors_are_all_kept(blobs):
    """Variety is not touched, and the order stays."""
    vectors, _ = blobs([30, 30], spread=0.2)
    kept, group = wordings(vectors)
    assert (kept == vectors).all()
    assert group.tolist() == list(range(60))


@pytest.mark.parametrize("copies", [1, 30])
def test_a_topic_said_in_several_templates_is_one_topic(copies):
    """Thirty copies of each of eight wordings do not make eight topics of one want."""
    dice = np.random.default_rng(2)
    wants = np.linalg.qr(dice.normal(size=(96, 96)))[0][:4]
    wording = np.repeat(wants, 12, axis=0) + dice.normal(scale=0.08, size=(48, 96))
    vectors = np.repeat(wording, copies, axis=0) + dice.normal(scale=0.004, size=(48 * copies, 96))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    assert len(fit(vectors)) == 4
