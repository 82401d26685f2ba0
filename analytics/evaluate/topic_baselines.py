"""What BERTopic finds by its defaults, in the same vectors; its two components are an optional requirement."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_there() -> bool:
    """Whether umap-learn and hdbscan are installed (``pip install umap-learn``)."""
    return all(importlib.util.find_spec(name) is not None for name in ("umap", "hdbscan"))


def bertopic(vectors: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cluster by BERTopic's defaults: UMAP to five dimensions, then HDBSCAN of at least ten.

    Naming and c-TF-IDF do not change which text is where, so the class itself is not needed.

    Args:
        vectors: unit vectors, shape (n, d).

    Returns:
        Labels with -1 for its outliers, and the same with each outlier in the topic of the nearest centroid, as
        BERTopic's ``reduce_outliers(strategy="embeddings")`` does it.

    Source: Grootendorst (2022), BERTopic, arXiv:2203.05794; defaults of version 0.17.
    """
    umap, density = importlib.import_module("umap"), importlib.import_module("hdbscan")
    reduced = umap.UMAP(
        n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", low_memory=False, random_state=0
    ).fit_transform(vectors)
    found = density.HDBSCAN(min_cluster_size=10, metric="euclidean", cluster_selection_method="eom").fit(reduced)
    labels = np.asarray(found.labels_, dtype=np.int64)
    return labels, forced(labels, vectors)


def forced(labels: NDArray[np.int64], vectors: NDArray[Any]) -> NDArray[np.int64]:
    """Put what has no topic into the one whose mean vector is nearest."""
    k = int(labels.max(initial=-1)) + 1
    if not k:
        return labels
    centres = np.stack([vectors[labels == topic].mean(axis=0) for topic in range(k)])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return np.where(labels >= 0, labels, (vectors @ centres.T).argmax(axis=1))
