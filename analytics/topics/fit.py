"""Find the topics of a sample of conversations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analytics.topics import choice, graph, lexical
from analytics.topics.clusterers.base import Clusterer, Sample
from analytics.topics.distinct import wordings
from analytics.topics.model import TooFewConversations, TopicModel, fingerprint
from analytics.topics.placing import place
from analytics.topics.space import Space, Vectors, fit_space, unit
from backend.registry import discover

MIN_CONVERSATIONS = 30


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """The sample without near duplicates, in topic space; weights count what each stands for.

    ``near`` are neighbours by meaning; ``linked``, those of the graph, and ``told`` tell by words as well, where these
    are known.
    """

    space: Space
    vectors: Vectors
    lengths: Vectors
    weights: NDArray[np.float64]
    near: graph.Neighbours
    linked: graph.Neighbours
    told: Vectors
    k: int
    sample: Sample


def fit(
    vectors: NDArray[Any],
    *,
    texts: Sequence[str] | None = None,
    weights: NDArray[Any] | None = None,
    resolution: float | None = None,
    seed: int = 0,
    min_topic_size: int | None = None,
    clusterer: str = "leiden",
    embedder: str = "",
) -> TopicModel:
    """Find topics in conversation vectors.

    Centred and reduced to 128 main directions, joined to a graph of nearest neighbours, cut into communities. On one
    thread: a second takes half as much CPU again to save a few seconds, from whatever else the machine does.

    Args:
        vectors: unit vectors of conversations, shape (n, d); nan rows are left out. Beyond 30,000 take a
            sample: time grows with the square.
        texts: what was said in each, where known; then conversations that share words are nearer to each other.
            Assigning takes vectors alone.
        weights: how many conversations each row stands for; 1 when not given.
        resolution: how fine; 2 is fine, .5 coarse. When not given, one at which conversations lie well
            inside their own topic, and about as many topics are found as so many conversations have.
        seed: of everything random; one seed gives one model.
        min_topic_size: fewest conversations of a topic; grows from 3 to 10 with n when not given.
        clusterer: name of a plugin of ``analytics.topics.clusterers``.
        embedder: name and version of the embedding model, kept with the topics.

    Raises:
        TooFewConversations: fewer than 30 conversations have a vector.
        KeyError: no such clusterer.
    """
    plugin = discover("analytics.topics.clusterers", Clusterer)[clusterer]()  # type: ignore[type-abstract]
    with threadpool_limits(1, user_api="blas"):
        points = _points(vectors, texts, weights, min_topic_size)
        chosen, labels = _best(plugin, points, resolution, seed)
        return _model(points, labels, _stability(plugin, points, labels, chosen, seed), chosen, plugin, embedder)


def default_min_topic_size(n: int) -> int:
    """Give the fewest conversations of a topic among n: 3 below 150, 10 from 1,500 on."""
    return int(min(max(round(n**0.5 / 4), 3), 10))


def _points(
    vectors: NDArray[Any], texts: Sequence[str] | None, weights: NDArray[Any] | None, min_size: int | None
) -> _Points:
    counted = np.ones(len(vectors)) if weights is None else np.asarray(weights, dtype=np.float64)
    finite = np.isfinite(vectors).all(axis=1) & (counted > 0)
    total = int(counted[finite].sum())
    if total < MIN_CONVERSATIONS:
        raise TooFewConversations(total, MIN_CONVERSATIONS)
    kept, group = wordings(unit(np.asarray(vectors, dtype=np.float32)[finite]))
    space = fit_space(kept)
    projected = space.project(kept).astype(np.float16).astype(np.float32)
    k = graph.neighbour_count(len(kept))
    # Twice as many as are used, for when a third is left out, and twice that to choose from by words.
    near = graph.nearest(projected, projected, (2 if texts is None else 4) * k, same=True)
    placed = None if texts is None else _words([texts[row] for row in np.flatnonzero(finite).tolist()], group)
    linked = near if placed is None else lexical.reranked(near, placed)
    told = projected if placed is None else lexical.joined(projected, placed)
    sample = Sample(projected, graph.fuzzy_graph(linked.first(k)), min_size or default_min_topic_size(total))
    stands_for = np.bincount(group, weights=counted[finite]).astype(float)
    return _Points(space, projected, space.lengths(kept), stands_for, near, linked.first(2 * k), told, k, sample)


def _words(texts: Sequence[str], group: NDArray[np.int64]) -> Vectors | None:
    """Place the texts that stand for each wording by their words."""
    _, leaders = np.unique(group, return_index=True)
    return lexical.words([texts[row] for row in leaders.tolist()])


def _best(plugin: Clusterer, points: _Points, resolution: float | None, seed: int) -> tuple[float, NDArray[np.int32]]:
    """Cluster at each resolution where none is given, choose by what that is worth, and settle there."""

    def worth(labels: NDArray[np.int32]) -> float:
        return choice.worth(points.told, labels)

    if resolution is None:
        tried = plugin.search(points.sample, seed)
        resolution = choice.resolution({step: worth(_large(labels, points)) for step, labels in tried})
    preferred, *others = (_large(labels, points) for labels in plugin.settle(points.sample, resolution, seed))
    if not others:
        return resolution, preferred
    # Where there is nothing to agree on, as inside one dense group, runs agree on splinters.
    best = max(others, key=worth)
    return resolution, preferred if worth(preferred) >= worth(best) - choice.AS_GOOD else best


def _large(labels: NDArray[np.int32], points: _Points) -> NDArray[np.int32]:
    """Drop groups below the minimum and number the others by size."""
    k = int(labels.max(initial=-1)) + 1
    sizes = _sizes(labels, points.weights, k)
    order = [group for group in np.argsort(-sizes, kind="stable") if sizes[group] >= points.sample.min_size]
    renumbered = np.full(k + 1, -1, dtype=np.int32)
    renumbered[order] = np.arange(len(order))
    return np.asarray(renumbered[labels])


def _stability(
    plugin: Clusterer, points: _Points, labels: NDArray[np.int32], resolution: float, seed: int
) -> NDArray[np.float64]:
    """Cluster again without a third of the sample and see how much of each topic comes back together.

    Source: Hennig (2007), Cluster-wise assessment of cluster stability, Comput. Stat. Data Anal. 52:258.
    """
    n, k = len(labels), int(labels.max(initial=-1)) + 1
    runs = 10 if n <= 300 else 3
    dice = np.random.default_rng(seed)
    found = np.zeros((runs, k))
    for run in range(runs):
        rows = np.sort(dice.permutation(n)[: max(1, round(2 / 3 * n))])
        weights = graph.fuzzy_graph(points.linked.among(rows, graph.neighbour_count(len(rows))))
        part = replace(points.sample, vectors=points.vectors[rows], graph=weights)
        again = plugin.cluster(part, resolution, seed + run + 1)
        found[run] = _best_overlap(labels[rows], again, k)
    return np.asarray(found.mean(axis=0))


def _best_overlap(before: NDArray[np.int32], after: NDArray[np.int32], k: int) -> NDArray[np.float64]:
    """Give for each group of ``before`` the Jaccard index of its best match in ``after``."""
    table = np.zeros((k, int(after.max(initial=-1)) + 1))
    both = (before >= 0) & (after >= 0)
    np.add.at(table, (before[both], after[both]), 1)
    sizes = np.bincount(before[before >= 0], minlength=k)
    later = np.bincount(after[after >= 0], minlength=table.shape[1])
    union = sizes[:, None] + later[None, :] - table
    return np.asarray((table / np.maximum(union, 1)).max(axis=1, initial=0.0))


def _model(
    points: _Points,
    labels: NDArray[np.int32],
    stability: NDArray[np.float64],
    resolution: float,
    plugin: Clusterer,
    embedder: str,
) -> TopicModel:
    placed = place(points, labels)
    return TopicModel(
        version=f"{plugin.name}-{plugin.version}-{fingerprint(placed.centroids, points.vectors, placed.topic)}",
        clusterer=plugin.name,
        resolution=resolution,
        space=points.space,
        centroids=placed.centroids,
        sample=points.vectors,
        lengths=points.lengths,
        anchors=placed.anchors,
        sample_topic=placed.topic,
        members=_sizes(placed.topic, points.weights, len(placed.centroids)),
        parents=_parents(placed.centroids),
        stability=stability,
        neighbours=points.k,
        threshold=placed.threshold,
        floor=placed.floor,
        conversations=float(points.weights.sum()),
        embedder=embedder,
    )


def _sizes(topic: NDArray[np.int32], weights: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    inside = topic >= 0
    return np.bincount(topic[inside], weights=weights[inside], minlength=k).astype(np.float64)[:k]


def _parents(centroids: Vectors) -> NDArray[np.int32]:
    """Join topics to about 2 √k broader ones, numbered by their largest topic.

    Each centre leans towards those nearest to it first, so that a chain of topics of one field stays together.

    Source: Ward (1963), JASA 58:236.
    """
    k = len(centroids)
    wanted = round(2 * k**0.5)
    if k <= wanted or k < 3:
        return np.arange(k, dtype=np.int32)
    from scipy.cluster.hierarchy import fcluster, linkage

    groups = fcluster(linkage(_leaning(centroids), "ward"), wanted, "maxclust")
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[group])


def _leaning(centroids: Vectors) -> Vectors:
    """Centres of length 1, each with half of the mean of itself and its four nearest, weighed by their cosine."""
    units = unit(centroids)
    alike = np.maximum(units @ units.T, 0)
    np.fill_diagonal(alike, 1)
    nearest = np.sort(alike, axis=1)[:, [-min(5, len(alike))]]
    weights = np.where(alike >= nearest, alike, 0)
    return unit(units + weights @ units / (2 * weights.sum(axis=1, keepdims=True)))
