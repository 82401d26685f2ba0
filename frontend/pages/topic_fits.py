"""How topics were found: each fit with what it was made of, what it says of itself and what it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analytics.pipeline import fit_due
from analytics.questions.topic_lineage import Event, History, topic_lineage
from backend.projects.access import Access
from backend.topics.models import Topic, TopicFit
from frontend.charts import topic_lineage as chart
from frontend.guard import project_page
from frontend.pages.topic_deeds import decisions_of

SHOWN: Final = 50
"""Fits of about two months, where nobody asks for more."""

MOST_EVENTS: Final = 200
"""Events of topics that are listed below the drawing."""
_PREPOSITIONS: Final = {"split from": "from", "merged into": "into", "came back": "from"}

_EVENTS: Final = ("found", "split from", "merged into", "retired", "came back")
_WORDS: Final = {
    "found": "found",
    "split from": "split off",
    "merged into": "merged",
    "retired": "gone",
    "came back": "came back",
}


@dataclass(frozen=True, slots=True)
class FitLine:
    """One fit as the page shows it.

    Attributes:
        at: when it was published, else begun.
        state: of the fit.
        reason: why it ran, or why it failed.
        conversations: how many it was fitted on.
        topics: how many it found.
        other: share without a topic, 0 to 1; None where it was not measured.
        unsure: share with a topic by a guess.
        stability: mean of its topics, 0 to 1.
        seconds: of wall time.
        changes: what became of topics, in words.
    """

    at: datetime
    state: str
    reason: str
    conversations: int
    topics: int | None
    other: float | None
    unsure: float | None
    stability: float | None
    seconds: float | None
    changes: str


@require_GET
@project_page
def topic_fits(request: HttpRequest, access: Access) -> HttpResponse:
    """List the last fits, the newest first."""
    fits = list(TopicFit.objects.filter(project=access.project).defer("model")[:SHOWN])
    history = topic_lineage(access.project.pk)
    events = _events(Topic.objects.filter(project=access.project, level=1).values_list("lineage", flat=True))
    context = {
        "page_title": "How topics were found",
        "crumbs": [{"label": "Topics", "href": reverse("topics", args=[access.project.slug])}],
        "fits": [_line(fit, _between(events, fits, place)) for place, fit in enumerate(fits)],
        "shown": SHOWN,
        "history": history,
        "chart": chart.topic_lineage(history, access.project.slug) if history.lanes else None,
        "told": _told(history, access.project.slug),
        "decisions": decisions_of(access),
        "ignored": Topic.objects.filter(project=access.project, is_ignored=True),
    }
    return render(request, "topics/fits.html", context)


@require_POST
@project_page
def find_topics(request: HttpRequest, access: Access) -> HttpResponse:
    """Have the topics found anew; what people named keeps its name and number."""
    if fit_due.conversations(access.project.pk) < fit_due.FIRST:
        messages.info(request, f"Topics are looked for once there are {fit_due.FIRST} conversations.")
    else:
        fit_due.ask_for_fit(access.project.pk)
        messages.success(request, "Topics are found anew as soon as a worker is free, mostly within a minute.")
    return redirect("topics", access.project.slug)


def _told(history: History, slug: str) -> list[dict[str, Any]]:
    """Events of the drawing, the newest first."""
    return [
        {
            "at": one.at,
            "word": chart.WORDS[one.kind],
            "topic": (history.names.get(one.number, f"topic {one.number}"), _href(slug, one.number)),
            "preposition": _PREPOSITIONS.get(one.kind, ""),
            "others": _others(one, history, slug),
            "by": one.by,
        }
        for one in reversed(history.events[-MOST_EVENTS:])
    ]


def _others(one: Event, history: History, slug: str) -> list[tuple[str, str]]:
    return [(history.names[number], _href(slug, number)) for number in one.others if number in history.names]


def _href(slug: str, number: int) -> str:
    return reverse("topic", args=[slug, number])


def _line(fit: TopicFit, events: Sequence[tuple[datetime, str]]) -> FitLine:
    found: dict[str, Any] = fit.measures or {}
    counts = Counter(event for _, event in events)
    told = [f"{counts[event]} {_WORDS[event]}" for event in _EVENTS if counts[event]]
    return FitLine(
        at=fit.published_at or fit.created_at,
        state=fit.state,
        reason=fit.reason,
        conversations=fit.conversations,
        topics=found.get("topics"),
        other=found.get("other"),
        unsure=found.get("low_confidence"),
        stability=found.get("stability"),
        seconds=found.get("seconds"),
        changes=", ".join(told) or ("none" if fit.published_at else ""),
    )


def _events(lineages: Iterable[list[dict[str, Any]]]) -> list[tuple[datetime, str]]:
    # What people did is told beside the fits, not as something that a fit changed.
    told = (one for lineage in lineages for one in lineage if not one.get("by"))
    return [(datetime.fromisoformat(one["at"]), one["event"]) for one in told]


def _between(
    events: Sequence[tuple[datetime, str]], fits: Sequence[TopicFit], place: int
) -> list[tuple[datetime, str]]:
    """Events of one fit: topics are written between its start and the start of the next."""
    fit = fits[place]
    after = fits[place - 1].created_at if place else None
    return [one for one in events if one[0] >= fit.created_at and (after is None or one[0] < after)]
