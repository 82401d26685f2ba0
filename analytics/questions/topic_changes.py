"""What changed in topics: growing, shrinking, worse, better, in sentences with their numbers and their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from analytics.questions.grammar import Token, literal
from analytics.questions.growth import Badge, points
from analytics.questions.marks import ignored_topics, topic_names
from analytics.questions.scope import Scope
from analytics.questions.sides import Sides
from analytics.questions.topics import TopicTable
from analytics.questions.worsening import RateChange, rate_changes

Kind = Literal["new", "growing", "shrinking", "worse", "better"]


@dataclass(frozen=True, slots=True)
class TopicChange:
    """One thing that changed in one topic.

    Attributes:
        kind: its share: ``new``, ``growing``, ``shrinking``; what goes wrong in it: ``worse``, ``better``.
        number: of the topic.
        measure: ``share``, or what goes wrong, as ``RateChange`` has it.
        text: the sentence, with figures, sample and interval.
        before: former rate, 0 to 1.
        now: later rate.
        low: lower limit of the difference of the two; the interval allows for all that was looked at.
        high: upper limit.
        n_before: conversations behind the former rate.
        n_now: behind the later one.
        p_value: how often chance gives as much, one look alone.
        search: finds the traces behind it in the trace list; empty where a search cannot say it.
        examples: ids of conversations of the later period, at most three.
    """

    kind: Kind
    number: int
    name: str
    measure: str
    text: str
    before: float
    now: float
    low: float
    high: float
    n_before: int
    n_now: int
    p_value: float
    search: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicChanges:
    """What changed and what it was compared with.

    Attributes:
        sides: the periods; None where there is no former one, and then nothing can be said.
        changes: shares first, then what goes worse, then what goes better.
        looks: comparisons that were made.
        not_alike: measures that were not looked for alike in both periods and are not compared.
    """

    sides: Sides | None
    changes: tuple[TopicChange, ...]
    looks: int
    not_alike: tuple[str, ...]


_ORDER: Final[tuple[Kind, ...]] = ("new", "growing", "worse", "shrinking", "better")


def topic_changes(scope: Scope, table: TopicTable) -> TopicChanges:
    """Everything about topics that differs from the former period by more than chance explains.

    Args:
        scope: project, range and environment.
        table: the topics table of the same scope.
    """
    sides = table.moved.sides
    if sides is None or table.fit is None:
        return TopicChanges(sides, (), 0, ())
    names = topic_names(scope.project_id)
    rates = rate_changes(sides, table.fit.pk, ignored_topics(scope.project_id))
    shown = [_shared(number, names.get(number, ""), badge) for number, badge in table.moved.badges.items()]
    shown += [_rated(one, names.get(one.number, ""), sides) for one in rates.changes]
    shown.sort(key=lambda one: (_ORDER.index(one.kind), -abs(one.now - one.before), one.number, one.measure))
    return TopicChanges(sides, tuple(shown), table.moved.looks + rates.looks, rates.not_alike)


def _shared(number: int, name: str, badge: Badge) -> TopicChange:
    return TopicChange(
        kind=badge.kind,
        number=number,
        name=name,
        measure="share",
        text=f"“{name}” is {badge.kind}: {badge.rule}.",
        before=badge.before.rate,
        now=badge.now.rate,
        low=badge.comparison.low,
        high=badge.comparison.high,
        n_before=badge.before.size,
        n_now=badge.now.size,
        p_value=badge.comparison.p_value,
        search=_topic(number),
        examples=(),
    )


def _rated(one: RateChange, name: str, sides: Sides) -> TopicChange:
    lately = f" {sides.lately}" if sides.lately else ""
    return TopicChange(
        kind="worse" if one.is_worse else "better",
        number=one.number,
        name=name,
        measure=one.measure,
        text=(
            f"“{name}” has {'more' if one.is_worse else 'fewer'} conversations with {worded(one.measure)}:"
            f" {one.now.told}{lately}, {one.before.told} in {sides.words} ({points(one.comparison)})."
        ),
        before=one.before.rate,
        now=one.now.rate,
        low=one.comparison.low,
        high=one.comparison.high,
        n_before=one.before.size,
        n_now=one.now.size,
        p_value=one.comparison.p_value,
        search=_search(one),
        examples=one.examples,
    )


def worded(measure: str) -> str:
    """What goes wrong, in words.

    >>> worded("status:error"), worded("flag:off_topic"), worded("score:satisfaction")
    ('an error', 'the flag “off topic”', 'low satisfaction')
    """
    kind, _, name = measure.partition(":")
    plain = name.replace("_", " ")
    if kind == "status":
        return "an error"
    return {"flag": f"the flag “{plain}”", "cause": f"the probable cause “{plain}”"}.get(kind, f"low {plain}")


def _search(one: RateChange) -> str:
    kind, _, name = one.measure.partition(":")
    if not one.is_worse:
        return _topic(one.number)
    if kind == "score":
        return ""
    return f"{_topic(one.number)} {Token(kind, name if kind == 'status' else literal(name)).text}"


def _topic(number: int) -> str:
    return Token("topic", str(number)).text
