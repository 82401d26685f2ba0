"""Facets of conversations beside their topics, as JSON: the parts that problems and outcomes share."""

from __future__ import annotations

from dataclasses import dataclass

from rest_framework import serializers

from analytics.questions.scope import Range
from analytics.questions.topic_facets import Change, FacetValue, InTopic, Move
from backend.api.asked import RangeQuery
from backend.api.overview import Rate
from backend.api.topic_changes import Period
from backend.api.topics import rate_of


class ValueQuery(RangeQuery):
    """A range and a topic."""

    topic = serializers.IntegerField(
        required=False,
        default=None,
        min_value=0,
        max_value=2**31,
        help_text="Only conversations of this topic; 0 is Other.",
    )


@dataclass(frozen=True, slots=True)
class TopicPart:
    """Conversations of one topic with a value.

    Attributes:
        number: of the topic; 0 is Other, null where they are in no topic yet.
        share: of all conversations of the topic; users count as clusters.
    """

    number: int | None
    name: str
    conversations: int
    users: int
    share: Rate


@dataclass(frozen=True, slots=True)
class FacetChange:
    """A value against the former period.

    Attributes:
        move: more or fewer conversations than chance explains, not_compared where it was not looked for alike in both
            periods, else empty.
        before: share of the former period.
        now: share of the later one.
        low: lower limit of the difference; null where there is no move.
        high: upper limit.
    """

    move: Move
    before: Rate
    now: Rate
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class FacetLine:
    """One value of a facet.

    Attributes:
        key: names it in addresses.
        text: what it is; empty where nothing is known of it.
        search: finds its traces; empty where a search cannot say it.
        share: of all conversations; users count as clusters.
        users: known by an id.
        trend: conversations per step of the range.
        change: against the former period; null where there is none.
        topics: where it is, most conversations first.
        examples: ids of conversations, at most three.
    """

    key: str
    name: str
    text: str
    search: str
    conversations: int
    share: Rate
    users: int
    trend: tuple[int, ...]
    change: FacetChange | None
    topics: tuple[TopicPart, ...]
    examples: tuple[str, ...]


def line_of(value: FacetValue, name: str, text: str, search: str) -> FacetLine:
    """A value as JSON has it."""
    return FacetLine(
        key=value.key,
        name=name,
        text=text,
        search=search,
        conversations=value.conversations,
        share=rate_of(value.share),
        users=value.users,
        trend=value.trend,
        change=_change(value.change) if value.change else None,
        topics=tuple(_part(one) for one in value.topics),
        examples=value.examples,
    )


def period_of(range_: Range | None) -> Period | None:
    """A period that was compared."""
    return Period(range_.start, range_.end) if range_ else None


def _change(change: Change) -> FacetChange:
    found = change.comparison
    return FacetChange(
        move=change.move,
        before=rate_of(change.before.estimate),
        now=rate_of(change.now.estimate),
        low=found.low if found else None,
        high=found.high if found else None,
    )


def _part(one: InTopic) -> TopicPart:
    return TopicPart(one.number, one.name, one.conversations, one.users, rate_of(one.share))
