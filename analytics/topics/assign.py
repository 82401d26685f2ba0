"""Conversations to topics: a vote of the nearest sample conversations, with a score for how well it fits."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analytics.topics.graph import nearest
from analytics.topics.model import TopicModel
from analytics.topics.space import Vectors

State: TypeAlias = Literal["assigned", "low_confidence", "other"]

_BULK = 500
"""From so many at once they are assigned on one thread, as topics are found; setting that takes 12 ms."""

_SAME = 1 - 1e-3
"""Cosine from which two vectors are the same text; half precision of the sample costs 2e-4."""


@dataclass(frozen=True, slots=True, eq=False)
class Assignments:
    """Columns, one entry a conversation.

    Attributes:
        topic: index of the topic, -1 for Other.
        nearest: index of the topic it is nearest to, also where that is not near enough; -1 without a vector.
        similarity: cosine to the topic's centroid, nan where there was nothing to embed.
        vote_share: 0 to 1, how much of the vote of the nearest conversations went to it.
        score: see `fit_score`; what the model's thresholds are about.
        state: ``assigned``, ``low_confidence`` (a topic, but a guess) or ``other``.
    """

    topic: NDArray[np.int32]
    nearest: NDArray[np.int32]
    similarity: Vectors
    vote_share: Vectors
    score: Vectors
    state: list[State]


def assign(model: TopicModel, vectors: NDArray[Any]) -> Assignments:
    """Assign conversations to the topics of a model.

    Args:
        model: the fitted topics.
        vectors: conversation vectors as they come from the embedder, shape (n, d); nan rows become Other.
    """
    n = len(vectors)
    topic, nearest_topic = np.full(n, -1, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    similarity, share, score = (np.full(n, np.nan, dtype=np.float32) for _ in range(3))
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    if len(rows) and len(model):
        points, lengths = model.space.project(vectors[rows]), model.space.lengths(vectors[rows])
        with threadpool_limits(1, user_api="blas") if len(rows) >= _BULK else nullcontext():
            votes = _vote(model, points, lengths)
        topic[rows], nearest_topic[rows], share[rows], score[rows], similarity[rows] = votes
    state: list[State] = [_state(model, int(t), float(s)) for t, s in zip(topic, score, strict=True)]
    topic[[one == "other" for one in state]] = -1
    return Assignments(topic, nearest_topic, similarity, share, score, state)


def fit_score(own: Vectors, around: Vectors) -> Vectors:
    """Score how well each point fits its topic, -2 to 2, from cosines as they are seen from the origin.

    A third is the cosine to the topic's centre, two thirds the mean cosine to the neighbours: where much is out of
    scope, topics form of it, and only the neighbours tell (docs/topics.md). Seen from the origin a stranger has
    neighbours less near; in the centred space it may look as near to its own as anybody.

    Args:
        own: cosines to the centre of the topic, shape (n,).
        around: cosines to the neighbours, shape (n, k).
    """
    near = around.mean(axis=1) if around.shape[1] else np.ones(len(own))  # a sample of one text has no neighbours
    return np.asarray((2 * own + 4 * near) / 3, dtype=np.float32)


def _vote(
    model: TopicModel, points: Vectors, lengths: Vectors
) -> tuple[NDArray[np.int32], NDArray[np.int32], Vectors, Vectors, Vectors]:
    found = nearest(points, model.sample, model.neighbours + 1)
    labels = model.sample_topic[found.index]
    weights = np.maximum(found.similarity, 0) ** 4
    columns = len(model) + 1  # the last is for no topic
    ballots = np.arange(len(points))[:, None] * columns + np.where(labels < 0, len(model), labels)
    votes = np.bincount(ballots.ravel(), weights.ravel(), minlength=len(points) * columns).reshape(-1, columns)
    winner = votes.argmax(axis=1).astype(np.int32)
    share = votes.max(axis=1) / np.maximum(votes.sum(axis=1), 1e-9)
    winner[winner == len(model)] = -1
    nearest_topic = (points @ model.centroids.T).argmax(axis=1)
    scored = np.where(winner >= 0, winner, nearest_topic).astype(np.int32)
    mine = model.space.standing(points, lengths)
    theirs = model.space.standing(model.sample, model.lengths)
    around = model.space.cosine(found.similarity, mine.of(np.arange(len(points))[:, None]), theirs.of(found.index))
    # the text itself is in the sample when it was fitted there; then its neighbours are the others
    itself = found.similarity[:, 0] >= _SAME
    own = np.einsum("ij,ij->i", model.space.uncentred(points, mine), model.anchors[scored])
    score = fit_score(own, np.where(itself[:, None], around[:, 1:], around[:, :-1]))
    similarity = np.einsum("ij,ij->i", points, model.centroids[scored])
    return winner, scored, share, score, similarity


def _state(model: TopicModel, topic: int, score: float) -> State:
    if topic < 0 or not score >= model.floor:
        return "other"
    return "assigned" if score >= model.threshold else "low_confidence"
