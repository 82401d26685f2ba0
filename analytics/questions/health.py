"""What each analyser made of the turns of a range, read from the ledger: nothing is silently not evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from backend.detection.definitions import PREFIX
from backend.store.connection import store
from backend.store.query import Query

CONVERSATIONS: Final = frozenset({"topics"})
"""Analysers whose subjects are conversations; all others look at turns."""
_MOST_REASONS: Final = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """Why subjects were not judged, or failed, with one of them to look at."""

    outcome: str
    reason: str
    subjects: int
    subject_id: str


@dataclass(frozen=True, slots=True)
class AnalyserHealth:
    """One analyser over a range; its subjects are turns or conversations.

    Attributes:
        analyser: such as ``detector:empty``.
        version: the newest that ran.
        matched: found something.
        ran: looked at and found nothing.
        unjudged: the subject lacks what the analyser needs.
        sampled_out: left out on purpose.
        off: not looked at, as the analyser was switched off.
        failed: broke on it.
        waiting: not yet looked at.
        older: judged by an earlier version.
        last: when it last wrote a line.
        reasons: the most frequent ones of ``failed`` and ``unjudged``, failures first.
    """

    analyser: str
    version: str
    matched: int
    ran: int
    unjudged: int
    sampled_out: int
    off: int
    failed: int
    waiting: int
    older: int
    last: datetime
    reasons: tuple[Reason, ...]

    @property
    def looked_at(self) -> int:
        """Subjects that it judged."""
        return self.matched + self.ran


@dataclass(frozen=True, slots=True)
class _Counted:
    analyser: str
    newest: str
    matched: int
    ran: int
    unjudged: int
    sampled_out: int
    off: int
    failed: int
    older: int
    last: datetime


@dataclass(frozen=True, slots=True)
class _Reason:
    analyser: str
    outcome: str
    reason: str
    subjects: int
    subject_id: str


@dataclass(frozen=True, slots=True)
class _Subjects:
    turns: int
    conversations: int


_LINES: Final = (
    "(SELECT * FROM ledger FINAL WHERE @project AND subject_time >= fromUnixTimestamp64Nano({start:Int64})"
    " AND subject_time < fromUnixTimestamp64Nano({end:Int64})) AS l"
)
_COUNTED: Final = Query(
    "analyser_health",
    fill(
        """
SELECT l.analyser AS analyser, n.newest AS newest, countIf(outcome = 'matched') AS matched,
    countIf(outcome = 'ran') AS ran, countIf(outcome = 'unjudged') AS unjudged,
    countIf(outcome = 'sampled_out') AS sampled_out, countIf(outcome = 'off') AS off,
    countIf(outcome = 'failed') AS failed, countIf(analyser_version != n.newest) AS older,
    fromUnixTimestamp64Nano(toInt64(max(l.version)), 'UTC') AS last
FROM @lines
INNER JOIN (
    SELECT analyser, argMax(analyser_version, version) AS newest FROM ledger
    WHERE @project AND subject_time < fromUnixTimestamp64Nano({end:Int64}) GROUP BY analyser
) AS n ON n.analyser = l.analyser
GROUP BY analyser, newest ORDER BY analyser
""",
        lines=_LINES,
    ),
    _Counted,
)
_REASONS: Final = Query(
    "reasons_of_analysers",
    fill(
        """
SELECT analyser, outcome, reason, count() AS subjects, min(subject_id) AS subject_id
FROM @lines
WHERE outcome IN ('failed', 'unjudged')
GROUP BY analyser, outcome, reason ORDER BY outcome, subjects DESC, reason LIMIT {limit:UInt32} BY analyser
""",
        lines=_LINES,
    ),
    _Reason,
)
_SUBJECTS: Final = Query(
    "subjects_of_analysis",
    fill("SELECT count() AS turns, uniqExact(t.conversation_id) AS conversations FROM @turns"),
    _Subjects,
)


def analyser_health(scope: Scope) -> list[AnalyserHealth]:
    """Every analyser that wrote to the ledger about the range, by name; of all environments."""
    everywhere = {**scope.parameters(), "environment": ""}
    subjects = store().fetch(_SUBJECTS, **everywhere)[0]
    reasons: dict[str, list[Reason]] = {}
    for one in store().fetch(_REASONS, **everywhere, limit=_MOST_REASONS):
        reasons.setdefault(one.analyser, []).append(Reason(one.outcome, one.reason, one.subjects, one.subject_id))
    return [
        _health(found, subjects, tuple(reasons.get(found.analyser, ())))
        for found in store().fetch(_COUNTED, **everywhere)
    ]


def _health(found: _Counted, subjects: _Subjects, reasons: tuple[Reason, ...]) -> AnalyserHealth:
    total = subjects.conversations if found.analyser in CONVERSATIONS else subjects.turns
    known = found.matched + found.ran + found.unjudged + found.sampled_out + found.off + found.failed
    # Stages tell of what they passed over only; all else went through.
    tells_all = ":" in found.analyser or found.analyser in CONVERSATIONS
    # An own detector looks at what came after it was made; older turns do not wait for it.
    tells_all = tells_all and not found.analyser.startswith(f"detector:{PREFIX}")
    return AnalyserHealth(
        analyser=found.analyser,
        version=found.newest,
        matched=found.matched,
        ran=found.ran,
        unjudged=found.unjudged,
        sampled_out=found.sampled_out,
        off=found.off,
        failed=found.failed,
        waiting=max(0, total - known) if tells_all else 0,
        older=found.older,
        last=found.last,
        reasons=reasons,
    )
