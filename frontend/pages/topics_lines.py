"""Lines of the topics table: sorted, in two levels or in one, Other at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from analytics.questions.topics import TopicRow, TopicTable
from frontend.pages.topics_changed import Mark, share_mark
from frontend.pages.traces import topic_color


@dataclass(frozen=True, slots=True)
class Line:
    """A topic, a group of topics, or Other, as the table shows it.

    Attributes:
        color: one of the twelve, or ``other``; a topic has its group's, as on the map.
        numbers: of the topics whose points belong to it.
        below: topics of a group.
        marks: WORSE and BETTER.
    """

    row: TopicRow
    href: str
    color: str
    numbers: tuple[int, ...]
    below: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def badges(self) -> list[Mark]:
        """What is told of it beside its name."""
        return [*([share_mark(self.row.badge)] if self.row.badge else []), *self.marks]

    @property
    def trend(self) -> list[int]:
        """Conversations over time in few steps: in a drawing this small, more of them are only noise."""
        return coarse(self.row.trend)


SORTS: Final[dict[str, Callable[[TopicRow], Any]]] = {
    "name": lambda row: row.name.lower(),
    "conversations": lambda row: row.conversations,
    "users": lambda row: row.users,
    "flags": lambda row: row.flag_rate.value if row.turns else -1.0,
    "errors": lambda row: row.error_rate.value if row.turns else -1.0,
    "latency": lambda row: row.p95_ms if row.p95_ms is not None else -1.0,
    "cost": lambda row: row.cost_usd,
}
"""What the table can be sorted by, by the word in the address."""


TREND_STEPS: Final = 16


def coarse(trend: Sequence[int]) -> list[int]:
    """Sum neighbouring steps until there are few; what does not fill a step at the beginning is left out."""
    size = max(1, math.ceil(len(trend) / TREND_STEPS))
    return [sum(trend[start : start + size]) for start in range(len(trend) % size, len(trend), size)]


def sort_of(asked: str) -> str:
    """The sort that an address asks for; largest first where it asks for none that there is."""
    return asked if asked.removeprefix("-") in SORTS else "-conversations"


Marks = Mapping[int, Sequence[Mark]]
"""Badges WORSE and BETTER by topic."""


def flat(table: TopicTable, sort: str, slug: str, marks: Marks | None = None) -> list[Line]:
    """All topics in one level."""
    return [*lines_of(table.topics, sort, slug, marks), *_other(table, slug)]


def grouped(table: TopicTable, sort: str, slug: str, marks: Marks | None = None) -> list[Line]:
    """Groups with their topics below, and topics that stand by themselves among them."""
    below: dict[int, list[TopicRow]] = {}
    for row in table.topics:
        below.setdefault(row.group, []).append(row)
    groups = {row.number: row for row in table.groups}
    alone = [row for number, rows in below.items() if number not in groups for row in rows]
    lines = [
        _line(row, slug, tuple(lines_of(below.get(row.number, ()), sort, slug, marks)), marks)
        for row in _sorted([*groups.values(), *alone], sort)
    ]
    return [*lines, *_other(table, slug)]


def lines_of(rows: Iterable[TopicRow], sort: str, slug: str, marks: Marks | None = None) -> list[Line]:
    """Topics in one level, without Other."""
    return [_line(row, slug, (), marks) for row in _sorted(rows, sort)]


def _sorted(rows: Iterable[TopicRow], sort: str) -> list[TopicRow]:
    key = SORTS[sort.removeprefix("-")]
    return sorted(rows, key=lambda row: (key(row), row.number), reverse=sort.startswith("-"))


def _line(row: TopicRow, slug: str, below: tuple[Line, ...] = (), marks: Marks | None = None) -> Line:
    return Line(
        row=row,
        href=reverse("topic", args=[slug, row.number]),
        color=topic_color(row.group or row.number),
        numbers=tuple(line.row.number for line in below) or (row.number,),
        below=below,
        marks=tuple((marks or {}).get(row.number, ())),
    )


def _other(table: TopicTable, slug: str) -> list[Line]:
    return [_line(table.other, slug)] if table.other else []
