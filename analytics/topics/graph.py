"""The neighbourhood graph of vectors: exact nearest neighbours, weighted by how near they are for each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.topics.space import Vectors

UNKNOWN = np.float32(-1)
"""Similarity that stands for a neighbour nobody looked for."""

_BLOCK_BYTES = 64 * 2**20
_BUNDLE = 8
_BUNDLES = 16
"""Bundles for each neighbour sought from which on looking at their largest first is quicker: 20,000 columns for 56 are
then searched in a third of the time, for 220 in no less."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest neighbours of each query, nearest first.

    Attributes:
        index: rows of the corpus, shape (n, k).
        similarity: cosines, shape (n, k).
    """

    index: NDArray[np.int32]
    similarity: Vectors

    def first(self, k: int) -> "Neighbours":
        """Keep the k nearest."""
        return Neighbours(self.index[:, :k], self.similarity[:, :k])

    def among(self, rows: NDArray[np.int64], k: int) -> "Neighbours":
        """Give the k nearest of some rows among those rows, as far as they are known; others have weight 0."""
        place = np.full(len(self.index), -1, dtype=np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        found = place[self.index[rows]]
        order = np.argsort(found < 0, axis=1, kind="stable")[:, :k]  # who is there first, nearest before
        index = np.take_along_axis(found, order, axis=1)
        similarity = np.take_along_axis(self.similarity[rows], order, axis=1)
        missing = index < 0
        return Neighbours(np.where(missing, index[:, :1].clip(0), index), np.where(missing, UNKNOWN, similarity))


def neighbour_count(n: int) -> int:
    """Give k for n vectors: 30 at 6,000, with the square root, 14 to 60.

    At a fixed k the number of topics grows with n. Half as many do when the resolution is fixed; with one that
    is chosen by separation, on half of CLINC150's intents, twice as many are better at every size from 100 on.
    """
    return int(min(max(round(30 * (n / 6_000) ** 0.5), 14), 60, max(1, n - 1)))


def nearest(queries: Vectors, corpus: Vectors, k: int, *, same: bool = False) -> Neighbours:
    """Find the k most similar rows of the corpus for each query, exactly.

    Args:
        queries: unit vectors, shape (n, d).
        corpus: unit vectors, shape (m, d).
        k: how many, at most m.
        same: queries and corpus are the same array, and no row is its own neighbour.
    """
    k = min(k, len(corpus) - same)
    block = max(1, _BLOCK_BYTES // (4 * max(1, len(corpus))))
    index = np.empty((len(queries), k), dtype=np.int32)
    similarity = np.empty((len(queries), k), dtype=np.float32)
    for start in range(0, len(queries), block):
        cosine = queries[start : start + block] @ corpus.T
        rows = np.arange(len(cosine))
        if same:
            cosine[rows, start + rows] = -np.inf
        found = _largest(cosine, k)
        values = np.take_along_axis(cosine, found, axis=1)
        order = np.lexsort((found, -values), axis=1)
        index[start : start + block] = np.take_along_axis(found, order, axis=1)
        similarity[start : start + block] = np.take_along_axis(values, order, axis=1)
    return Neighbours(index, similarity)


def _largest(values: Vectors, k: int) -> NDArray[np.int64]:
    """Find the columns of the k largest values of each row, in no order.

    Columns are bundled by eights. The k bundles with the largest maxima hold the k largest values, since whatever lies
    in another bundle has k values at least as large before it.
    """
    rows, columns = values.shape
    bundles = columns // _BUNDLE
    if bundles < _BUNDLES * k:
        return np.asarray(np.argpartition(values, -k, axis=1)[:, -k:])
    bundled = bundles * _BUNDLE
    maxima = values[:, :bundled].reshape(rows, _BUNDLE, bundles).max(axis=1)
    chosen = np.argpartition(maxima, -k, axis=1)[:, -k:]
    inside = (chosen[:, None, :] + (np.arange(_BUNDLE) * bundles)[:, None]).reshape(rows, -1)
    candidates = np.hstack([inside, np.broadcast_to(np.arange(bundled, columns), (rows, columns - bundled))])
    found = np.argpartition(np.take_along_axis(values, candidates, axis=1), -k, axis=1)[:, -k:]
    return np.take_along_axis(candidates, found, axis=1)


def fuzzy_graph(neighbours: Neighbours) -> Any:
    """Weigh each edge by how near it is in the scale of its two ends.

    For each vector a bandwidth is sought so that its memberships sum to log2(k + 1); an edge holds when either
    end says so.

    Returns:
        Symmetric scipy CSR matrix of shape (n, n), weights in (0, 1].

    Source: McInnes, Healy and Melville (2018), UMAP, arXiv:1802.03426, section 3.1 and algorithms 2 and 3.
    """
    from scipy.sparse import csr_matrix

    n, k = neighbours.index.shape
    if k == 0:
        return csr_matrix((n, n))
    distance = np.maximum(1 - neighbours.similarity.astype(np.float64), 0)
    nearest_one = np.where(distance > 0, distance, np.inf).min(axis=1)
    beyond = np.maximum(distance - np.where(np.isfinite(nearest_one), nearest_one, 0)[:, None], 0)
    membership = np.exp(-beyond / _bandwidths(beyond, distance)[:, None])
    membership[neighbours.similarity <= UNKNOWN] = 0
    directed = csr_matrix((membership.ravel(), (np.repeat(np.arange(n), k), neighbours.index.ravel())), shape=(n, n))
    graph = directed + directed.T - directed.multiply(directed.T)
    graph.sort_indices()
    return graph


def _bandwidths(beyond: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    target = np.log2(beyond.shape[1] + 1)
    low, high = np.full(len(beyond), 1e-6), np.full(len(beyond), 4.0)
    for _ in range(30):  # to 4e-9 of the cosine range
        middle = (low + high) / 2
        too_wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > target
        high, low = np.where(too_wide, middle, high), np.where(too_wide, low, middle)
    floor = np.maximum(1e-3 * distance.mean(axis=1), 1e-6)
    return np.asarray(np.maximum((low + high) / 2, floor))
