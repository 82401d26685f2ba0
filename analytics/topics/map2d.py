"""A map of conversations: like ones near each other, the same picture for the same conversations."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.topics.space import fit_space, unit

MAX_POINTS = 3_000
"""More make the picture no clearer, and t-SNE takes time with n log n: 3,000 take 8 CPU-seconds."""


def map2d(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Lay conversations out in two dimensions.

    t-SNE started from the two main directions, so that what is far apart stays so and nothing is left to chance.

    Args:
        vectors: of at most 3,000 conversations, shape (n, d); nan rows get nan places.

    Returns:
        Places of shape (n, 2), centred, within -1 and 1.

    Raises:
        ValueError: more than 3,000 points.

    Source: van der Maaten and Hinton (2008), JMLR 9:2579; start by Kobak and Berens (2019), Nature Comm. 10:5416.
    """
    if len(vectors) > MAX_POINTS:
        raise ValueError(f"{len(vectors)} points; a map has at most {MAX_POINTS}, take a sample")
    places = np.full((len(vectors), 2), np.nan, dtype=np.float32)
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    if len(rows):
        places[rows] = _scaled(_lay_out(unit(np.asarray(vectors[rows], dtype=np.float32))))
    return places


def _lay_out(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    n = len(vectors)
    points = fit_space(vectors).project(vectors)[:, :50]
    start = np.zeros((n, 2))
    start[:, : min(2, points.shape[1])] = points[:, :2]
    if n < 10 or not np.ptp(points):
        return start
    from sklearn.manifold import TSNE

    spread = np.maximum(start.std(axis=0), 1e-9)
    tsne = TSNE(
        perplexity=min(30.0, (n - 1) / 3), init=start / spread * 1e-4, metric="euclidean", random_state=0, n_jobs=1,
        max_iter=500,
    )  # fmt: skip
    return np.asarray(tsne.fit_transform(points), dtype=np.float64)


def _scaled(places: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = places - (places.max(axis=0) + places.min(axis=0)) / 2
    return np.asarray(centred / max(float(np.abs(centred).max()), 1e-9))
