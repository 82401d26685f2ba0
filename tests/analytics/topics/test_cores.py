"""Cores: what runs agree on becomes one node, and communities of cores are worth what they are in the whole graph."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from analytics.topics.clusterers.leiden import communities, consensus
from analytics.topics.cores import contract, meet


def some_graph(nodes, seed=0):
    """Symmetric, without loops."""
    half = random_array((nodes, nodes), density=0.2, rng=np.random.default_rng(seed), format="csr")
    half.setdiag(0)
    found = (half + half.T).tocsr()
    found.eliminate_zeros()
    return found


def groups_of(sizes, seed=0):
    """Full groups with few and weak edges between them."""
    dice = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    weight = np.where(group[:, None] == group, 1.0, 0.2 * (dice.random((len(group), len(group))) < 0.05))
    weight = np.triu(weight, 1)
    return csr_matrix(weight + weight.T), group


def modularity(graph, labels, resolution):
    """By its definition; Newman and Girvan (2004)."""
    degree = np.asarray(graph.sum(axis=1)).ravel()
    together = labels[:, None] == labels
    expected = resolution * np.outer(degree, degree) / degree.sum()
    return float(((graph.toarray() - expected) * together).sum() / degree.sum())


def test_cores_are_what_all_runs_keep_together():
    """Nodes without a community are together as long as they are in all runs."""
    assert meet([np.array([0, 0, 0, 1, 1, -1, -1]), np.array([5, 5, 2, 2, 2, 2, 2])]).tolist() == [2, 2, 1, 3, 3, 0, 0]


@pytest.mark.parametrize("resolution", [0.5, 2.0, 8.0])
def test_communities_of_cores_have_the_modularity_of_the_whole_graph(resolution):
    """The pendants carry what lies inside, which the library would leave out of a loop."""
    graph, dice = some_graph(60), np.random.default_rng(1)
    core = dice.integers(0, 20, 60).astype(np.int32)
    core[:20] = np.arange(20)
    small = contract(graph, core)
    labels = dice.integers(0, 6, small.graph.shape[0])
    assert modularity(small.graph, small.whole(labels), resolution) == pytest.approx(
        modularity(graph, small.spread(labels), resolution)
    )


def test_cores_of_one_node_leave_the_graph_as_it_is():
    """There is nothing inside to hang on."""
    graph = some_graph(30)
    small = contract(graph, np.arange(30, dtype=np.int32))
    assert (small.graph != graph).nnz == 0
    assert small.owner.tolist() == list(range(30))


def test_a_graph_that_is_one_core_stays_in_one_piece():
    """A node and its pendant."""
    small = contract(some_graph(20), np.zeros(20, dtype=np.int32))
    assert small.graph.shape == (2, 2)
    assert small.spread(communities(small.graph, 1.0, 0)).tolist() == [0] * 20


def test_what_runs_agree_on_comes_back_whole():
    """One seed gives one answer, and plain groups are found through their cores."""
    graph, group = groups_of([30, 20, 20, 10])
    agreed, single = consensus(graph, 1.0, 3)
    assert (agreed[:, None] == agreed).tolist() == (group[:, None] == group).tolist()
    assert (single[:, None] == single).tolist() == (group[:, None] == group).tolist()
    assert consensus(graph, 1.0, 3)[0].tolist() == agreed.tolist()
