"""What people decided about a project's topics, as the pipeline applies it to whatever a model says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import Count, Max
from numpy.typing import NDArray

from analytics.pipeline import conversations
from analytics.topics.decisions import Decision, Merge, Move, Split
from analytics.topics.space import Vectors, unit
from backend.topics import deeds
from backend.topics.models import TopicDeed

Kind = TopicDeed.Kind


def revision(project_id: int) -> tuple[int, int]:
    """A pair that changes whenever someone decides or takes back something."""
    found = TopicDeed.objects.filter(project_id=project_id).aggregate(last=Max("id"), undone=Count("undone_at"))
    return found["last"] or 0, found["undone"]


def decisions(project_id: int, embedder: str) -> tuple[Decision, ...]:
    """Decisions that hold, the oldest first; vectors by the embedding model of that name."""
    return _decisions(project_id, embedder, revision(project_id))


@lru_cache(maxsize=16)
def _decisions(project_id: int, embedder: str, _: tuple[int, int]) -> tuple[Decision, ...]:
    found = (_decision(deed, embedder) for deed in deeds.active(project_id, (Kind.MERGE, Kind.SPLIT, Kind.MOVE)))
    return tuple(one for one in found if one is not None)


def packed(vectors: NDArray[Any]) -> bytes:
    """Vectors as a deed keeps them: rows of half precision."""
    return np.ascontiguousarray(vectors, dtype="<f2").tobytes()


def matrix(project_id: int, ids: Sequence[str], embedder: str) -> tuple[list[str], Vectors]:
    """Vectors of conversations that have one, and whose they are."""
    there = [one for one in conversations.read(project_id, ids, embedder) if one.vector is not None]
    rows = [one.vector for one in there if one.vector is not None]
    return [one.conversation_id for one in there], np.stack(rows) if rows else np.zeros((0, 1), np.float32)


def _decision(deed: TopicDeed, embedder: str) -> Decision | None:
    if deed.kind == Kind.MERGE:
        return Merge(deed.number, deed.details["into"])
    if deed.kind == Kind.SPLIT:
        return _split(deed, embedder)
    sources = frozenset(deed.details["from"].values()) - {deed.number}
    anchors = _vectors(deed, embedder, deed.details["anchors"], len(deed.details["anchors"]))
    return Move(deed.number, frozenset(deed.details["from"]), sources, anchors)


def _split(deed: TopicDeed, embedder: str) -> Split | None:
    """By its prototypes; with another embedding model by examples of each part, where they are still there."""
    parts: list[int] = deed.details["parts"]
    if deed.embedding_model == embedder:
        return Split(deed.number, tuple(parts), _unpacked(deed, len(parts)))
    found = [(part, matrix(deed.project_id, deed.details["examples"][str(part)], embedder)[1]) for part in parts]
    known = [(part, unit(rows.mean(axis=0, keepdims=True))) for part, rows in found if len(rows)]
    if len(known) < 2:
        return None
    return Split(deed.number, tuple(part for part, _ in known), np.concatenate([row for _, row in known]))


def _vectors(deed: TopicDeed, embedder: str, ids: Sequence[str], count: int) -> Vectors:
    return _unpacked(deed, count) if deed.embedding_model == embedder else matrix(deed.project_id, ids, embedder)[1]


def _unpacked(deed: TopicDeed, count: int) -> Vectors:
    if not count:
        return np.zeros((0, 1), np.float32)
    return unit(np.frombuffer(bytes(deed.vectors), dtype="<f2").reshape(count, -1).astype(np.float32))
