"""What people decided, as a function on topics that a model gave: the same for every model, so it outlives each fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analytics.topics.distinct import ALIKE
from analytics.topics.space import Vectors

Numbers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Merge:
    """One topic is part of another."""

    topic: int
    into: int


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A topic is several: a conversation is in the part whose prototype it is nearest to.

    Attributes:
        parts: numbers, the topic's own first.
        prototypes: unit vectors in embedding space, shape (parts, d).
    """

    topic: int
    parts: tuple[int, ...]
    prototypes: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """Some conversations are in another topic, and so is what says the same and comes from where they were.

    Attributes:
        ids: of the conversations.
        sources: numbers of the topics they were in; 0 is Other.
        anchors: their unit vectors in embedding space, shape (m, d).
    """

    into: int
    ids: frozenset[str]
    sources: frozenset[int]
    anchors: Vectors


Decision: TypeAlias = Merge | Split | Move


def project(decisions: Sequence[Decision], numbers: Numbers, vectors: NDArray[Any], ids: Sequence[str]) -> Numbers:
    """Apply decisions, the oldest first, to the topics that a model gave.

    Args:
        decisions: that hold.
        numbers: of the model's topics, 0 for none, shape (n,).
        vectors: unit vectors in embedding space; nan where there is none, shape (n, d).
        ids: of the conversations.

    Returns:
        The numbers people see, shape (n,).
    """
    found = np.array(numbers, dtype=np.int64)
    for one in decisions:
        if isinstance(one, Merge):
            found[found == one.topic] = one.into
        elif isinstance(one, Split):
            rows = np.flatnonzero(found == one.topic)
            found[rows] = np.array(one.parts)[part_of(vectors[rows], one.prototypes)]
        else:
            found[_moved(one, found, vectors, ids)] = one.into
    return found


def part_of(vectors: NDArray[Any], prototypes: Vectors) -> NDArray[np.int64]:
    """Give for each vector the nearest prototype; a row of nan is in the first part."""
    cosine = np.asarray(vectors, np.float32) @ prototypes.T
    return np.where(np.isfinite(cosine).all(axis=1), cosine.argmax(axis=1), 0)


def _moved(move: Move, numbers: Numbers, vectors: NDArray[Any], ids: Sequence[str]) -> NDArray[np.bool_]:
    named = np.fromiter((one in move.ids for one in ids), dtype=bool, count=len(ids))
    if not len(move.anchors):
        return named
    near = np.isin(numbers, list(move.sources))
    cosine = np.nan_to_num(np.asarray(vectors[near], np.float32) @ move.anchors.T, nan=-1.0)
    near[near] = cosine.max(axis=1) >= ALIKE
    return named | near
