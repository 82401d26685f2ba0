"""Overview: what happened, beside what happened before, and how the analysis itself is doing."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from analytics.questions import overview as question
from analytics.questions.changes import Change, what_changed
from analytics.questions.scope import Range, Scope
from analytics.questions.topics import topic_table
from backend.projects.access import Access
from frontend.charts import volume
from frontend.guard import project_page
from frontend.pages.analysis_state import stage_lines
from frontend.pages.key_figures import kpis
from frontend.pages.unpriced_rows import unpriced_rows
from frontend.period import period_of
from frontend.shell import environment_of

# Icon and tone of a sentence by its kind.
_SIGNS = {
    "topic_new": ("sparkles", "new"),
    "topic_growing": ("trending-up", "info"),
    "topic_shrinking": ("trending-down", "neutral"),
    "errors_up": ("circle-alert", "error"),
    "flags_up": ("flag", "warn"),
    "slower": ("timer", "warn"),
}
_MOST_CHANGES = 8
_FLAGGING = frozenset({"detect", "compare"})


@require_GET
@project_page
def overview(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the figures of the period; a project without any trace is sent to set-up."""
    request.session["project"] = access.project.slug
    scope = scope_of(request, access)
    found = question.overview(scope)
    stages = stage_lines(access.project.pk)
    context = {
        "page_title": "Overview",
        "found": found,
        "empty": not found.now.traces and not found.before.traces,
        "kpis": kpis(access.project, found, max((line.behind for line in stages if line.name in _FLAGGING), default=0)),
        "changes": [] if found.now.turns == 0 else _changes(access.project.slug, scope),
        "unpriced": unpriced_rows(access.project.slug, scope) if found.now.unpriced_spans else [],
        "stages": stages,
        "charts": [volume.turns(found), volume.latency(found)],
    }
    return render(request, "overview/overview.html", context)


def _changes(slug: str, scope: Scope) -> list[dict[str, str]]:
    return [
        {
            "text": change.text,
            "icon": _SIGNS[change.kind][0],
            "tone": _SIGNS[change.kind][1],
            "href": _evidence(slug, change),
        }
        for change in what_changed(scope, topic_table(scope))[:_MOST_CHANGES]
    ]


def _evidence(slug: str, change: Change) -> str:
    return f"/p/{slug}/{change.page}" + (f"?{urlencode({'q': change.search})}" if change.search else "")


def scope_of(request: HttpRequest, access: Access) -> Scope:
    """What a page is asked about: its project, its period and its environment."""
    period = period_of(request)
    return Scope(access.project.pk, Range(period.start, period.end), environment_of(request))
