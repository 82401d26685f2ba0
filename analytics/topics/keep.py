"""A new fit follows the old one: conversations change topic only where the new topics are clearly better."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.topics import lineage
from analytics.topics.assign import Assignments, assign
from analytics.topics.graph import nearest
from analytics.topics.lineage import Lineage
from analytics.topics.model import TopicModel, fingerprint
from analytics.topics.space import Vectors, unit

GAIN: Final = 0.05
"""Silhouette that conversations must win on average before they change topic together."""
NEARER: Final = 0.15
"""Cosine by which a single conversation must be nearer to another topic before it goes there."""
_FEWEST: Final = 3
"""A topic of fewer wordings is gone, unless people hold it; a block of fewer does not change together."""
_CARRIED: Final = 40
"""Wordings that a topic people hold has at least; the old fit's where the new one's sample has none."""

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kept:
    """A new fit in terms of the old one.

    Attributes:
        model: with the topics that were kept, split off, joined or found.
        lineage: of its topics in indices of the old model.
    """

    model: TopicModel
    lineage: Lineage


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """What the old fit says of the conversations of the new one.

    Attributes:
        topic: index of each one's old topic, -1 for none, shape (n,).
        sure: whether it stands there surely, shape (n,).
        count: of old topics.
        model: the old model; None where another embedder made its vectors.
    """

    topic: Labels
    sure: NDArray[np.bool_]
    count: int
    model: TopicModel | None

    @classmethod
    def by(cls, model: TopicModel, vectors: NDArray[Any]) -> "Before":
        """Ask the old model itself."""
        found = assign(model, vectors)
        sure = np.array([one == "assigned" for one in found.state], dtype=bool)
        return cls(found.topic.astype(np.int64), sure, len(model), model)


def keep(before: Before, new: TopicModel, vectors: NDArray[Any], held: Collection[int] = ()) -> Kept:
    """Let a new fit keep the topics of an old one wherever that is as good.

    Every wording begins in the topic that the old fit gives it. A block of wordings that both fits see together, but in
    different topics, changes only if their silhouette rises by ``GAIN``: splits, births and deaths have to be worth it.
    Topics that people hold keep what the old fit was sure of, and never die.

    Args:
        before: what the old fit says of the conversations.
        new: the fit on ``vectors``.
        vectors: of the conversations, shape (n, d).
        held: indices of old topics that people decided about.
    """
    after = assign(new, vectors)
    found = matched(before, after.topic, new)
    rows = _Rows.of(new, vectors, before)
    label = _settle(rows, _identities(found, before.count), frozenset(held))
    model, order = _model(before.model, rows, label, frozenset(held))
    return Kept(model, _lineage(before, assign(model, vectors), order))


def matched(before: Before, topic: NDArray[Any], new: TopicModel) -> Lineage:
    """Match the topics of two fits as they are."""
    d = len(new.space.mean)
    old_centroids = centres(before.model) if before.model else np.zeros((before.count, d), np.float32)
    return lineage.trace(
        before.topic, np.asarray(topic, np.int64), old_centroids=old_centroids, new_centroids=centres(new)
    )


def centres(model: TopicModel) -> Any:
    """Centres in the space of the embedder, as two fits have topic spaces of their own."""
    return model.space.mean + model.centroids @ model.space.components


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The wordings of the new fit: their topic in both, and how many conversations each stands for."""

    model: TopicModel
    old: Labels
    sure: NDArray[np.bool_]
    new: Labels
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, new: TopicModel, vectors: NDArray[Any], before: Before) -> "_Rows":
        finite = np.flatnonzero(np.isfinite(vectors).all(axis=1))
        near = nearest(new.space.project(vectors[finite]), new.sample, 1)
        row, cosine = near.index[:, 0], near.similarity[:, 0]
        order = np.argsort(cosine, kind="stable")  # the nearest writes last
        stands = np.full(len(new.sample), -1, dtype=np.int64)
        stands[row[order]] = finite[order]
        there = stands >= 0
        topic = np.where(there, before.topic[stands], -1).astype(np.int64)
        weight = np.bincount(row, minlength=len(new.sample)).astype(float)
        return cls(new, topic, there & before.sure[stands], new.sample_topic.astype(np.int64), weight)


def _identities(found: Lineage, old_count: int) -> Labels:
    """The old topic that each new one is; numbers from ``old_count`` on for new ones."""
    return np.array(
        [old_count + at if one.old is None else one.old for at, one in enumerate(found.topics)], dtype=np.int64
    )


def _settle(rows: _Rows, identity: Labels, held: frozenset[int]) -> Labels:
    wanted = np.where(rows.new >= 0, identity[np.maximum(rows.new, 0)] if len(identity) else -1, -1)
    label = np.where(rows.old >= 0, rows.old, wanted)
    fixed = np.isin(rows.old, list(held)) & rows.sure
    blocks: dict[tuple[int, int], int] = {}
    for pair in zip(label.tolist(), wanted.tolist(), strict=True):
        if pair[0] != pair[1] and pair[0] >= 0 and pair[1] >= 0:
            blocks[pair] = blocks.get(pair, 0) + 1
    points = rows.model.sample
    for (was, will), count in sorted(blocks.items(), key=lambda item: (-item[1], item[0])):
        block = (label == was) & (wanted == will) & ~fixed
        if count < _FEWEST or not block.any():
            continue
        if _gain(points, label, block, will) >= GAIN:
            label = np.where(block, will, label)
    label = _stragglers(points, label, wanted, fixed)
    return _without_dying(points, label, wanted, held)


def _gain(points: Vectors, label: Labels, block: NDArray[np.bool_], will: int) -> float:
    """How much the silhouette of the block and of the topics it touches rises, for each wording of the block."""
    changed = np.where(block, will, label)
    touched = np.isin(label, [int(label[block][0]), will]) | block
    return float((_silhouettes(points, changed, touched) - _silhouettes(points, label, touched)).sum() / block.sum())


def _silhouettes(points: Vectors, label: Labels, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much nearer some wordings are to the rest of their topic than to the next topic, -1 to 1 each."""
    names, place = np.unique(label[label >= 0], return_inverse=True)
    sums = np.zeros((len(names), points.shape[1]), dtype=np.float32)
    np.add.at(sums, place, points[label >= 0])
    whole = np.full(len(label), -1)
    whole[label >= 0] = place
    mine, inside = whole[rows], points[rows]
    others = inside @ unit(sums).T
    at = np.arange(len(inside))
    others[at, mine] = -1
    own = np.einsum("ij,ij->i", inside, unit(sums[mine] - inside))
    near, far = 1 - own, 1 - others.max(axis=1)
    return np.asarray((far - near) / np.maximum(np.maximum(far, near), 1e-9), dtype=np.float64)


def _stragglers(points: Vectors, label: Labels, wanted: Labels, fixed: NDArray[np.bool_]) -> Labels:
    """Let single wordings go to the topic that the new fit has them in, where they are clearly nearer to it."""
    names = np.unique(label[label >= 0])
    place = np.searchsorted(names, label)
    sums = np.zeros((len(names), points.shape[1]), dtype=np.float32)
    np.add.at(sums, place[label >= 0], points[label >= 0])
    centroids = unit(sums)
    rows = np.flatnonzero((label != wanted) & (label >= 0) & np.isin(wanted, names) & ~fixed)
    now = np.einsum("ij,ij->i", points[rows], centroids[place[rows]])
    then = np.einsum("ij,ij->i", points[rows], centroids[np.searchsorted(names, wanted[rows])])
    going = rows[then - now >= NEARER]
    found = label.copy()
    found[going] = wanted[going]
    return found


def _without_dying(points: Vectors, label: Labels, wanted: Labels, held: frozenset[int]) -> Labels:
    """Give up topics of a few wordings; these follow the new fit, or the nearest topic that stays."""
    names, counts = np.unique(label[label >= 0], return_counts=True)
    gone = [name for name, count in zip(names, counts, strict=True) if count < _FEWEST and name not in held]
    stay = np.setdiff1d(names, gone)
    if not gone or not len(stay):
        return label
    sums = np.zeros((len(stay), points.shape[1]), dtype=np.float32)
    inside = np.isin(label, stay)
    np.add.at(sums, np.searchsorted(stay, label[inside]), points[inside])
    rows = np.flatnonzero(np.isin(label, gone))
    nearest_stay = stay[(points[rows] @ unit(sums).T).argmax(axis=1)]
    found = label.copy()
    found[rows] = np.where(np.isin(wanted[rows], stay), wanted[rows], nearest_stay)
    return found


def _model(old: TopicModel | None, rows: _Rows, label: Labels, held: frozenset[int]) -> tuple[TopicModel, list[int]]:
    """The new model with these topics; which identity stands at each index."""
    new = rows.model
    points, lengths, weight = new.sample, new.lengths, rows.weight
    if old and (extra := _carried(old, new, label, held)) is not None:
        points, lengths = np.concatenate([points, extra[0]]), np.concatenate([lengths, extra[1]])
        label, weight = np.concatenate([label, extra[2]]), np.concatenate([weight, np.zeros(len(extra[2]))])
    names = np.unique(label[label >= 0])
    members = np.array([weight[label == name].sum() for name in names])
    order = names[np.lexsort((names, -members))]
    index = {int(name): at for at, name in enumerate(order)}
    topic = np.array([index.get(int(one), -1) for one in label], dtype=np.int32)
    seen = new.space.uncentred(points, new.space.standing(points, lengths))
    centroids, anchors = (_centres(one, weight, topic, len(order)) for one in (points, seen))
    found = replace(
        new,
        version=f"{new.version.rsplit('-', 1)[0]}-{fingerprint(centroids, points, topic)}",
        centroids=centroids,
        sample=points,
        lengths=lengths,
        anchors=anchors,
        sample_topic=topic,
        members=np.array([weight[topic == at].sum() for at in range(len(order))]),
        parents=_parents(new, centroids),
        stability=_stability(new, topic[: len(new.sample)], len(order)),
    )
    return found, [int(one) for one in order]


def _centres(rows: Vectors, weight: NDArray[np.float64], topic: NDArray[np.int32], count: int) -> Vectors:
    """Means of the rows of each topic; wordings that stand for no conversation count where no others do."""
    sums = np.zeros((count, rows.shape[1]), dtype=np.float64)
    inside = topic >= 0
    np.add.at(sums, topic[inside], rows[inside] * np.maximum(weight[inside], 1e-3)[:, None])
    return unit(sums.astype(np.float32))


def _carried(
    old: TopicModel, new: TopicModel, label: Labels, held: frozenset[int]
) -> tuple[Vectors, Vectors, Labels] | None:
    """Wordings of the old fit, with their lengths, for topics that people hold and the new sample has few of."""
    rows, labels = [], []
    for topic in sorted(held):
        short = _CARRIED - int((label == topic).sum())
        have = np.flatnonzero(old.sample_topic == topic)
        if short <= 0 or not len(have):
            continue
        chosen = have[np.argsort(-(old.sample[have] @ old.centroids[topic]), kind="stable")][:short]
        along = old.sample[chosen] * old.lengths[chosen, None]
        rows.append(old.space.mean + along @ old.space.components)
        labels += [topic] * len(chosen)
    if not rows:
        return None
    vectors = np.concatenate(rows)
    points = new.space.project(vectors).astype(np.float16).astype(np.float32)
    return points, new.space.lengths(vectors), np.array(labels, dtype=np.int64)


def _parents(new: TopicModel, centroids: Vectors) -> NDArray[np.int32]:
    """Broader topics as the new fit has them: of each topic, that of the new topic it is nearest to."""
    if not len(centroids) or not len(new):
        return np.arange(len(centroids), dtype=np.int32)
    above = new.parents[(centroids @ new.centroids.T).argmax(axis=1)]
    if len(np.unique(new.parents)) == len(new):  # topics stand by themselves
        return np.arange(len(centroids), dtype=np.int32)
    _, first, group = np.unique(above, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return np.asarray(rank[group], dtype=np.int32)


def _stability(new: TopicModel, topic: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Of each topic the mean stability of the new topics its wordings are in; 0 for those in none."""
    of_row = np.where(new.sample_topic >= 0, new.stability[np.maximum(new.sample_topic, 0)], 0.0) if len(new) else 0.0
    inside = topic >= 0
    sums = np.bincount(topic[inside], weights=np.broadcast_to(of_row, topic.shape)[inside], minlength=count)
    return np.asarray(sums / np.maximum(np.bincount(topic[inside], minlength=count), 1))


def _lineage(before: Before, after: Assignments, order: list[int]) -> Lineage:
    """What became of each topic, by the conversations that both fits place."""
    old_count = before.count
    shared = np.zeros((old_count, len(order)))
    both = (before.topic >= 0) & (after.topic >= 0)
    np.add.at(shared, (before.topic[both], after.topic[both]), 1)
    old_size = np.bincount(before.topic[before.topic >= 0], minlength=old_count)
    new_size = np.bincount(after.topic[after.topic >= 0], minlength=len(order))
    return lineage.named(shared, old_size, new_size, [one if one < old_count else None for one in order])
