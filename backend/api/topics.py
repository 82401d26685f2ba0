"""Topics: what people want, how often, how well it goes, and how much of the traffic that covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.coverage import Coverage, coverage
from analytics.questions.topic_page import Example, FlagSplit, Split, TopicDetail, TopicUser, topic_detail
from analytics.questions.topics import TopicRow, topic_table
from analytics.statistics.intervals import Estimate
from backend.api.asked import PROJECT, RangeQuery, query_of, scope_of
from backend.api.authentication import access_of
from backend.api.overview import Rate


@dataclass(frozen=True, slots=True)
class TopicLine:
    """One topic, one group of topics, or Other, in one range.

    Attributes:
        number: its own for good; 0 is Other.
        group: number of its group; 0 where it stands by itself.
        share: of all assigned conversations of the range.
        low_confidence: conversations that stand in it by a guess.
        unpriced_spans: the cost is too low by theirs.
        trend: conversations per step of the range.
        badge: new, growing, shrinking, or empty.
        badge_rule: why, in words.
    """

    number: int
    name: str
    named_by_people: bool
    pinned: bool
    subtitle: str
    keywords: tuple[str, ...]
    group: int
    conversations: int
    share: Rate
    users: int
    turns: int
    error_rate: Rate
    flag_rate: Rate
    low_confidence: int
    p95_ms: float | None
    cost_usd: float
    unpriced_spans: int
    trend: tuple[int, ...]
    badge: str
    badge_rule: str


@dataclass(frozen=True, slots=True)
class TopicList:
    """Topics of a range, largest first.

    Attributes:
        topics: topics; those of a group name it.
        groups: groups of topics; empty where topics stand by themselves.
        other: conversations in no topic.
        coverage: what became of all conversations of the range.
    """

    topics: tuple[TopicLine, ...]
    groups: tuple[TopicLine, ...]
    other: TopicLine | None
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class PartOfTopic:
    """A topic's turns by one property: a detector's flags, a model or a prompt version.

    Attributes:
        value: detector, model or prompt.
        turns: turns with it.
        flag_rate: share of those turns with a flag; for a detector, the share of the topic's turns it flagged.
    """

    value: str
    turns: int
    flag_rate: Rate
    error_rate: Rate | None = None
    p95_ms: float | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class TopicAnswerBody:
    """Everything about one topic in a range.

    Attributes:
        number: its own for good; 0 is Other.
        machine_name: what its messages call it, also where people named it.
        numbers: topics it is made of: itself, or those of a group.
        state: active, retired or merged.
        pinned: whether people keep it.
        ignored: whether people left it out of lists and trends.
        lineage: what became of it.
        typical: conversations nearest to its centre.
        edge: the ones that fit it least.
    """

    number: int
    name: str
    machine_name: str
    named_by_people: bool
    pinned: bool
    ignored: bool
    subtitle: str
    keywords: tuple[str, ...]
    state: str
    numbers: tuple[int, ...]
    lineage: list[dict[str, Any]]
    created_at: datetime | None
    turns: int
    typical: tuple[Example, ...]
    edge: tuple[Example, ...]
    flags: tuple[PartOfTopic, ...]
    models: tuple[PartOfTopic, ...]
    prompts: tuple[PartOfTopic, ...]
    users: tuple[TopicUser, ...]


class TopicListAnswer(DataclassSerializer[TopicList]):
    """Topics and what they cover."""

    class Meta:
        dataclass = TopicList


class TopicAnswer(DataclassSerializer[TopicAnswerBody]):
    """One topic."""

    class Meta:
        dataclass = TopicAnswerBody


class Topics(APIView):
    """Topics of one project."""

    @extend_schema(operation_id="list_topics", parameters=[RangeQuery, PROJECT], responses=TopicListAnswer)
    def get(self, request: Request) -> Response:
        """List topics with their figures in a time range, and what they cover."""
        scope = scope_of(access_of(request), query_of(request, RangeQuery))
        table = topic_table(scope)
        found = TopicList(
            topics=tuple(_line(row) for row in table.topics),
            groups=tuple(_line(row) for row in table.groups),
            other=_line(table.other) if table.other else None,
            coverage=coverage(scope),
        )
        return Response(TopicListAnswer(found).data)


class TopicView(APIView):
    """One topic."""

    @extend_schema(operation_id="read_topic", parameters=[RangeQuery, PROJECT], responses=TopicAnswer)
    def get(self, request: Request, number: int) -> Response:
        """Read everything about a topic, a group of topics, or Other (0)."""
        scope = scope_of(access_of(request), query_of(request, RangeQuery))
        return Response(TopicAnswer(_body(topic_detail(scope, number))).data)


def rate_of(estimate: Estimate) -> Rate:
    """A share as JSON has it: nulls where nothing was counted."""
    if not estimate.n:
        return Rate(None, None, None, 0)
    return Rate(estimate.value, estimate.low, estimate.high, estimate.n)


def _line(row: TopicRow) -> TopicLine:
    return TopicLine(
        number=row.number,
        name=row.name,
        named_by_people=row.named_by_people,
        pinned=row.pinned,
        subtitle=row.subtitle,
        keywords=row.keywords,
        group=row.group,
        conversations=row.conversations,
        share=rate_of(row.share),
        users=row.users,
        turns=row.turns,
        error_rate=rate_of(row.error_rate),
        flag_rate=rate_of(row.flag_rate),
        low_confidence=row.low_confidence,
        p95_ms=row.p95_ms,
        cost_usd=row.cost_usd,
        unpriced_spans=row.unpriced_spans,
        trend=row.trend,
        badge=row.badge.kind if row.badge else "",
        badge_rule=row.badge.rule if row.badge else "",
    )


def _body(found: TopicDetail) -> TopicAnswerBody:
    topic = found.topic
    return TopicAnswerBody(
        number=topic.number if topic else 0,
        name=topic.name if topic else "Other",
        machine_name=topic.machine_name if topic else "Other",
        named_by_people=bool(topic and topic.name_by_people),
        pinned=bool(topic and topic.is_pinned),
        ignored=bool(topic and topic.is_ignored),
        subtitle=topic.subtitle if topic else "Conversations that are in no topic",
        keywords=tuple(str(word) for word in topic.keywords) if topic else (),
        state=topic.state if topic else "active",
        numbers=found.numbers,
        lineage=list(topic.lineage) if topic else [],
        created_at=topic.created_at if topic else None,
        turns=found.turns,
        typical=found.typical,
        edge=found.edge,
        flags=tuple(_flagged(split) for split in found.flags),
        models=tuple(_split(split) for split in found.models),
        prompts=tuple(_split(split) for split in found.prompts),
        users=found.users,
    )


def _flagged(split: FlagSplit) -> PartOfTopic:
    return PartOfTopic(split.detector, split.turns, rate_of(split.rate))


def _split(split: Split) -> PartOfTopic:
    return PartOfTopic(
        split.value,
        split.turns,
        rate_of(split.flag_rate),
        rate_of(split.error_rate),
        split.p95_ms,
        split.cost_usd,
    )
