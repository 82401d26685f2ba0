"""Topics: what people want, how often, how well it goes, and what it costs; a table beside a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from analytics.pipeline import fit_due
from analytics.questions.coverage import coverage
from analytics.questions.emerging import emerging_topics
from analytics.questions.scope import Scope
from analytics.questions.topic_changes import topic_changes
from analytics.questions.topic_map import topic_map
from analytics.questions.topics import TopicTable, topic_table
from backend.projects.access import Access
from frontend.charts import topic_map as chart
from frontend.guard import project_page
from frontend.pages.overview import scope_of
from frontend.pages.topics_changed import marks_of, told
from frontend.pages.topics_lines import Marks, flat, grouped, sort_of
from frontend.pages.traces import topic_color
from frontend.pages.traces_search import query_with
from frontend.templatetags.evidence import visible

VIEWS: Final = {"topics": "Topics", "groups": "Groups"}
CHARTS: Final = {"": "Map", "flags": "Flags", "errors": "Errors", "latency": "Latency", "cost": "Cost"}

_MOST_FLAT: Final = 24
"""Up to here all topics stand in one list at first; more are shown by group."""


@require_GET
@project_page
def topics(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the topics of the period; before there are any, say how far it is."""
    scope = scope_of(request, access)
    found = coverage(scope)
    context: dict[str, Any] = {
        "page_title": "Topics",
        "coverage": found,
        "in_no_topic": found.other + found.no_text,
        "needed": fit_due.FIRST,
    }
    if found.last_fit is None:
        context["there"] = fit_due.conversations(access.project.pk)
        return render(request, "topics/none.html", context)
    table = topic_table(scope)
    context["emerging"] = [replace(one, name=visible(one.name)) for one in emerging_topics(scope.project_id)]
    changes = topic_changes(scope, table)
    context["changed"] = told(changes, access.project.slug) if table.topics else None
    context |= _panes(request, access, scope, table, marks_of(changes.changes))
    return render(request, "topics/topics.html", context)


def _panes(request: HttpRequest, access: Access, scope: Scope, table: TopicTable, marks: Marks) -> dict[str, Any]:
    slug = access.project.slug
    view = request.GET.get("view") or ("topics" if len(table.topics) <= _MOST_FLAT else "groups")
    is_flat = not table.groups or view != "groups"
    sort = sort_of(request.GET.get("sort", ""))
    shown = request.GET.get("chart", "")
    shown = shown if shown in CHARTS else ""
    colors = {row.number: topic_color(row.group or row.number) for row in table.topics}
    names = {row.number: visible(row.name) for row in table.topics}
    return {
        "table": table,
        "sort": sort,
        "is_flat": is_flat,
        "lines": (flat if is_flat else grouped)(table, sort, slug, marks),
        "chart": chart.bubbles(table, shown, colors, slug)
        if shown
        else chart.topic_map(topic_map(scope), names, colors, table.conversations, slug),
        "views": _choices(request, "view", VIEWS, "topics" if is_flat else "groups") if table.groups else [],
        "charts": _choices(request, "chart", CHARTS, shown),
    }


def _choices(request: HttpRequest, name: str, labels: Mapping[str, str], current: str) -> list[dict[str, Any]]:
    return [
        {"label": label, "href": query_with(request, **{name: key}), "current": key == current}
        for key, label in labels.items()
    ]
