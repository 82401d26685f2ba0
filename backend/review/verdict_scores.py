"""A verdict among the scores, so that charts, filters and exports see people's judgements like all others."""

from __future__ import annotations

import time
from typing import Any, Final

from backend.review.models import Verdict
from backend.store.connection import store

NAME: Final = "verdict"
VALUES: Final = {Verdict.Grade.GOOD: 1.0, Verdict.Grade.PARTLY: 0.5, Verdict.Grade.BAD: 0.0}


def write(verdict: Verdict) -> None:
    """Store a verdict as a score; giving it again replaces it.

    Raises:
        StoreAway: ClickHouse does not answer.
    """
    _insert(verdict, deleted=False)


def take_back(verdict: Verdict) -> None:
    """Take a verdict's score back.

    Raises:
        StoreAway: ClickHouse does not answer.
    """
    _insert(verdict, deleted=True)


def _insert(verdict: Verdict, *, deleted: bool) -> None:
    item = verdict.item
    row: dict[str, Any] = {
        "project_id": item.queue.project_id,
        "score_id": f"verdict:{item.pk}:{verdict.reviewer.pk}",
        "name": NAME,
        "value": VALUES[Verdict.Grade(verdict.grade)],
        "label": verdict.grade,
        "explanation": verdict.comment,
        "source": "human",
        "author": verdict.reviewer.email,
        "trace_id": item.trace_id,
        "turn_id": item.turn_id,
        "conversation_id": item.conversation_id,
        "time": int(verdict.updated_at.timestamp() * 1_000_000) * 1000,
        "version": time.time_ns(),
        "is_deleted": int(deleted),
    }
    store().insert("score", list(row), [[value] for value in row.values()])
