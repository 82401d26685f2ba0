"""The trace list: rows, facets, how many there are, what has just come, and what goes to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics.questions.facets import FACETS, FacetValue, facet
from analytics.questions.filters import compile_filter
from analytics.questions.grammar import Filter
from analytics.questions.scope import Range, Scope
from analytics.questions.traces import SORTS, TraceRow, count_traces, list_traces
from analytics.questions.turns import TurnKey, turn_keys
from backend.errors import BadRequest
from backend.projects.access import Access
from backend.review.filling import Candidate, add_by_person, default_queue
from backend.review.models import ReviewItem
from frontend.guard import person, project_page
from frontend.pages.traces_search import (
    Asked,
    asked_of,
    chips,
    column_choices,
    columns_of,
    lenses,
    query_with,
    suggestions,
)
from frontend.shell import environment_of

PAGE: Final = 50
MOST_CHOSEN: Final = 500
OPEN_FACETS: Final = 5
_OLDEST: Final = timedelta(days=400)
# A trace may reach the store a while after others that began later; the live tail counts from here on.
_LATE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Line:
    """A trace as a line of the list."""

    trace: TraceRow
    href: str
    user_href: str
    topic_href: str
    topic_color: str

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.trace.input_tokens + self.trace.output_tokens

    @property
    def models(self) -> str:
        """All that answered."""
        return ", ".join(self.trace.models)

    @property
    def asked(self) -> str:
        """What says best what it is about."""
        return self.trace.input_preview or self.trace.name or self.trace.trace_id


@require_GET
@project_page
def traces(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the traces that fit the search."""
    asked = asked_of(request, access)
    page = list_traces(asked.scope, asked.where, sort=asked.sort, cursor=asked.cursor, limit=PAGE)
    shown = columns_of(request)
    context = {
        "page_title": "Traces",
        "asked": asked,
        "lines": lines(access, page.traces),
        "columns": shown,
        "choices": column_choices(request, shown),
        "tokens": chips(request, asked),
        "suggestions": suggestions(),
        "lenses": lenses(request, asked),
        "facets": [facet_place(request, access, asked, name) for name in FACETS],
        "sort_hrefs": {name: query_with(request, sort=name, cursor="", live="") for name in SORTS},
        "time_href": query_with(request, sort="", cursor=""),
        "next_href": query_with(request, cursor=page.next) if page.next else "",
        "first_href": query_with(request, cursor="") if asked.cursor else "",
        "count_href": _beside("trace_count", request, access, since=_since(asked, page.traces).isoformat()),
        "live_href": query_with(request, live="" if asked.live else "1", sort="", cursor=""),
        "empty": "" if page.traces else _emptiness(asked),
        "clear_href": query_with(request, q="", cursor=""),
        "wider_href": query_with(request, range="90d", **{"from": "", "to": ""}, cursor=""),
    }
    return render(request, "traces/traces.html", context)


@require_GET
@project_page
def trace_facet(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The values of one facet, loaded apart so that they never hold up the rows."""
    asked = asked_of(request, access)
    values = facet(asked.scope, asked.search, name, asked.topics)
    return render(request, "traces/facet.html", {"facet": facet_values(request, access, asked, name, values)})


@require_GET
@project_page
def trace_count(request: HttpRequest, access: Access) -> HttpResponse:
    """How many traces fit, and of what; where the tail is live also what to compare the next look with."""
    asked = asked_of(request, access)
    since = _moment(request)
    context: dict[str, Any] = {
        "count": count_traces(asked.scope, asked.where),
        "period": asked.period,
        "environment": environment_of(request),
        "searched": bool(asked.search.tokens),
    }
    if asked.live:
        seen = count_traces(_from(asked.scope, since), asked.where)
        context["news_href"] = _beside("trace_news", request, access, since=since.isoformat(), seen=str(seen))
    return render(request, "traces/count.html", context)


@require_GET
@project_page
def trace_news(request: HttpRequest, access: Access) -> HttpResponse:
    """Asked every five seconds by a live list: how many traces have come that it does not show."""
    asked = asked_of(request, access)
    seen = request.GET.get("seen", "")
    if not (seen.isascii() and seen.isdigit()):
        raise BadRequest("seen must be a number")
    new = count_traces(_from(asked.scope, _moment(request)), asked.where) - int(seen)
    href = reverse("traces", args=[access.project.slug]) + query_with(request, since="", seen="")
    return render(request, "traces/news.html", {"new": max(0, new), "href": href})


@require_POST
@project_page
def trace_review(request: HttpRequest, access: Access) -> HttpResponse:
    """Put the turns of the chosen traces into the review queue."""
    chosen = request.POST.getlist("trace")[:MOST_CHOSEN]
    if not chosen:
        raise BadRequest("no trace was chosen")
    keys = [key for key in turn_keys(access.project.pk, chosen) if _fits(key)]
    queue = default_queue(access.project.pk)
    reason = f"{person(request).email} asked for it."
    added = add_by_person(
        queue,
        [
            Candidate(
                turn_id=key.turn_id,
                trace_id=key.trace_id,
                conversation_id=key.conversation_id,
                turn_time=key.start_time,
                origin=ReviewItem.Origin.PERSON,
                reason=reason,
                priority=5.0,  # what a person asks for comes before what rules brought in
            )
            for key in keys
        ],
    )
    messages.success(request, _told(queue.name, added, len(keys), len(chosen) - len({key.trace_id for key in keys})))
    if request.POST.get("to") == "trace":
        return redirect("trace", access.project.slug, chosen[0])
    back = QueryDict(request.POST.get("back", "").removeprefix("?"))
    query = f"?{back.urlencode()}" if back else ""
    return redirect(reverse("traces", args=[access.project.slug]) + query)


def lines(access: Access, found: Sequence[TraceRow]) -> list[Line]:
    """What the list prints of each trace."""
    slug = access.project.slug
    return [
        Line(
            trace=row,
            href=reverse("trace", args=[slug, row.trace_id]),
            user_href=reverse("person", args=[slug, row.user_id]) if row.user_id else "",
            topic_href=f"/p/{slug}/topics/{row.topic.number}" if row.topic and row.topic.number else "",
            topic_color=topic_color(row.topic.number) if row.topic else "other",
        )
        for row in found
    ]


def facet_place(request: HttpRequest, access: Access, asked: Asked, name: str) -> dict[str, Any]:
    """Where a facet will stand; without script one can be opened by its link."""
    number = list(FACETS).index(name)
    place: dict[str, Any] = {
        "name": name,
        "title": FACETS[name][0],
        "chosen": sum(token.field == name for token in asked.search.tokens),
        "opened": number < OPEN_FACETS,
        "load_href": reverse("trace_facet", args=[access.project.slug, name]) + query_with(request, cursor="", live=""),
        "show_href": query_with(request, facet=name),
    }
    place["opened"] = place["opened"] or place["chosen"] > 0
    if request.GET.get("facet") == name:
        values = facet(asked.scope, asked.search, name, asked.topics)
        return place | facet_values(request, access, asked, name, values)
    return place


def facet_values(
    request: HttpRequest, access: Access, asked: Asked, name: str, values: Sequence[FacetValue]
) -> dict[str, Any]:
    """The values of a facet with what choosing each leads to."""
    most = max((value.count for value in values), default=1)
    base = reverse("traces", args=[access.project.slug])
    chosen = sum(token.field == name for token in asked.search.tokens)
    items = []
    for value in values:
        without = asked.search.without(value.token) if value.chosen else asked.search.without_field(name)
        search = without if value.chosen else without.with_token(value.token)
        items.append(
            {
                "label": value.label,
                "count": value.count,
                "share": value.count / most,
                "selected": value.chosen,
                "href": base + query_with(request, q=search.text, cursor="", facet=""),
                "topic": topic_color(int(value.value)) if name == "topic" else "",
                "operation": value.value if name == "operation" else "",
            }
        )
    return {"name": name, "title": FACETS[name][0], "values": items, "loaded": True, "opened": True, "chosen": chosen}


def topic_color(number: int) -> str:
    """Which of the twelve colours a topic has; 0, Other, has one of its own."""
    return str((number - 1) % 12 + 1) if number else "other"


def _beside(route: str, request: HttpRequest, access: Access, **more: str) -> str:
    return reverse(route, args=[access.project.slug]) + query_with(request, cursor="", facet="", **more)


def _since(asked: Asked, found: Sequence[TraceRow]) -> datetime:
    newest = max((row.start_time for row in found), default=timezone.now())
    return max(asked.scope.range.start, newest - _LATE)


def _moment(request: HttpRequest) -> datetime:
    try:
        moment = datetime.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        raise BadRequest("since must be an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise BadRequest("since must name its time zone")
    return moment


def _from(scope: Scope, start: datetime) -> Scope:
    return replace(scope, range=Range(start, max(timezone.now(), start + timedelta(seconds=1))))


def _emptiness(asked: Asked) -> str:
    """Why there is no row: the search, the range, or no trace at all."""
    if asked.search.tokens or asked.scope.environment or asked.cursor:
        return "search"
    ever = replace(asked.scope, range=Range.last(_OLDEST))
    return "range" if list_traces(ever, compile_filter(Filter()), limit=1).traces else "project"


def _fits(key: TurnKey) -> bool:
    """Whether the relational side can hold the ids; clients may send any length."""
    return len(key.turn_id) <= 200 and len(key.trace_id) <= 200 and len(key.conversation_id) <= 500


def _told(queue: str, added: int, turns: int, unread: int) -> str:
    parts = [f"{added} {'turn' if added == 1 else 'turns'} added to “{queue}”"]
    if turns > added:
        parts.append(f"{turns - added} already there")
    if unread:
        parts.append(f"{unread} {'trace holds' if unread == 1 else 'traces hold'} no answer to judge yet")
    return ", ".join(parts) + "."
