"""Neighbours are exact; the graph is symmetric and weighs by nearness."""

import numpy as np
import pytest

from analytics.topics import graph
from analytics.topics.graph import fuzzy_graph, nearest, neighbour_count


def test_neighbours_are_those_a_full_sort_finds(blobs):
    """Exact, nearest first, and no row is its own neighbour."""
    vectors, _ = blobs([40, 40, 40])
    found = nearest(vectors, vectors, 7, same=True)
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    assert found.similarity == pytest.approx(np.sort(cosine, axis=1)[:, ::-1][:, :7], abs=1e-6)
    assert (found.index != np.arange(120)[:, None]).all()


def test_blocks_do_not_change_the_answer(blobs, monkeypatch):
    """A sample larger than one block has the same neighbours."""
    vectors, _ = blobs([40, 40])
    whole = nearest(vectors, vectors, 5, same=True)
    monkeypatch.setattr(graph, "_BLOCK_BYTES", 4 * 80 * 7)
    parts = nearest(vectors, vectors, 5, same=True)
    assert (parts.index == whole.index).all()


def test_bundles_hide_no_neighbour():
    """In a large corpus, not a whole number of bundles, neighbours are still those a full sort finds."""
    dice = np.random.default_rng(0)
    corpus = dice.normal(size=(1_003, 8)).astype(np.float32)
    corpus /= np.linalg.norm(corpus, axis=1, keepdims=True)
    corpus[1_000:] = corpus[:3]  # the last ones, in no bundle, are the nearest of the first
    cosine = corpus @ corpus.T
    np.fill_diagonal(cosine, -np.inf)
    found = nearest(corpus, corpus, 5, same=True)
    assert found.similarity == pytest.approx(np.sort(cosine, axis=1)[:, ::-1][:, :5], abs=1e-6)
    assert found.index[:3, 0].tolist() == [1_000, 1_001, 1_002]
    assert np.take_along_axis(cosine, found.index, axis=1) == pytest.approx(found.similarity, abs=1e-6)


def test_a_tiny_corpus_gives_all_it_has(blobs):
    """Five neighbours of three vectors are two others."""
    vectors, _ = blobs([3])
    assert nearest(vectors, vectors, 5, same=True).index.shape == (3, 2)
    assert nearest(vectors, vectors, 5).index.shape == (3, 3)


@pytest.mark.parametrize(("n", "k"), [(2, 1), (5, 4), (30, 14), (6_000, 30), (24_000, 60), (10**6, 60)])
def test_the_number_of_neighbours_grows_with_the_root(n, k):
    """14 to 60, 30 at 6,000, never more than there are others."""
    assert neighbour_count(n) == k


def test_the_graph_is_symmetric_with_weights_up_to_one(blobs):
    """Each vector's nearest neighbour is joined to it fully."""
    vectors, _ = blobs([50, 50])
    near = nearest(vectors, vectors, 7, same=True)
    found = fuzzy_graph(near).toarray()
    assert found == pytest.approx(found.T)
    assert found.max() <= 1 + 1e-12
    assert found[np.arange(100), near.index[:, 0]] == pytest.approx(np.ones(100))
    assert (found.diagonal() == 0).all()


def test_memberships_of_a_vector_sum_to_the_log_of_its_neighbours(blobs):
    """The bandwidth search ends where UMAP's definition wants it."""
    vectors, _ = blobs([100])
    near = nearest(vectors, vectors, 15, same=True)
    distance = np.maximum(1 - near.similarity.astype(float), 0)
    beyond = distance - distance.min(axis=1, keepdims=True)
    widths = graph._bandwidths(beyond, distance)
    assert np.exp(-beyond / widths[:, None]).sum(axis=1) == pytest.approx(np.full(100, 4.0), abs=1e-3)
