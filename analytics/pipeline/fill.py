"""Flagged turns, and a few by chance, on their way into review queues."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from analytics.pipeline import ledger
from analytics.pipeline.ledger import Entry
from analytics.questions.marks import GRAVITY
from analytics.questions.sql import fill as fill_in
from backend.review import filling
from backend.review.filling import Candidate
from backend.review.models import Queue, ReviewItem
from backend.store.connection import store
from backend.store.query import Query

WITHDRAWN: Final = "the flag was taken back"
_LONGEST: Final = {"turn_id": 200, "trace_id": 200, "conversation_id": 500}


@dataclass(frozen=True, slots=True)
class _Turn:
    turn_id: str
    trace_id: str
    conversation_id: str
    start_time: datetime


@dataclass(frozen=True, slots=True)
class _Flag:
    turn_id: str
    detector: str
    severity: str
    confidence: float
    explanation: str


_TURNS: Final = Query(
    "turns_to_review",
    fill_in("""
SELECT turn_id, trace_id, conversation_id, start_time FROM turn FINAL
WHERE @project AND trace_id IN {ids:Array(String)} ORDER BY turn_id
"""),
    _Turn,
    "worker",
)
_FLAGS: Final = Query(
    "flags_to_review",
    fill_in("""
SELECT turn_id, detector, severity, confidence, explanation FROM flag FINAL
WHERE @project AND turn_id IN {ids:Array(String)} ORDER BY turn_id, detector
"""),
    _Flag,
    "worker",
)


class Review:
    """Review queues are filled."""

    name: ClassVar[str] = "review"
    follows: ClassVar[str] = "detect"
    window: ClassVar[int] = 2000

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Put flagged turns of these traces into the queues, and a share of the others."""
        turns = _fitting(project_id, store().fetch(_TURNS, project_id=project_id, ids=list(trace_ids)))
        flags: dict[str, list[_Flag]] = {}
        if turns:
            for flag in store().fetch(_FLAGS, project_id=project_id, ids=[turn.turn_id for turn in turns]):
                flags.setdefault(flag.turn_id, []).append(flag)
        flagged = [_flagged(turn, flags[turn.turn_id]) for turn in turns if turn.turn_id in flags]
        others = [turn for turn in turns if turn.turn_id not in flags]
        added = 0
        for queue in filling.queues_to_fill(project_id):
            chosen = [_by_chance(turn, queue) for turn in others if share_of(turn.turn_id, queue) < queue.random_share]
            added += filling.fill(queue, [*flagged, *chosen])
        return {
            "items_added": added,
            "items_withdrawn": filling.withdraw(project_id, [turn.turn_id for turn in others], WITHDRAWN),
            "items_back": filling.readmit(project_id, list(flags), WITHDRAWN),
        }


def share_of(turn_id: str, queue: Queue) -> float:
    """A number from 0 to 1 that belongs to a turn in a queue: chance that falls the same way each time."""
    digest = hashlib.sha256(f"{queue.pk}:{turn_id}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _flagged(turn: _Turn, flags: Sequence[_Flag]) -> Candidate:
    first, *rest = sorted(flags, key=lambda flag: (-_weight(flag), flag.detector))
    others = f" Also: {', '.join(flag.detector for flag in rest)}." if rest else ""
    what = f"{first.detector.replace('_', ' ').capitalize()} ({first.severity}, {first.confidence:.0%} sure)"
    return Candidate(
        turn_id=turn.turn_id,
        trace_id=turn.trace_id,
        conversation_id=turn.conversation_id,
        turn_time=turn.start_time,
        origin=ReviewItem.Origin.FLAG,
        reason=f"{what}: {first.explanation}{others}",
        priority=_weight(first),
    )


def _by_chance(turn: _Turn, queue: Queue) -> Candidate:
    place = share_of(turn.turn_id, queue) / queue.random_share  # 0 to 1, so that they come in between the flagged
    return Candidate(
        turn_id=turn.turn_id,
        trace_id=turn.trace_id,
        conversation_id=turn.conversation_id,
        turn_time=turn.start_time,
        origin=ReviewItem.Origin.RANDOM,
        reason=f"Chosen by chance, as {queue.random_share:.1%} of the answers without a flag are: rates stay true.",
        priority=1 + 3 * place,
    )


def _weight(flag: _Flag) -> float:
    return GRAVITY.get(flag.severity, 0) + flag.confidence


def _fitting(project_id: int, turns: Sequence[_Turn]) -> list[_Turn]:
    """Turns whose ids the relational side can hold; the ledger names the others."""
    long = [turn for turn in turns if any(len(getattr(turn, name)) > most for name, most in _LONGEST.items())]
    now = time.time_ns()
    ledger.write(
        project_id, "review", "1", [Entry(turn.turn_id, "failed", "its ids are too long", now) for turn in long]
    )
    names = {turn.turn_id for turn in long}
    return [turn for turn in turns if turn.turn_id not in names]
