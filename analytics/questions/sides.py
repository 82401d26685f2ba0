"""What a period is compared with: a former one of the same weekdays, or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from analytics.questions.scope import Range, Scope
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query

WEEK: Final = timedelta(days=7)
LEAST_BEFORE: Final = 30
"""Fewest conversations of the former period; with less there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Two periods of equal length that hold the same weekdays.

    Attributes:
        before: the former one.
        now: the later one: the whole range that was asked for, or its last weeks.
        words: what the former is called, after "in".
        lately: what the later is called where it is only the end of the range; else empty.
    """

    before: Scope
    now: Scope
    words: str
    lately: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    conversations: int
    first: datetime


_HELD: Final = Query(
    "former_period",
    fill("SELECT uniqExact(t.conversation_id) AS conversations, min(t.start_time) AS first FROM @turns"),
    _Held,
)


def sides_of(scope: Scope) -> Sides | None:
    """The two periods that are compared for a scope; None where there is no former one that holds enough.

    That is the range moved back by whole weeks, as few as do not overlap. Where a project is younger than that, the
    last weeks of the range are compared with as many before them.
    """
    return next((one for one in _possible(scope) if _is_there(one.before)), None)


def _possible(scope: Scope) -> Iterator[Sides]:
    weeks = math.ceil(scope.range.length / WEEK)
    back = weeks * WEEK
    moved = replace(scope, range=Range(scope.range.start - back, scope.range.end - back))
    yield Sides(moved, scope, _words(weeks, is_whole=scope.range.length == back))
    for part in range(int(scope.range.length / (2 * WEEK)), 0, -1):
        middle = scope.range.end - part * WEEK
        former = replace(scope, range=Range(middle - part * WEEK, middle))
        lately = "in the last week" if part == 1 else f"in the last {part} weeks"
        yield Sides(former, replace(scope, range=Range(middle, scope.range.end)), _words(part, is_whole=True), lately)


def _words(weeks: int, *, is_whole: bool) -> str:
    if is_whole:
        return "the week before" if weeks == 1 else f"the {weeks} weeks before"
    return "the same days a week before" if weeks == 1 else f"the same days {weeks} weeks before"


def _is_there(former: Scope) -> bool:
    """Whether a period holds enough, and not only at its end: a project may have begun in its midst."""
    held = store().fetch(_HELD, **former.parameters())[0]
    return held.conversations >= LEAST_BEFORE and held.first <= former.range.start + former.range.length / 4
