"""Density clusters, for those who would rather leave out than place wrongly."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analytics.topics.clusterers.base import Clusterer, Sample
from analytics.topics.space import unit

_DIMENSIONS = 15


class Hdbscan(Clusterer):
    """Dense groups in the 15 main directions; what lies between them gets no topic.

    On every set of docs/topics.md it finds intents less well than Leiden, so it is not the default.

    Source: Campello, Moulavi and Sander (2013), PAKDD 7819:160.
    """

    name: ClassVar[str] = "hdbscan"
    version: ClassVar[str] = "1"

    def cluster(self, sample: Sample, resolution: float, seed: int) -> NDArray[np.int32]:
        """Cluster by density; neither resolution nor seed plays a part."""
        from hdbscan import HDBSCAN

        found = HDBSCAN(min_cluster_size=max(2, sample.min_size), min_samples=5, core_dist_n_jobs=1)
        vectors = unit(sample.vectors[:, :_DIMENSIONS]).astype(np.float64)
        return np.asarray(found.fit_predict(vectors), dtype=np.int32)
