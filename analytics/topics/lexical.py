"""What conversations share in words beside meaning: for the model "top up" and "transfer" are all but one."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from analytics.topics.graph import UNKNOWN, Neighbours
from analytics.topics.space import Vectors, unit

READ: Final = 2_000
"""Characters read of a conversation."""

_WEIGHT: Final = 0.25
"""Of likeness in words, where that in meaning counts 1. On the first half of three sets the best AMI rises with it from
.822, .941 and .509 to .834, .955 and .534; at .16 and .36 nearly as much, at 1 it falls below."""
_DIMENSIONS: Final = 128
_LEAST_TEXTS: Final = 3
_MOST_TEXTS: Final = 0.25
_MOST_WORDS: Final = 20_000
_BLOCK: Final = 500


def words(texts: Sequence[str]) -> Vectors | None:
    """Place texts by their words and pairs of words.

    Words of fewer than three texts tell nothing, those of a quarter of them tell nothing apart.

    Returns:
        Unit rows of shape (n, d), zero where a text has none of these words; None where no text has.

    Source: Deerwester et al. (1990), Indexing by latent semantic analysis, JASIS 41:391.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    counting = TfidfVectorizer(
        ngram_range=(1, 2), min_df=_LEAST_TEXTS, max_df=_MOST_TEXTS, max_features=_MOST_WORDS, sublinear_tf=True,
        dtype=np.float32,
    )  # fmt: skip
    if _MOST_TEXTS * len(texts) < _LEAST_TEXTS:
        return None
    try:
        counted = counting.fit_transform(text[:READ] for text in texts)
    except ValueError:  # there is no such word
        return None
    if min(counted.shape) < 3:
        return None
    dimensions = min(_DIMENSIONS, min(counted.shape) - 1)
    placed = TruncatedSVD(dimensions, n_iter=4, random_state=0).fit_transform(counted)
    return unit(np.asarray(placed, dtype=np.float32))


def joined(points: Vectors, placed: Vectors) -> Vectors:
    """Put meaning and words into one space, unit rows: their cosines are those `reranked` orders by."""
    return unit(np.hstack([points, np.float32(_WEIGHT**0.5) * placed]))


def reranked(near: Neighbours, placed: Vectors) -> Neighbours:
    """Order neighbours by meaning and words together.

    Args:
        near: neighbours by meaning, several times as many as will be used.
        placed: of the same rows, from `words`.
    """
    likeness: Any = np.empty_like(near.similarity)
    for start in range(0, len(placed), _BLOCK):
        part = slice(start, start + _BLOCK)
        likeness[part] = np.einsum("nd,nkd->nk", placed[part], placed[near.index[part]])
    size = np.sqrt(1 + _WEIGHT * np.any(placed, axis=1))
    both = (near.similarity + _WEIGHT * likeness) / (size[:, None] * size[near.index])
    both = np.where(near.similarity <= UNKNOWN, UNKNOWN, both)
    order = np.argsort(-both, axis=1, kind="stable")
    return Neighbours(
        np.take_along_axis(near.index, order, axis=1),
        np.take_along_axis(both, order, axis=1).astype(np.float32),
    )
