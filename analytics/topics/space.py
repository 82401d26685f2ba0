"""The space topics live in: centred, reduced to its main directions, every vector of length one."""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]

MAX_DIMENSIONS = 128
"""Mean AMI on four intent sets: .784 without, .793 with 64, .796 with 128, .792 with 160 (docs/topics.md)."""


_REACHED = 0.05
"""Share of the sample that reaches less far into the space than what counts as full length."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How points of topic space are seen from the origin; with it their cosine there follows from that in the space.

    Attributes:
        length: before each was scaled to length 1.
        common: product with the mean of the sample, within the space.
        size: length as seen from the origin.
    """

    length: Vectors
    common: Vectors
    size: Vectors

    def of(self, rows: NDArray[Any]) -> "Standing":
        """Give some rows, in the shape of the index."""
        return Standing(self.length[rows], self.common[rows], self.size[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A projection onto principal components.

    Attributes:
        mean: of the vectors it was fitted on, shape (d,).
        components: orthonormal rows, shape (k, d).
        origin: where vectors were counted from before they were centred: the mean as it lies in the space, shape
            (k,), and how much of it does not.
        reach: least length, 0 to 1, that a vector is taken to have inside the space, as seen from the origin: a text
            that hardly reaches into it is like nothing there.
    """

    mean: Vectors
    components: Vectors
    origin: tuple[Vectors, float]
    reach: float

    def project(self, vectors: NDArray[Any]) -> Vectors:
        """Bring vectors of shape (n, d) into the space, shape (n, k), each of length 1."""
        return unit(self._along(vectors))

    def lengths(self, vectors: NDArray[Any]) -> Vectors:
        """Say how long each of them is inside the space, before it is brought to length 1; shape (n,)."""
        return np.asarray(np.linalg.norm(self._along(vectors), axis=1), dtype=np.float32)

    def standing(self, points: Vectors, lengths: Vectors) -> Standing:
        """See points of the space, shape (n, k), from the origin that the vectors had before they were centred."""
        common = lengths * (points @ self.origin[0])
        size = np.sqrt(np.maximum(lengths**2 + 2 * common + self._away(), 1e-12))
        return Standing(lengths, common, np.maximum(size, self.reach))

    def uncentred(self, points: Vectors, standing: Standing) -> Vectors:
        """Give points of the space as unit vectors from the origin, shape (n, k + 1); the last is common to all."""
        along, rest = self.origin
        whole = np.hstack([points * standing.length[:, None] + along, np.full((len(points), 1), rest)])
        return np.asarray(whole / standing.size[:, None], dtype=np.float32)

    def cosine(self, similarity: Vectors, one: Standing, other: Standing) -> Vectors:
        """Turn cosines in the space into those from the origin, all in one shape."""
        product = one.length * other.length * similarity + one.common + other.common + self._away()
        return np.asarray(product / (one.size * other.size), dtype=np.float32)

    def _away(self) -> float:
        along, rest = self.origin
        return float(along @ along) + rest**2

    def _along(self, vectors: NDArray[Any]) -> Vectors:
        centred = np.asarray(vectors, dtype=np.float32) - self.mean
        return np.asarray(centred @ self.components.T, dtype=np.float32)


def fit_space(vectors: Vectors) -> Space:
    """Find the main directions of vectors of shape (n, d); fewer of them when n is small."""
    n, d = vectors.shape
    mean: Vectors = vectors.mean(axis=0)
    keep = max(1, min(MAX_DIMENSIONS, d, n - 1, max(8, n // 4)))
    # the covariance of a few hundred dimensions is smaller than the vectors, and its order is exact
    _, directions = np.linalg.eigh(np.cov((vectors - mean).T.astype(np.float64), bias=True).reshape(d, d))
    components = directions[:, ::-1][:, :keep].T
    signs = np.sign(components[np.arange(keep), np.abs(components).argmax(axis=1)])
    components = (components * signs[:, None]).astype(np.float32)
    along = components @ mean
    rest = float(np.sqrt(max(float(mean @ mean - along @ along), 0.0)))
    space = Space(mean.astype(np.float32), components, (along, rest), 0.0)
    sizes = space.standing(space.project(vectors), space.lengths(vectors)).size
    return replace(space, reach=float(np.quantile(sizes, _REACHED)))


def unit(vectors: Vectors) -> Vectors:
    """Scale rows to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
