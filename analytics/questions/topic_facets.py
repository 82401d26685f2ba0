"""A facet of conversations beside their topics: each value with share, users, trend, change, and its topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from analytics.questions.facet_counts import UNPLACED, Counted, Keying, Placed, Sized, clustered
from analytics.questions.marks import ignored_topics, published_fit, topic_names
from analytics.questions.scope import Scope
from analytics.questions.sides import Sides, sides_of
from analytics.questions.worsening import LEAST, LEAST_HITS, alike, matters
from analytics.statistics import intervals
from analytics.statistics.clustered import Clustered, told
from analytics.statistics.compare import Comparison
from analytics.statistics.intervals import Estimate

SHOWN: Final = 50
"""Conversations of one value that are listed."""

Move = Literal["", "more", "fewer", "not_compared"]


@dataclass(frozen=True, slots=True)
class InTopic:
    """Conversations of one topic that have a value.

    Attributes:
        number: of the topic; 0 is Other, None where they are in no topic yet.
        share: of all conversations of the topic, with an interval that counts users as clusters.
    """

    number: int | None
    name: str
    conversations: int
    users: int
    share: Estimate


@dataclass(frozen=True, slots=True)
class Change:
    """A value against the former period.

    Attributes:
        move: ``more`` or ``fewer`` conversations than chance explains, ``not_compared`` where it was not looked for
            alike in both periods, else empty.
        before: its conversations among all of the former period.
        now: among all of the later one.
        comparison: of the two; None where there is no move.
    """

    move: Move
    before: Clustered
    now: Clustered
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet in a range.

    Attributes:
        key: names it in addresses.
        conversations: that have it.
        share: of all conversations, with an interval that counts users as clusters.
        users: known by an id, with at least one such conversation.
        trend: conversations per step of the range.
        change: against the former period; None where there is none.
        topics: where it is, most conversations first.
        examples: ids of conversations, at most three.
    """

    key: str
    conversations: int
    share: Estimate
    users: int
    trend: tuple[int, ...]
    change: Change | None
    topics: tuple[InTopic, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facet:
    """All values of a facet, most conversations first.

    Attributes:
        conversations: of the range, but those in topics that people left out.
        values: that a conversation of the range has, and those that are gone by more than chance explains.
        sides: what was compared; None where there is no former period that holds enough.
        looks: comparisons that were made.
    """

    conversations: int
    values: tuple[FacetValue, ...]
    sides: Sides | None
    looks: int

    def value(self, key: str) -> FacetValue:
        """The value of a key, without a conversation where there is none."""
        nothing = FacetValue(key, 0, intervals.rate(0, self.conversations), 0, (), None, (), ())
        return next((one for one in self.values if one.key == key), nothing)


@dataclass(frozen=True, slots=True)
class Told:
    """One conversation with a value.

    Attributes:
        why: what was told of it, in words; text of traces may stand in it.
        number: of its topic; 0 is Other, None where it is in none yet.
    """

    conversation_id: str
    trace_id: str
    why: str
    number: int | None
    topic: str
    start_time: datetime


Measure = Callable[[str], str]
"""The measure that tells whether a key was looked for alike in two periods; empty where nothing has to be."""


def placed(scope: Scope) -> Placed:
    """A scope with the published fit and without the topics that people left out."""
    fit = published_fit(scope.project_id)
    return Placed(scope, fit.pk if fit else 0, tuple(ignored_topics(scope.project_id)))


def facet(scope: Scope, keying: Keying, measure: Measure) -> Facet:
    """Count the values of a facet and compare them with the former period."""
    where = placed(scope)
    size, found = where.size(), keying.counted(where)
    changes, sides, looks = _changes(where, size, found, keying, measure)
    trends, topics = keying.trends(where), _topics(where, keying)
    values = []
    for key in {*found, *(key for key, one in changes.items() if one.move == "fewer")}:
        one, counted = found.get(key), clustered(found.get(key), size)
        values.append(
            FacetValue(
                key=key,
                conversations=counted.hits,
                share=counted.estimate,
                users=one.users if one else 0,
                trend=trends.get(key, ()),
                change=changes.get(key),
                topics=tuple(topics.get(key, ())),
                examples=tuple(one.examples) if one else (),
            )
        )
    values.sort(key=lambda one: (-one.conversations, one.key))
    return Facet(size.size, tuple(values), sides, looks)


def conversations_with(scope: Scope, keying: Keying, key: str, number: int | None = None) -> tuple[Told, ...]:
    """The newest conversations with a value, at most ``SHOWN``; of one topic where ``number`` names it."""
    names = topic_names(scope.project_id)
    return tuple(
        Told(
            row.conversation_id, row.trace_id, row.why, number_of(row.number), _name(row.number, names), row.start_time
        )
        for row in keying.listed(placed(scope), key, number, SHOWN)
    )


def number_of(stored: int) -> int | None:
    """A topic's number; None for conversations that no fit has placed yet."""
    return None if stored == UNPLACED else stored


def _name(stored: int, names: Mapping[int, str]) -> str:
    return "Not in a topic yet" if stored == UNPLACED else names.get(stored, "Other")


def _topics(where: Placed, keying: Keying) -> dict[str, list[InTopic]]:
    names, sizes = topic_names(where.scope.project_id), where.topic_sizes()
    found: dict[str, list[InTopic]] = {}
    for row in sorted(keying.by_topic(where), key=lambda row: (-row.hits, row.number)):
        share = clustered(row, sizes[row.number]).estimate
        one = InTopic(number_of(row.number), _name(row.number, names), row.hits, row.users, share)
        found.setdefault(row.key, []).append(one)
    return found


def _changes(
    where: Placed, size: Sized, counts: Mapping[str, Counted], keying: Keying, measure: Measure
) -> tuple[dict[str, Change], Sides | None, int]:
    sides = sides_of(where.scope)
    if sides is None:
        return {}, None, 0
    pairs = _pairs(where, size, counts, sides, keying)
    measures = {key: measure(key) for key in pairs}
    comparable = alike(sides, sorted({one for one in measures.values() if one}))
    looked = {
        key: pair
        for key, pair in pairs.items()
        if (not measures[key] or measures[key] in comparable)
        and min(pair[0].size, pair[1].size) >= LEAST
        and pair[0].hits + pair[1].hits >= LEAST_HITS
    }
    moved = {key: one for key, one in told(looked).items() if matters(*looked[key])}
    found = {}
    for key, (before, now) in pairs.items():
        comparison = moved.get(key)
        move: Move = "" if not measures[key] or measures[key] in comparable else "not_compared"
        if comparison:
            move = "more" if comparison.difference > 0 else "fewer"
        found[key] = Change(move, before, now, comparison)
    return found, sides, len(looked)


def _pairs(
    where: Placed, size: Sized, counts: Mapping[str, Counted], sides: Sides, keying: Keying
) -> dict[str, tuple[Clustered, Clustered]]:
    former = replace(where, scope=sides.before)
    before, first = keying.counted(former), former.size()
    if sides.now != where.scope:  # only the end of the range has a former period
        later = replace(where, scope=sides.now)
        counts, size = keying.counted(later), later.size()
    return {
        key: (clustered(before.get(key), first), clustered(counts.get(key), size)) for key in sorted({*before, *counts})
    }
