"""What the address of the trace list asks for, and the search as the page shows it: chips, lenses, columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from django.http import HttpRequest

from analytics.questions import grammar
from analytics.questions.filters import Conditions, Topics, compile_filter
from analytics.questions.grammar import FIELDS, Filter
from analytics.questions.scope import Range, Scope
from analytics.questions.searchable import searchable_topics
from analytics.questions.traces import SORTS, Sort
from backend.errors import BadRequest
from backend.projects.access import Access
from frontend.period import Period, period_of
from frontend.shell import environment_of


@dataclass(frozen=True, slots=True)
class Asked:
    """The trace list that an address means.

    Attributes:
        search: the search field as it was written.
        where: the same, compiled for this project.
        live: whether new traces are to be announced; only the newest first and up to now.
    """

    scope: Scope
    period: Period
    search: Filter
    where: Conditions
    topics: Topics
    sort: Sort
    cursor: str
    live: bool


@dataclass(frozen=True, slots=True)
class Lens:
    """A search that has a tab of its own."""

    label: str
    search: str = ""
    sort: str = "time"
    icon: str = ""


LENSES: Final = (
    Lens("All"),
    Lens("Errors", "status:error", icon="circle-alert"),
    Lens("Flagged", "has:flag", icon="flag"),
    Lens("Security", "has:security", icon="shield-alert"),
    Lens("Slowest", sort="latency", icon="timer"),
    Lens("Costliest", sort="cost", icon="coins"),
    Lens("Feedback", "has:feedback", icon="thumbs-up"),
)

COLUMNS: Final = {
    "topic": "Topic",
    "latency": "Latency",
    "cost": "Cost, tokens",
    "model": "Model, user",
    "environment": "Environment",
}
"""Columns that can be left out, in their order; time, trace and status always stand."""

DEFAULT_COLUMNS: Final = ("topic", "latency", "cost", "model")


def asked_of(request: HttpRequest, access: Access) -> Asked:
    """Read the address of the list.

    Raises:
        BadRequest: the period or the sort cannot be read.
    """
    period = period_of(request)
    sort = (request.GET.get("sort") or "time").removeprefix("-")
    if sort not in SORTS:
        raise BadRequest(f"sort is {sort[:40]!r}; it must be one of {', '.join(SORTS)}")
    search = grammar.parse(" ".join(request.GET.getlist("q")))
    topics = searchable_topics(access.project.pk)
    cursor = request.GET.get("cursor", "")
    return Asked(
        scope=Scope(access.project.pk, Range(period.start, period.end), environment_of(request)),
        period=period,
        search=search,
        where=compile_filter(search, topics),
        topics=topics,
        sort=cast("Sort", sort),
        cursor=cursor,
        live=request.GET.get("live") == "1" and sort == "time" and not cursor and not request.GET.get("to"),
    )


def query_with(request: HttpRequest, **changes: str) -> str:
    """The query of this address with changes, ``?`` included; an empty value takes a name out."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return "?" + query.urlencode()


def chips(request: HttpRequest, asked: Asked) -> list[dict[str, Any]]:
    """Every token of the search, also those that mean nothing, with its reason and the address without it."""
    reasons = {one.text: one.reason for one in asked.where.invalid}
    texts = [token.text for token in asked.search.tokens] + [one.text for one in asked.search.invalid]
    return [
        {
            "text": text,
            "valid": text not in reasons,
            "reason": reasons.get(text, ""),
            "remove_href": query_with(request, q=" ".join(texts[:place] + texts[place + 1 :]), cursor=""),
        }
        for place, text in enumerate(texts)
    ]


def lenses(request: HttpRequest, asked: Asked) -> list[dict[str, Any]]:
    """The tabs above the list; the one whose search is the page's is current."""
    return [
        {
            "label": lens.label,
            "icon": lens.icon,
            "href": query_with(request, q=lens.search, sort="" if lens.sort == "time" else lens.sort, cursor=""),
            "current": (asked.search.text, asked.sort) == (lens.search, lens.sort) and not asked.search.invalid,
        }
        for lens in LENSES
    ]


def suggestions() -> list[dict[str, str]]:
    """What can be typed: every field, and each choice where there are few."""
    found = []
    for name, field in FIELDS.items():
        if field.choices:
            found += [{"text": f"{name}:{choice}", "hint": field.text} for choice in field.choices]
        else:
            found.append({"text": f"{name}:", "hint": f"{field.text}, such as {field.example}"})
    return found


def columns_of(request: HttpRequest) -> tuple[str, ...]:
    """The columns to show: as the address says, else as this person chose last."""
    named = request.GET.get("cols")
    if named is not None:
        request.session["trace_columns"] = [name for name in COLUMNS if name in named.split(",")]
    kept = request.session.get("trace_columns")
    return tuple(name for name in COLUMNS if name in (DEFAULT_COLUMNS if kept is None else kept))


def column_choices(request: HttpRequest, shown: tuple[str, ...]) -> list[dict[str, Any]]:
    """A link a column that shows or hides it."""
    choices = []
    for name, label in COLUMNS.items():
        on = name in shown
        others = [one for one in COLUMNS if one in shown and one != name]
        after = others if on else [*others, name]
        choices.append({"label": label, "on": on, "href": query_with(request, cols=",".join(after) or "none")})
    return choices
