"""The topics table: what people want, how often, how well it goes, what it costs, and what grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics.questions.growth import TOPIC, Badge, Shares, shares
from analytics.questions.marks import ignored_topics, published_fit
from analytics.questions.scope import Scope
from analytics.questions.sides import sides_of
from analytics.questions.sql import fill
from analytics.statistics import intervals
from analytics.statistics.intervals import Estimate
from backend.store.connection import store
from backend.store.query import Query
from backend.topics.models import Topic, TopicFit

OTHER: Final = 0
"""Number of Other: conversations that are in no topic."""


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic, one group of topics, or Other, in one range.

    Attributes:
        number: its own for good; 0 is Other.
        level: 1 a topic, 0 a group of topics.
        group: number of its group; 0 where it stands by itself.
        subtitle: the most typical message.
        named_by_people: whether people gave it its name.
        pinned: whether people keep it.
        conversations: with a turn in the range.
        share: of all assigned conversations of the range, with its interval.
        low_confidence: conversations that stand in it by a guess.
        p95_ms: of its turns; None where there are none.
        unpriced_spans: the cost is too low by theirs.
        trend: conversations per step of the range.
        badge: whether it is new, growing or shrinking, and by what rule; None where none is sure.
    """

    number: int
    level: int
    group: int
    name: str
    subtitle: str
    keywords: tuple[str, ...]
    named_by_people: bool
    pinned: bool
    conversations: int
    share: Estimate
    users: int
    turns: int
    errors: int
    flagged_turns: int
    low_confidence: int
    p95_ms: float | None
    cost_usd: float
    unpriced_spans: int
    trend: tuple[int, ...]
    badge: Badge | None

    @property
    def error_rate(self) -> Estimate:
        """Share of its turns that ended in an error."""
        return intervals.rate(self.errors, self.turns)

    @property
    def flag_rate(self) -> Estimate:
        """Share of its turns with a flag."""
        return intervals.rate(self.flagged_turns, self.turns)


@dataclass(frozen=True, slots=True)
class TopicTable:
    """All topics of a range, largest first.

    Attributes:
        topics: of level 1.
        groups: of level 0; empty where topics stand by themselves.
        other: conversations in no topic.
        conversations: that are assigned, those in Other too.
        fit: the published fit; None before the first.
        moved: how the shares of topics, not of groups, moved; also of topics that have no conversation any more.
    """

    topics: tuple[TopicRow, ...]
    groups: tuple[TopicRow, ...]
    other: TopicRow | None
    conversations: int
    fit: TopicFit | None
    moved: Shares


@dataclass(frozen=True, slots=True)
class _Counted:
    number: int
    conversations: int
    users: int
    turns: int
    errors: int
    flagged_turns: int
    low_confidence: int
    p95_ms: float | None
    cost_usd: float
    unpriced_spans: int


@dataclass(frozen=True, slots=True)
class _Step:
    number: int
    start: Any
    conversations: int


# Topics that people left out count nowhere; the coverage says how many conversations that are.
_SHOWN: Final = "a.topic_id NOT IN {ignored:Array(UInt32)}"

_COUNTED: Final = Query(
    "topics_counted",
    fill(
        """
SELECT @key AS number,
    uniqExact(t.conversation_id) AS conversations,
    uniqExactIf(t.user_id, t.user_id != '') AS users,
    count() AS turns,
    countIf(t.status = 'error') AS errors,
    countIf(@flagged) AS flagged_turns,
    uniqExactIf(t.conversation_id, a.state = 'low_confidence') AS low_confidence,
    @p95 AS p95_ms,
    sum(ifNull(t.cost_usd, 0)) AS cost_usd,
    sum(t.unpriced_spans) AS unpriced_spans
FROM @turns INNER JOIN @assigned USING (conversation_id)
WHERE @shown
GROUP BY number
ORDER BY conversations DESC, number
""",
        key=TOPIC,
        shown=_SHOWN,
    ),
    _Counted,
)
_STEPS: Final = Query(
    "topic_trends",
    fill(
        """
SELECT @key AS number, @bucket AS start, uniqExact(t.conversation_id) AS conversations
FROM @turns INNER JOIN @assigned USING (conversation_id)
WHERE @shown
GROUP BY number, start
""",
        key=TOPIC,
        shown=_SHOWN,
    ),
    _Step,
)


NOTHING: Final = TopicTable((), (), None, 0, None, Shares(None, {}, 0))
"""What there is before the first fit."""


def topic_table(scope: Scope, shown: int | None = None) -> TopicTable:
    """All topics of the published fit in a range; empty before the first fit.

    Args:
        scope: project, range and environment.
        shown: number of a topic that is counted although people left it out, as on its own page.
    """
    fit = published_fit(scope.project_id)
    if fit is None:
        return NOTHING
    topics = {topic.number: topic for topic in Topic.objects.filter(fit=fit).select_related("parent")}
    above = {one.number: one.parent.number for one in topics.values() if one.level == 1 and one.parent}
    ignored = [number for number in ignored_topics(scope.project_id) if number != shown]
    sides = sides_of(scope)
    moved = shares(sides, fit.pk, {}, ignored)
    fine = _rows(scope, fit.pk, topics, {}, ignored, moved)
    # Groups are a question of their own: what is told of one is told of its topics besides.
    broad = _rows(scope, fit.pk, topics, above, ignored, shares(sides, fit.pk, above, ignored)) if above else ()
    return TopicTable(
        topics=tuple(row for row in fine if row.number != OTHER),
        groups=tuple(row for row in broad if row.level == 0 and row.number != OTHER),
        other=next((row for row in fine if row.number == OTHER), None),
        conversations=sum(row.conversations for row in fine),
        fit=fit,
        moved=moved,
    )


def _rows(
    scope: Scope,
    fit_id: int,
    topics: Mapping[int, Topic],
    above: Mapping[int, int],
    ignored: Sequence[int],
    moved: Shares,
) -> tuple[TopicRow, ...]:
    keys = {"fit_id": fit_id, "numbers": list(above), "keys": list(above.values()), "ignored": list(ignored)}
    asked = {**scope.parameters(), **keys}
    counted = store().fetch(_COUNTED, **asked)
    trends: dict[int, dict[Any, int]] = {}
    for step in store().fetch(_STEPS, **asked, bucket_s=scope.range.bucket_s):
        trends.setdefault(step.number, {})[step.start] = step.conversations
    total = sum(row.conversations for row in counted)
    steps = scope.range.buckets()
    return tuple(
        _row(
            row,
            topics.get(row.number),
            total,
            [trends.get(row.number, {}).get(one, 0) for one in steps],
            moved.badges.get(row.number),
        )
        for row in counted
        if row.number in topics or row.number == OTHER
    )


def _row(row: _Counted, topic: Topic | None, total: int, trend: Sequence[int], badge: Badge | None) -> TopicRow:
    return TopicRow(
        number=row.number,
        level=topic.level if topic else 1,
        group=topic.parent.number if topic and topic.parent else 0,
        name=topic.name if topic else "Other",
        subtitle=topic.subtitle if topic else "Conversations that are in no topic",
        keywords=tuple(topic.keywords) if topic else (),
        named_by_people=bool(topic and topic.name_by_people),
        pinned=bool(topic and topic.is_pinned),
        conversations=row.conversations,
        share=intervals.rate(row.conversations, total),
        users=row.users,
        turns=row.turns,
        errors=row.errors,
        flagged_turns=row.flagged_turns,
        low_confidence=row.low_confidence,
        p95_ms=row.p95_ms,
        cost_usd=row.cost_usd,
        unpriced_spans=row.unpriced_spans,
        trend=tuple(trend),
        badge=badge,
    )
