"""Cores: nodes that several runs keep together. With each as one node a graph is small and its communities cheap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Contracted:
    """A graph with a node for each core.

    Attributes:
        graph: symmetric scipy CSR matrix without loops; the m cores first, then a pendant for each core that has edges
            inside. That one's only edge weighs as much as they do, so that degrees, and with them the modularity of
            any communities that keep cores whole, are those of the graph it was made of.
        core: of each node of that graph, 0 to m - 1, shape (n,).
        owner: the core that each node of ``graph`` is, or hangs on.
    """

    graph: Any
    core: Labels
    owner: NDArray[np.int64]

    def whole(self, labels: Labels) -> Labels:
        """Label the nodes of ``graph`` with what their cores have: a pendant says nothing of its own."""
        return np.asarray(labels[self.owner])

    def spread(self, labels: Labels) -> Labels:
        """Label the nodes of the graph it was made of with what their cores have."""
        return np.asarray(labels[self.core])


def meet(runs: Sequence[Labels]) -> Labels:
    """Give the cores of several labellings of the same nodes: those together in all of them, 0 upwards."""
    core = np.zeros(len(runs[0]), dtype=np.int64)
    for labels in runs:
        _, core = np.unique(core * (int(labels.max(initial=0)) + 2) + labels + 1, return_inverse=True)
    return core.astype(np.int32)


def contract(graph: Any, core: Labels) -> Contracted:
    """Join the nodes of each core to one.

    Args:
        graph: symmetric scipy CSR matrix without loops, shape (n, n).
        core: of each node, 0 upwards and none left out, shape (n,).
    """
    from scipy.sparse import block_array, csr_matrix

    n, m = len(core), int(core.max(initial=-1)) + 1
    member = csr_matrix((np.ones(n), core, np.arange(n + 1)), shape=(n, m))
    between = (member.T @ graph @ member).tocsr()
    inside = between.diagonal() / 2  # each edge counts from both ends
    between.setdiag(0)
    between.eliminate_zeros()
    inner = np.flatnonzero(inside > 0)
    pendants = csr_matrix((inside[inner], (inner, np.arange(len(inner)))), shape=(m, len(inner)))
    joined = block_array([[between, pendants], [pendants.T, None]], format="csr") if len(inner) else between
    joined.sort_indices()
    return Contracted(joined, core, np.concatenate([np.arange(m), inner]))
