"""Leiden communities of the neighbourhood graph, by graspologic-native."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from analytics.topics.clusterers.base import Clusterer, Sample
from analytics.topics.cores import contract, meet

_RUNS: Final = 5
_ITERATIONS: Final = 2
"""Modularity rises by up to .001 with the second and by up to .0003 with the next two, which take as long again. With
these, AMI of what is agreed on rises by .001, 0 and .002 on first halves of three sets, ARI between seeds by .005 at
most; after one iteration seeds agree less."""
_SMALL_ITERATIONS: Final = 4
"""Where cores are nodes and an iteration takes milliseconds."""
_STEPS: Final = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
"""About the square root of two apart; below one half everything becomes two or three topics."""
_CORE_STEP: Final = 2 * _STEPS[-1]


class Leiden(Clusterer):
    """Communities that share more edges than chance gives them; every conversation gets one.

    Source: Traag, Waltman and van Eck (2019), From Louvain to Leiden, Scientific Reports 9:5233.
    """

    name: ClassVar[str] = "leiden"
    version: ClassVar[str] = "3"

    def cluster(self, sample: Sample, resolution: float, seed: int) -> NDArray[np.int32]:
        """Maximise modularity at a resolution; see `Clusterer.cluster`."""
        return communities(sample.graph, resolution, seed)

    def search(self, sample: Sample, seed: int) -> Iterator[tuple[float, NDArray[np.int32]]]:
        """Cluster at each of nine resolutions, with the cores of short runs at a finer one as nodes."""
        dice = np.random.default_rng(seed)
        runs = [communities(sample.graph, _CORE_STEP, _drawn(dice), 1) for _ in range(_RUNS)]
        small = contract(sample.graph, meet(runs))
        for step in _STEPS:
            yield step, small.spread(communities(small.graph, step, _drawn(dice), _SMALL_ITERATIONS))

    def settle(self, sample: Sample, resolution: float, seed: int) -> tuple[NDArray[np.int32], ...]:
        """Give what several runs agree on, and one of them; see `consensus`."""
        return consensus(sample.graph, resolution, seed)


def consensus(graph: Any, resolution: float, seed: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Label nodes with the communities that runs of different seeds agree on, and with those of the first run.

    Each edge is weighed by the share of runs that keep its ends together, runs are repeated on that graph, and what
    is found there at last hardly depends on the seed (figures in docs/topics.md). What all runs keep together is not
    asked about again: there it is one node.

    Source: Lancichinetti and Fortunato (2012), Consensus clustering in complex networks, Scientific Reports 2:336.
    """
    dice = np.random.default_rng(seed)
    first = [communities(graph, resolution, _drawn(dice)) for _ in range(_RUNS)]
    small = contract(_weighed(graph, first), meet(first))
    again = [communities(small.graph, resolution, _drawn(dice), _SMALL_ITERATIONS) for _ in range(_RUNS)]
    weighed = _weighed(small.graph, [small.whole(labels) for labels in again])
    return small.spread(communities(weighed, resolution, seed, _SMALL_ITERATIONS)), first[0]


def communities(graph: Any, resolution: float, seed: int, iterations: int = _ITERATIONS) -> NDArray[np.int32]:
    """Label the nodes of a symmetric scipy CSR matrix with their Leiden community."""
    from graspologic_native import leiden_csr

    n = graph.shape[0]
    if not graph.nnz:  # the library panics
        return np.arange(n, dtype=np.int32)
    _, found = leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        n,
        resolution=resolution,
        iterations=iterations,
        seed=seed,
    )
    labels = np.full(n, -1, dtype=np.int32)
    labels[np.fromiter(found.keys(), np.int64, len(found))] = np.fromiter(found.values(), np.int32, len(found))
    return labels


def _weighed(graph: Any, runs: Sequence[NDArray[np.int32]]) -> Any:
    """Weigh each edge by the share of runs that keep its ends together."""
    edges = graph.tocoo()
    together = np.zeros(edges.nnz)
    for labels in runs:
        together += labels[edges.row] == labels[edges.col]
    edges.data = edges.data * together / len(runs)
    weighed = edges.tocsr()
    weighed.eliminate_zeros()
    weighed.sort_indices()
    return weighed


def _drawn(dice: np.random.Generator) -> int:
    return int(dice.integers(2**31))
