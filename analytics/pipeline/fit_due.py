"""When the topics of a project are to be found anew: first, when it has grown, once a day, or when someone asks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from analytics.pipeline import due as rows_due
from analytics.pipeline.order import FIT
from analytics.pipeline.window import BEGINNING
from analytics.questions.marks import published_fit
from analytics.questions.sql import fill
from backend.jobs.claims import stages_of
from backend.jobs.models import Run, Stage
from backend.projects.models import Project
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import TopicFit

FIRST: Final = 30
"""Fewest conversations that topics are looked for in; below 300 they are marked as a first impression."""
GROWN: Final = 1.5
AGE: Final = timedelta(hours=24)
AGAIN: Final = timedelta(minutes=10)
"""How long after a fit that failed, or found too little, the next is tried."""
CALM: Final = timedelta(minutes=5)
"""How long a growing backlog may put off a fit: topics of half an import would be gone a minute later."""
_LOOK_S: Final = 15.0
_IDLE_S: Final = 600.0
_ASKED: Final = "asked for by a person"

_lock = threading.Lock()
_looked: dict[int, tuple[float, datetime | None]] = {}


@dataclass(frozen=True, slots=True)
class _Count:
    conversations: int


_COUNT: Final = Query(
    "conversations_to_fit",
    fill("SELECT uniqExact(conversation_id) AS conversations FROM turn WHERE @project AND is_deleted = 0"),
    _Count,
    "worker",
)


def due() -> list[int]:
    """Projects whose topics are due.

    Each is looked at every fifteen seconds while something comes in, every ten minutes else, and at once when someone
    asked.
    """
    asked = set(Stage.objects.filter(name=FIT, cursor=_ASKED).values_list("project_id", flat=True))
    last = rows_due.newest_rows()
    return [
        one
        for one in Project.objects.values_list("id", flat=True)
        if one in asked or (one in last and _turn(one, last[one]) and reason(one))
    ]


def ask_for_fit(project_id: int) -> None:
    """Have the topics found anew as soon as a worker is free."""
    (stage,) = stages_of(project_id, [FIT])
    Stage.objects.filter(pk=stage.pk).update(cursor=_ASKED)


def next_fit(project_id: int) -> datetime | None:
    """When the topics are found anew at the latest, if more comes in; None before the first fit."""
    fit = published_fit(project_id)
    return fit.published_at + AGE if fit and fit.published_at else None


def conversations(project_id: int) -> int:
    """How many conversations a project has."""
    return store().fetch(_COUNT, project_id=project_id)[0].conversations


def reason(project_id: int) -> str:
    """Why topics are to be found now; empty where they are not."""
    (stage,) = stages_of(project_id, [FIT])
    if stage.cursor == _ASKED:
        return _ASKED
    last = Run.objects.filter(stage=stage).exclude(state=Run.State.RUNNING).first()
    if last and last.finished_at and last.error and timezone.now() - last.finished_at < AGAIN:
        return ""
    fit = published_fit(project_id)
    if _is_busy(project_id) and _waited(fit) < CALM:
        return ""
    return _reason(fit, conversations(project_id))


def _reason(fit: TopicFit | None, count: int) -> str:
    if fit is None:
        return f"the first {count} conversations are there" if count >= FIRST else ""
    before = fit.measures.get("project_conversations", fit.conversations)
    if count >= GROWN * before:
        return f"conversations grew from {before} to {count}"
    if _waited(fit) >= AGE and count > before:
        return f"the topics are a day old and {count - before} conversations came since"
    return ""


def _waited(fit: TopicFit | None) -> timedelta:
    return timezone.now() - fit.published_at if fit and fit.published_at else timedelta(0)


def _is_busy(project_id: int) -> bool:
    """Whether texts still wait for their vectors."""
    last = rows_due.newest_rows().get(project_id)
    stage = Stage.objects.filter(project_id=project_id, name="embed").first()
    reached = max(filter(None, (stage.position, stage.head)), default=BEGINNING) if stage else BEGINNING
    return last is not None and last > reached


def _turn(project_id: int, newest: datetime) -> bool:
    """Whether it is this project's turn to be looked at."""
    now = time.monotonic()
    with _lock:
        when, seen = _looked.get(project_id, (-_IDLE_S, None))
        if now - when < (_IDLE_S if seen == newest else _LOOK_S):
            return False
        _looked[project_id] = (now, None if _is_busy(project_id) else newest)
        return True
