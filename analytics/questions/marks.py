"""What is known beside the spans of traces and conversations: flags, failed turns, topics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import Topic, TopicFit

GRAVITY: Final = {"high": 3, "medium": 2, "low": 1}


@dataclass(frozen=True, slots=True)
class FlagMark:
    """A detector found something in a trace."""

    detector: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class TopicMark:
    """The topic of a conversation; number 0 is Other."""

    number: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class _Flag:
    trace_id: str
    detector: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class _Trace:
    trace_id: str


@dataclass(frozen=True, slots=True)
class _Assigned:
    conversation_id: str
    topic_id: int
    state: str


_FLAGS: Final = Query(
    "flags_of_traces",
    fill("""
SELECT trace_id, detector, severity, count() AS count
FROM flag FINAL
WHERE @project AND turn_id IN (SELECT turn_id FROM turn WHERE @project AND trace_id IN {ids:Array(String)})
GROUP BY trace_id, detector, severity
"""),
    _Flag,
)
_FAILED: Final = Query(
    "failed_turns_of_traces",
    fill(
        "SELECT DISTINCT trace_id FROM turn FINAL"
        " WHERE @project AND trace_id IN {ids:Array(String)} AND status = 'error'"
    ),
    _Trace,
)
_TOPICS: Final = Query(
    "topics_of_conversations",
    fill("""
SELECT conversation_id, topic_id, state
FROM topic_assignment FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND conversation_id IN {ids:Array(String)}
"""),
    _Assigned,
)


def flags_of(project_id: int, trace_ids: Sequence[str]) -> dict[str, tuple[FlagMark, ...]]:
    """Flags by trace, gravest first."""
    found: dict[str, list[FlagMark]] = {}
    for row in store().fetch(_FLAGS, project_id=project_id, ids=list(trace_ids)):
        found.setdefault(row.trace_id, []).append(FlagMark(row.detector, row.severity, row.count))
    return {key: tuple(sorted(marks, key=_gravest)) for key, marks in found.items()}


def turn_errors_of(project_id: int, trace_ids: Sequence[str]) -> set[str]:
    """Traces with a turn that ended in an error."""
    return {row.trace_id for row in store().fetch(_FAILED, project_id=project_id, ids=list(trace_ids))}


def published_fit(project_id: int) -> TopicFit | None:
    """The fit that assigns now, without its model's bytes."""
    fits = TopicFit.objects.filter(project_id=project_id, state=TopicFit.State.PUBLISHED)
    return fits.defer("model").order_by("-id").first()


def topic_names(project_id: int) -> dict[int, str]:
    """Names of all topics by number."""
    return {topic.number: topic.name for topic in Topic.objects.filter(project_id=project_id)}


def ignored_topics(project_id: int) -> list[int]:
    """Numbers of topics that people left out of lists and trends."""
    return list(Topic.objects.filter(project_id=project_id, is_ignored=True).values_list("number", flat=True))


def topics_of(project_id: int, conversation_ids: Iterable[str]) -> dict[str, TopicMark]:
    """Topics by conversation, by the published fit."""
    fit = published_fit(project_id)
    ids = sorted(set(conversation_ids))
    if fit is None or not ids:
        return {}
    names = topic_names(project_id)
    rows = store().fetch(_TOPICS, project_id=project_id, fit_id=fit.pk, ids=ids)
    return {row.conversation_id: TopicMark(row.topic_id, names.get(row.topic_id, "Other"), row.state) for row in rows}


def _gravest(mark: FlagMark) -> tuple[int, str]:
    return -GRAVITY.get(mark.severity, 0), mark.detector
