"""Clusterers: what they settle on is the same for any seed, and never worse than one run."""

import numpy as np

from analytics.topics import graph
from analytics.topics.clusterers.leiden import communities, consensus
from analytics.topics.fit import fit
from analytics.topics.space import unit


def close_groups(seed=0, groups=24, members=40, dimensions=24, spread=0.3):
    """Groups that touch, so that single runs differ at the seams."""
    dice = np.random.default_rng(seed)
    centres = unit(dice.normal(size=(groups, dimensions)))
    rows = centres[np.repeat(np.arange(groups), members)]
    return unit((rows + dice.normal(scale=spread, size=rows.shape)).astype(np.float32))


def agreement(found):
    """Mean ARI of all pairs."""
    from sklearn.metrics import adjusted_rand_score

    pairs = [(a, b) for at, a in enumerate(found) for b in found[at + 1 :]]
    return np.mean([adjusted_rand_score(a, b) for a, b in pairs])


def test_runs_that_agree_hardly_depend_on_the_seed():
    """Single runs differ by more."""
    vectors = close_groups()
    weights = graph.fuzzy_graph(graph.nearest(vectors, vectors, 15, same=True))
    single = agreement([communities(weights, 2.0, seed) for seed in range(4)])
    settled = agreement([consensus(weights, 2.0, seed)[0] for seed in range(4)])
    assert settled > single + 0.05
    assert settled > 0.9


def test_a_graph_without_edges_falls_apart():
    """Each node is a community of its own."""
    from scipy.sparse import csr_matrix

    agreed, single = consensus(csr_matrix((5, 5)), 1.0, 0)
    assert agreed.tolist() == single.tolist() == [0, 1, 2, 3, 4]


def test_one_dense_group_is_not_splintered():
    """Runs agree on splinters of noise; the fit sees that they are worth less."""
    dice = np.random.default_rng(3)
    rows = np.eye(16, dtype=np.float32)[np.repeat([0, 1, 2], [300, 100, 50])]
    vectors = unit((rows + dice.normal(scale=0.05, size=rows.shape)).astype(np.float32))
    assert len(fit(vectors)) == 3
