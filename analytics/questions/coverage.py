"""What share of the conversations the topics speak of, and what became of the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.questions.marks import ignored_topics, published_fit
from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from backend.jobs.models import Run, Stage
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import TopicFit

REFIT_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Conversations of a range by what topics made of them; the parts add up to ``conversations``.

    Attributes:
        assigned: surely in a topic.
        low_confidence: in a topic, but by a guess.
        ignored: in a topic that people left out of lists and trends.
        other: in no topic.
        no_text: their user said nothing that could be read.
        failed: could not be assigned; the ledger says why.
        waiting: not yet looked at.
        last_fit: when the published topics were found; None before the first.
        next_fit: when they are found anew at the latest; None before the first.
        fitting: whether that is going on now.
        first_impression: whether they were found in fewer than 300 conversations.
        error: why the last try found none; empty where it did.
    """

    conversations: int
    assigned: int
    low_confidence: int
    ignored: int
    other: int
    no_text: int
    failed: int
    waiting: int
    last_fit: datetime | None
    next_fit: datetime | None
    fitting: bool
    first_impression: bool
    error: str


@dataclass(frozen=True, slots=True)
class _Counted:
    conversations: int
    assigned: int
    low_confidence: int
    ignored: int
    other: int
    no_text: int
    failed: int


_COUNTED: Final = Query(
    "topic_coverage",
    fill(
        """
SELECT count() AS conversations, countIf(a.state = 'assigned' AND NOT @ignored) AS assigned,
    countIf(a.state = 'low_confidence' AND NOT @ignored) AS low_confidence, countIf(@ignored) AS ignored,
    countIf(a.state = 'other') AS other,
    countIf(a.state = 'no_text') AS no_text, countIf(a.state = 'failed') AS failed
FROM (SELECT DISTINCT t.conversation_id AS conversation_id FROM @turns) AS c
LEFT JOIN @assigned USING (conversation_id)
""",
        ignored="(a.topic_id IN {ignored:Array(UInt32)})",
    ),
    _Counted,
)


def coverage(scope: Scope) -> Coverage:
    """What topics made of the conversations of a range."""
    fit = published_fit(scope.project_id)
    ignored = ignored_topics(scope.project_id)
    found = store().fetch(_COUNTED, **scope.parameters(), fit_id=fit.pk if fit else 0, ignored=ignored)[0]
    known = found.assigned + found.low_confidence + found.ignored + found.other + found.no_text + found.failed
    published_at = fit.published_at if fit else None
    stage = Stage.objects.filter(project_id=scope.project_id, name="fit").first()
    last = Run.objects.filter(stage=stage).exclude(state=Run.State.RUNNING).first() if stage else None
    return Coverage(
        conversations=found.conversations,
        assigned=found.assigned,
        low_confidence=found.low_confidence,
        ignored=found.ignored,
        other=found.other,
        no_text=found.no_text,
        failed=found.failed,
        waiting=found.conversations - known,
        last_fit=published_at,
        next_fit=published_at + REFIT_AFTER if published_at else None,
        fitting=TopicFit.objects.filter(project_id=scope.project_id, state=TopicFit.State.FITTING).exists(),
        first_impression=bool(fit and fit.measures.get("first_impression")),
        error=last.error if last else "",
    )
