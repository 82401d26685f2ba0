"""Conversations to topics of the published fit, as they come and whenever they grow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np

from analytics.pipeline import conversations, decided, ledger, rows
from analytics.pipeline.conversations import Conversation
from analytics.pipeline.ledger import Entry
from analytics.questions.marks import published_fit
from analytics.questions.sql import fill
from analytics.topics.assign import Assignments, assign
from analytics.topics.decisions import Decision, project
from analytics.topics.model import TopicModel, from_bytes
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import Topic, TopicFit

ASSIGNED: Final = "assigned"
OTHER: Final = "other"
NO_TEXT: Final = "no_text"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit as it assigns.

    Attributes:
        numbers: number of the topic at each index of the model.
        decisions: of people, which bind what the model says.
    """

    fit_id: int
    model: TopicModel
    numbers: tuple[int, ...]
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A row of the table ``topic_assignment``."""

    conversation_id: str
    fit_id: int
    topic_id: int
    state: str
    similarity: float
    vote_share: float
    map_x: float | None
    map_y: float | None
    turn_count: int
    start_time: int
    user_id: str
    environment: str
    first_text: str


@dataclass(frozen=True, slots=True)
class _Id:
    conversation_id: str


@dataclass(frozen=True, slots=True)
class _Known:
    conversation_id: str
    map_x: float | None
    map_y: float | None


_IDS: Final = Query(
    "conversations_of_traces",
    fill("SELECT DISTINCT conversation_id FROM turn FINAL WHERE @project AND trace_id IN {ids:Array(String)}"),
    _Id,
    "worker",
)
_KNOWN: Final = Query(
    "known_assignments",
    fill("""
SELECT conversation_id, map_x, map_y FROM topic_assignment FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND conversation_id IN {ids:Array(String)}
"""),
    _Known,
    "worker",
)


class Assign:
    """Conversations get topics."""

    name: ClassVar[str] = "assign"
    follows: ClassVar[str] = "embed"
    window: ClassVar[int] = 500

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Assign the conversations of these traces by the published fit; nothing to do before the first."""
        fitted = published(project_id)
        if fitted is None:
            return {"assigned": 0}
        found = store().fetch(_IDS, project_id=project_id, ids=list(trace_ids))
        # A trace whose conversation id came late stood alone before; that conversation is gone now.
        ids = sorted({row.conversation_id for row in found} | set(trace_ids))
        return {"assigned": assign_conversations(project_id, fitted, ids)}


def published(project_id: int) -> Fitted | None:
    """The fit that assigns now; its model is read once a process."""
    fit = published_fit(project_id)
    if fit is None:
        return None
    read = _read(fit.pk)
    return replace(read, decisions=decided.decisions(project_id, read.model.embedder))


def assign_conversations(
    project_id: int,
    fitted: Fitted,
    conversation_ids: Sequence[str],
    places: Mapping[str, tuple[float, float]] | None = None,
) -> int:
    """Store in which topics conversations stand; those that have no turns any more are taken back.

    Args:
        project_id: of the project.
        fitted: the fit that assigns.
        conversation_ids: whose topics to find.
        places: on the map, by conversation; those not named keep theirs.

    Returns:
        How many were assigned.
    """
    there = conversations.read(project_id, conversation_ids, fitted.model.embedder)
    known = store().fetch(_KNOWN, project_id=project_id, fit_id=fitted.fit_id, ids=list(conversation_ids))
    kept = {one.conversation_id: (one.map_x, one.map_y) for one in known}
    on_map = {**kept, **(places or {})}
    vectors = _matrix(there, fitted.model.space.mean.shape[0])
    found = assign(fitted.model, vectors)
    numbers = np.array([*fitted.numbers, 0], dtype=np.int64)[found.topic]  # -1 is the last, none
    numbers = project(fitted.decisions, numbers, vectors, [one.conversation_id for one in there])
    rows.insert(
        "topic_assignment",
        project_id,
        [
            _row(one, place, found, fitted.fit_id, int(numbers[place]), on_map.get(one.conversation_id))
            for place, one in enumerate(there)
        ],
    )
    _take_back(project_id, fitted.fit_id, sorted(set(kept) - {one.conversation_id for one in there}))
    _note(project_id, there, fitted)
    return len(there)


@lru_cache(maxsize=16)
def _read(fit_id: int) -> Fitted:
    fit = TopicFit.objects.get(pk=fit_id)
    model = from_bytes(bytes(fit.model))
    by_index = dict(Topic.objects.filter(fit=fit, level=1, fit_index__gte=0).values_list("fit_index", "number"))
    return Fitted(fit_id, model, tuple(by_index.get(index, 0) for index in range(len(model))))


def _matrix(there: Sequence[Conversation], dimensions: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    matrix = np.full((len(there), dimensions), np.nan, dtype=np.float32)
    for place, one in enumerate(there):
        if one.vector is not None:
            matrix[place] = one.vector
    return matrix


def _row(
    one: Conversation,
    place: int,
    found: Assignments,
    fit_id: int,
    number: int,
    on_map: tuple[float | None, float | None] | None,
) -> Assigned:
    return Assigned(
        conversation_id=one.conversation_id,
        fit_id=fit_id,
        topic_id=number,
        state=_state(one, found.state[place], number),
        similarity=_or_zero(float(found.similarity[place])),
        vote_share=_or_zero(float(found.vote_share[place])),
        map_x=on_map[0] if on_map else None,
        map_y=on_map[1] if on_map else None,
        turn_count=one.turn_count,
        start_time=one.start,
        user_id=one.user_id,
        environment=one.environment,
        first_text=one.first_text,
    )


def _state(one: Conversation, state: str, number: int) -> str:
    """What the model says, unless people put the conversation into a topic or out of all."""
    if number and state == OTHER:
        return ASSIGNED
    if one.vector is not None:
        return state if number else OTHER
    return FAILED if one.texts else NO_TEXT


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _take_back(project_id: int, fit_id: int, gone: Sequence[str]) -> None:
    if gone:
        rows.delete("topic_assignment", project_id, {"fit_id": [fit_id] * len(gone), "conversation_id": list(gone)})


def _note(project_id: int, there: Sequence[Conversation], fitted: Fitted) -> None:
    entries = []
    for one in there:
        if one.vector is not None:
            entries.append(Entry(one.conversation_id, "ran", "", one.start))
        elif one.texts:
            entries.append(Entry(one.conversation_id, "failed", "its texts have no vector", one.start))
        else:
            entries.append(Entry(one.conversation_id, "unjudged", "no user message with words", one.start))
    ledger.write(project_id, "topics", fitted.model.version, entries)
