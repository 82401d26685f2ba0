"""Near duplicates: one wording said a hundred times is one wording with weight a hundred."""

import numpy as np
from numpy.typing import NDArray

from analytics.topics.space import Vectors

ALIKE = 0.95
"""Cosine from which two texts count as one wording."""

ALIKE_IN_TEMPLATES = 0.87
"""The same where most texts are filled-in templates: else the copies of a template are each other's only
neighbours and every template becomes a topic (docs/topics.md: ARI .27 with the copies, .69 without)."""

_TEMPLATED = 0.7  # of real questions 82 % to 93 % are left at .95, of template texts 28 % to 57 %
_BLOCK = 512


def wordings(vectors: Vectors) -> tuple[Vectors, NDArray[np.int64]]:
    """Keep one vector of each wording, as strictly as the sample needs it; see `distinct`."""
    kept, group = distinct(vectors, ALIKE)
    if len(kept) < _TEMPLATED * len(vectors):
        return distinct(vectors, ALIKE_IN_TEMPLATES)
    return kept, group


def distinct(vectors: Vectors, alike: float) -> tuple[Vectors, NDArray[np.int64]]:
    """Keep one vector of each wording: the first that is not alike to one kept before.

    Args:
        vectors: unit vectors, shape (n, d).
        alike: cosine from which a vector is taken for one kept before.

    Returns:
        The kept vectors, shape (m, d), and for each row of ``vectors`` which of them stands for it.

    Source: Hartigan (1975), Clustering Algorithms, the leader algorithm.
    """
    group = np.empty(len(vectors), dtype=np.int64)
    leaders: list[int] = []
    for start in range(0, len(vectors), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        if leaders:
            cosine = vectors[rows] @ vectors[leaders].T
            group[rows] = cosine.argmax(axis=1)
            rows = rows[cosine.max(axis=1) < alike]
        among = vectors[rows] @ vectors[rows].T >= alike
        free = np.ones(len(rows), dtype=bool)
        for i in range(len(rows)):
            if free[i]:
                joins = among[i] & free
                group[rows[joins]] = len(leaders)
                free &= ~joins
                free[i] = False
                group[rows[i]] = len(leaders)
                leaders.append(int(rows[i]))
    return vectors[leaders], group
