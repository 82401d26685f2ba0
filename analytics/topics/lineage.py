"""Which topics of a new fit are which of the old one, so that identity, names and decisions survive a re-fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.topics.space import unit

SAME_MEMBERS = 0.3
"""Jaccard index of shared conversations from which a topic is the old one; keeps .97 of ids on three sets."""

SAME_CENTRE = 0.8
"""Cosine of centres from which it is, where too few conversations are in both fits."""

_MUCH = 0.5


@dataclass(frozen=True, slots=True)
class Descent:
    """Where a topic of the new fit comes from.

    Attributes:
        old: index of the old topic it is; None for a new one.
        split_from: old topics that gave it half of its conversations and live on elsewhere.
        overlap: Jaccard index with ``old``, 0 where centres decided.
    """

    old: int | None
    split_from: tuple[int, ...]
    overlap: float


@dataclass(frozen=True, slots=True)
class Lineage:
    """What became of every topic.

    Attributes:
        topics: for each new topic its descent.
        merged_into: for each old topic that is gone, the new topics that hold half or more of it, if any do.
    """

    topics: tuple[Descent, ...]
    merged_into: dict[int, tuple[int, ...]]


def trace(
    old_topic: NDArray[Any],
    new_topic: NDArray[Any],
    *,
    old_centroids: NDArray[Any],
    new_centroids: NDArray[Any],
) -> Lineage:
    """Match the topics of two fits.

    One to one and best in sum by shared conversations; what is left, by centres.

    Args:
        old_topic: topic of each shared conversation in the old fit, -1 for none, shape (n,).
        new_topic: topic of the same conversations in the new fit, shape (n,).
        old_centroids: centres of the old topics in embedding space (topic spaces of two fits differ), shape (k, d).
        new_centroids: centres of the new topics there, shape (m, d).

    Source: Kuhn (1955), Naval Res. Logist. 2:83, on the Jaccard indices.
    """
    k, m = len(old_centroids), len(new_centroids)
    shared = _shared(np.asarray(old_topic), np.asarray(new_topic), k, m)
    old_size, new_size = (
        np.bincount(old_topic[old_topic >= 0], minlength=k),
        np.bincount(new_topic[new_topic >= 0], minlength=m),
    )
    jaccard = shared / np.maximum(old_size[:, None] + new_size[None, :] - shared, 1)
    matched = _pairs(jaccard, SAME_MEMBERS)
    cosine = unit(np.asarray(old_centroids, np.float32)) @ unit(np.asarray(new_centroids, np.float32)).T
    cosine[list(matched.values())] = -1
    cosine[:, list(matched)] = -1
    known = shared.sum(axis=1) >= 3
    cosine[known[:, None] & (shared == 0)] = -1  # its conversations are here, and elsewhere
    by_centre = _pairs(cosine, SAME_CENTRE)
    olds = [matched.get(new, by_centre.get(new)) for new in range(m)]
    jaccard[:, [new for new in range(m) if new not in matched]] = 0
    return _told(shared, jaccard, old_size, new_size, olds)


def named(shared: NDArray[Any], old_size: NDArray[Any], new_size: NDArray[Any], olds: Sequence[int | None]) -> Lineage:
    """Tell what became of topics where it is known which ones are the old ones.

    Args:
        shared: conversations in each old and each new topic, shape (k, m).
        old_size: conversations of each old topic, shape (k,).
        new_size: conversations of each new topic, shape (m,).
        olds: for each new topic the old one it is; None for a new one.
    """
    jaccard = shared / np.maximum(old_size[:, None] + new_size[None, :] - shared, 1)
    return _told(shared, jaccard, old_size, new_size, olds)


def _told(
    shared: NDArray[Any],
    jaccard: NDArray[Any],
    old_size: NDArray[Any],
    new_size: NDArray[Any],
    olds: Sequence[int | None],
) -> Lineage:
    descent = []
    for new, old in enumerate(olds):
        half = _MUCH * new_size[new]
        parents = [o for o in range(len(old_size)) if o != old and new_size[new] and shared[o, new] >= half]
        descent.append(Descent(old, tuple(parents), 0.0 if old is None else float(jaccard[old, new])))
    gone = [o for o in range(len(old_size)) if o not in set(olds)]
    merged = {o: tuple(np.flatnonzero(shared[o] >= max(1, _MUCH * old_size[o])).tolist()) for o in gone}
    return Lineage(tuple(descent), merged)


def _shared(old: NDArray[Any], new: NDArray[Any], k: int, m: int) -> NDArray[np.float64]:
    table = np.zeros((k, m))
    both = (old >= 0) & (new >= 0)
    np.add.at(table, (old[both], new[both]), 1)
    return table


def _pairs(likeness: NDArray[Any], least: float) -> dict[int, int]:
    """Give old by new for the best one-to-one matching of pairs that reach ``least``."""
    from scipy.optimize import linear_sum_assignment

    worth = np.where(likeness >= least, likeness, 0.0)
    rows, columns = linear_sum_assignment(-worth)
    return {int(new): int(old) for old, new in zip(rows, columns, strict=True) if worth[old, new] > 0}
