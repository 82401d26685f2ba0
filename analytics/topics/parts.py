"""In which parts a topic can be split: a proposal that people look at before they decide."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.topics.choice import separation
from analytics.topics.decisions import part_of
from analytics.topics.distinct import wordings
from analytics.topics.space import Vectors, fit_space, unit

MOST: Final = 6
_SAMPLE: Final = 2_000
_ROUNDS: Final = 10
_LEAST_SHARE: Final = 0.03
"""A part of less is an outlier, not a want."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A topic in parts, the largest first.

    Attributes:
        part: of each conversation, shape (n,).
        prototypes: unit mean vector of each part, shape (k, d).
        separation: how far they are apart, -1 to 1; below .1 there is hardly anything to tell them by.
    """

    part: NDArray[np.int64]
    prototypes: Vectors
    separation: float


def parts_of(vectors: NDArray[Any], count: int | None = None) -> Parts:
    """Divide the conversations of one topic.

    Ward's tree over its wordings gives the beginning, rounds of spherical k-means the end, so that the nearest
    prototype tells the part of any conversation, then and later.

    Args:
        vectors: unit vectors of the topic's conversations, shape (n, d), at least as many wordings as parts.
        count: of parts; the one of two to six whose parts are best apart when not given.

    Raises:
        ValueError: the conversations have too few different wordings.

    Sources: Ward (1963), JASA 58:236; Dhillon and Modha (2001), Machine Learning 42:143.
    """
    whole = np.asarray(vectors, dtype=np.float32)
    kept, _ = wordings(whole[:: max(1, -(-len(whole) // _SAMPLE))])
    if len(kept) < 2 * (count or 2):
        raise ValueError(f"{len(kept)} different wordings are too few for {count or 2} parts")
    from scipy.cluster.hierarchy import linkage

    points = fit_space(kept).project(kept)
    tree = linkage(points, "ward")
    counts = (count,) if count else range(2, min(MOST, len(kept) // 2) + 1)
    found = [(_cut(kept, tree, one), points) for one in counts]
    proposals = [(separation(points, label.astype(np.int32)), prototypes) for (label, prototypes), points in found]
    apart, prototypes = max(proposals, key=lambda one: one[0])
    part = part_of(whole, prototypes)
    order = np.argsort(-np.bincount(part, minlength=len(prototypes)), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Parts(rank[part], prototypes[order], float(apart))


def _cut(vectors: Vectors, tree: Any, count: int) -> tuple[NDArray[np.int64], Vectors]:
    """Cut Ward's tree into so many parts that are no outliers, and let each vector go to its nearest mean."""
    from scipy.cluster.hierarchy import fcluster

    least = max(2, round(_LEAST_SHARE * len(vectors)))
    prototypes = np.zeros((0, vectors.shape[1]), np.float32)
    for clusters in range(count, 4 * count + 1):
        label = fcluster(tree, clusters, "maxclust") - 1
        large = np.flatnonzero(np.bincount(label) >= least)
        if len(large) >= count or clusters == 4 * count:
            sizes = np.bincount(label)
            large = np.sort(np.argsort(-sizes, kind="stable")[:count])
            prototypes = unit(np.stack([vectors[label == one].mean(axis=0) for one in large]))
            break
    part = part_of(vectors, prototypes)
    for _ in range(_ROUNDS):
        means = [vectors[part == one].mean(axis=0) for one in range(count) if (part == one).any()]
        prototypes = unit(np.stack(means))
        again = part_of(vectors, prototypes)
        if len(means) == count and (again == part).all():
            break
        part, count = again, len(means)
    return part, prototypes
