"""How fine topics should be: as well apart as they can be, and about as many as conversations of that number have."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.topics.space import Vectors, unit

_EXPECTED: Final = 0.4
"""Topics expected of n wordings, in √n: 28 of 5,000."""
_PRICE: Final = 0.02
"""Separation that must be won for half or twice as many topics as are expected; four times that for a quarter. Beyond
2,000 wordings it falls with their number: small topics are then told from chance. At 0 wordings of one want become
topics (the sample project: ARI .33, .67 with it); paid for every doubling, greetings and answers, which lie far from
all else, made 14 topics of MultiDoGO's 54 intents (docs/topics.md)."""
_DOUBT: Final = 0.005
"""Difference of worth at which one resolution weighs e times another: what another seed or sample changes."""
AS_GOOD: Final = 0.004
"""How much less topics may be worth than others and still be taken for as good."""


def resolution(worths: Mapping[float, float]) -> float:
    """Settle on a resolution: the geometric mean of those that were tried, each weighed by what its topics are worth.

    Taking the best instead, topics jump from fit to fit wherever two are as good.

    Args:
        worths: of each resolution; see `worth`.
    """
    steps, values = np.array(list(worths)), np.array(list(worths.values()))
    weights = np.exp((values - values.max()) / _DOUBT)
    return round(float(np.exp(np.average(np.log(steps), weights=weights))), 2)


def worth(vectors: Vectors, labels: NDArray[np.int32]) -> float:
    """Say how good topics are as an answer to how fine they should be; only for comparing labels of the same rows.

    Args:
        vectors: unit rows, shape (n, d).
        labels: topic of each row, -1 for none, shape (n,).
    """
    n, k = len(labels), int(labels.max(initial=-1)) + 1
    price = _PRICE * min(1.0, 2_000 / n)
    return separation(vectors, labels) - price * math.log2(max(k, 1) / (_EXPECTED * math.sqrt(n))) ** 2


def separation(vectors: Vectors, labels: NDArray[np.int32]) -> float:
    """Say how much nearer conversations are to their own topic than to the next, -1 to 1.

    A silhouette over centroids, where a conversation does not count towards its own centroid; else topics of
    one member would be perfect. Conversations without a topic count as 0.

    Source: Rousseeuw (1987), J. Comput. Appl. Math. 20:53, in the centroid form of Hruschka et al. (2004).
    """
    from scipy.sparse import csr_matrix

    n, k = len(labels), int(labels.max(initial=-1)) + 1
    vectors, labels = vectors[labels >= 0], labels[labels >= 0]
    if k < 2:
        return -1.0
    member = csr_matrix((np.ones(len(labels), np.float32), labels, np.arange(len(labels) + 1)), shape=(len(labels), k))
    sums = member.T @ vectors
    others = vectors @ unit(sums).T
    rows = np.arange(len(vectors))
    others[rows, labels] = -1
    alone = np.bincount(labels, minlength=k)[labels] == 1
    own = np.einsum("ij,ij->i", vectors, unit(sums[labels] - vectors))
    near, far = 1 - np.where(alone, -1, own), 1 - others.max(axis=1)
    return float(((far - near) / np.maximum(np.maximum(far, near), 1e-9)).sum() / n)
