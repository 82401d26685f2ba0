"""Which conversations of the sample are in a topic, and from which score on a conversation is in none."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analytics.topics.assign import fit_score
from analytics.topics.graph import Neighbours
from analytics.topics.space import Space, Standing, Vectors, unit

_MAD_TO_SIGMA: Final = 1.4826
_UNSURE: Final = 1.5
_OTHER: Final = 2.0
"""Deviations below the median score from which on a topic is a guess, and from which on it is none."""
_LEAST_DEVIATION: Final = 0.25
"""Where wording is much alike, a comma makes an outlier without it: BANKING77's own deviation is .15."""
_ALIKE_TO_NOTHING: Final = 0.8
"""Score below which a conversation is in no topic whatever the others have: cosines of .4 on average. Where a fifth is
out of scope the median and the deviation are drawn down by it, and two deviations find a tenth of what they should."""
_MOST_ALIKE_TO_NOTHING: Final = 0.25
"""Most of a sample that goes by that limit: of prompts about everything half would."""


class Points(Protocol):
    """A sample in topic space, as `analytics.topics.fit` holds it."""

    @property
    def space(self) -> Space:
        """What projected it."""

    @property
    def vectors(self) -> Vectors:
        """Unit rows, shape (n, d)."""

    @property
    def lengths(self) -> Vectors:
        """Of the rows before they were scaled, shape (n,)."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """How many conversations each row stands for, shape (n,)."""

    @property
    def near(self) -> Neighbours:
        """The neighbours of each row."""

    @property
    def k(self) -> int:
        """How many neighbours count."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A sample in its topics; arrays as in `analytics.topics.model.TopicModel`.

    Attributes:
        topic: of each row, -1 for none.
        centroids: in topic space.
        anchors: as seen from the origin, of all that was scored by them, so that the limits hold for later scores.
        threshold: score below which a topic is a guess.
        floor: score below which it is none.
    """

    topic: NDArray[np.int32]
    centroids: Vectors
    anchors: Vectors
    threshold: float
    floor: float


def place(points: Points, labels: NDArray[np.int32]) -> Placed:
    """Put what has no group into the nearest one where it fits, and set the limits of what fits.

    Args:
        points: the sample.
        labels: group of each row, -1 for none.
    """
    n, d = points.vectors.shape
    k = int(labels.max(initial=-1)) + 1
    if k == 0:  # nothing hangs together: everything is Other, and says so
        empty = np.zeros((0, d), dtype=np.float32)
        return Placed(labels, empty, np.pad(empty, ((0, 0), (0, 1))), *limits(np.zeros(n, np.float32), points.weights))
    standing = points.space.standing(points.vectors, points.lengths)
    seen = points.space.uncentred(points.vectors, standing)
    centroids, anchors = (_centres(rows, points.weights, labels, k) for rows in (points.vectors, seen))
    nearest_topic = (points.vectors @ centroids.T).argmax(axis=1).astype(np.int32)
    forced = np.where(labels >= 0, labels, nearest_topic)
    scores = fit_score(np.einsum("ij,ij->i", seen, anchors[forced]), _around(points, standing))
    threshold, floor = limits(scores, points.weights)
    topic = np.where((labels < 0) & (scores < floor), -1, forced).astype(np.int32)
    inside = np.where(scores >= threshold, topic, -1)
    return Placed(
        topic,
        _centres(points.vectors, points.weights, inside, k, centroids),
        anchors,
        threshold,
        floor,
    )


def limits(scores: Vectors, weights: NDArray[np.float64]) -> tuple[float, float]:
    """Set the scores below which a topic is a guess, and below which it is none."""
    middle = _quantile(scores, weights, 0.5)
    deviation = max(_MAD_TO_SIGMA * _quantile(np.abs(scores - middle), weights, 0.5), _LEAST_DEVIATION)
    least = min(_ALIKE_TO_NOTHING, _quantile(scores, weights, _MOST_ALIKE_TO_NOTHING))
    floor = max(middle - _OTHER * deviation, least)
    return floor + (_OTHER - _UNSURE) * deviation, floor


def _around(points: Points, standing: Standing) -> Vectors:
    near = points.near.first(points.k)
    rows = np.arange(len(points.vectors))[:, None]
    return points.space.cosine(near.similarity, standing.of(rows), standing.of(near.index))


def _centres(
    rows: Vectors, weights: NDArray[np.float64], labels: NDArray[np.int32], k: int, otherwise: Vectors | None = None
) -> Vectors:
    sums = np.zeros((k, rows.shape[1]), dtype=np.float64)
    inside = labels >= 0
    np.add.at(sums, labels[inside], rows[inside] * weights[inside, None])
    found = unit(sums.astype(np.float32))
    if otherwise is None:
        return found
    return np.asarray(np.where(np.any(found, axis=1, keepdims=True), found, otherwise))


def _quantile(values: Vectors, weights: NDArray[np.float64], share: float) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] * share)])
