"""The space topics live in: centred, reduced to its main directions, every vector of length one."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]

MAX_DIMENSIONS = 128
"""Mean AMI on four intent sets: .784 without, .793 with 64, .796 with 128, .792 with 160 (docs/topics.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A projection onto principal components.

    Attributes:
        mean: of the vectors it was fitted on, shape (d,).
        components: orthonormal rows, shape (k, d).
    """

    mean: Vectors
    components: Vectors

    def project(self, vectors: NDArray[Any]) -> Vectors:
        """Bring vectors of shape (n, d) into the space, shape (n, k), each of length 1."""
        centred = np.asarray(vectors, dtype=np.float32) - self.mean
        return unit(np.asarray(centred @ self.components.T, dtype=np.float32))


def fit_space(vectors: Vectors) -> Space:
    """Find the main directions of vectors of shape (n, d); fewer of them when n is small."""
    n, d = vectors.shape
    mean: Vectors = vectors.mean(axis=0)
    keep = max(1, min(MAX_DIMENSIONS, d, n - 1, max(8, n // 4)))
    # the covariance of a few hundred dimensions is smaller than the vectors, and its order is exact
    _, directions = np.linalg.eigh(np.cov((vectors - mean).T.astype(np.float64), bias=True).reshape(d, d))
    components = directions[:, ::-1][:, :keep].T
    signs = np.sign(components[np.arange(keep), np.abs(components).argmax(axis=1)])
    return Space(mean.astype(np.float32), (components * signs[:, None]).astype(np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Scale rows to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
