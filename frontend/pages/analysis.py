"""Analysis health: what ran on what, what it cost, what waits and what failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analytics.pipeline.again import retry_failed
from analytics.pipeline.costs import Cost, costs
from analytics.questions.health import CONVERSATIONS, AnalyserHealth, analyser_health
from backend.detection.models import Rerun
from backend.errors import BadRequest
from backend.projects.access import Access
from frontend.guard import owner_page, project_page
from frontend.pages.analysis_state import stage_lines
from frontend.pages.overview import scope_of
from frontend.templatetags.figures import counted

_RERUNS = 10
_KINDS = {"detector": "Detector", "score": "Score", "cause": "Cause"}


@dataclass(frozen=True, slots=True)
class AnalyserLine:
    """One analyser as the page shows it."""

    found: AnalyserHealth
    kind: str
    name: str
    cost: Cost | None
    state: str
    tone: str
    reasons: tuple[dict[str, Any], ...]


@require_GET
@project_page
def analysis(request: HttpRequest, access: Access) -> HttpResponse:
    """Show how far each stage has come and what each analyser made of the period."""
    scope = scope_of(request, access)
    spent = costs(access.project.pk)
    found = [_line(one, spent, access.project.slug) for one in analyser_health(scope)]
    context = {
        "page_title": "Analysis",
        "stages": [(line, spent.get(line.name)) for line in stage_lines(access.project.pk)],
        "analysers": found,
        "has_reasons": any(line.reasons for line in found),
        "reruns": Rerun.objects.filter(project=access.project)[:_RERUNS],
        "cards_url": reverse("detector_cards", args=[access.project.slug]),
        "retry_url": reverse("retry_analyser", args=[access.project.slug]),
    }
    return render(request, "analysis/analysis.html", context)


@require_POST
@owner_page
def retry_analyser(request: HttpRequest, access: Access) -> HttpResponse:
    """Do again what an analyser failed on in the period."""
    analyser = request.POST.get("analyser", "")
    if not analyser or len(analyser) > 200:
        raise BadRequest("analyser names what is to be tried again, such as detector:empty")
    traces = retry_failed(scope_of(request, access), analyser)
    if traces:
        messages.success(request, f"{counted(traces, 'trace,traces')} will be looked at again within a minute.")
    else:
        messages.info(request, "Nothing of it failed in this period.")
    query = request.GET.urlencode()
    return redirect(reverse("analysis", args=[access.project.slug]) + (f"?{query}" if query else ""))


def _line(found: AnalyserHealth, spent: dict[str, Cost], slug: str) -> AnalyserLine:
    kind, _, name = found.analyser.rpartition(":")
    state, tone = _state(found)
    return AnalyserLine(
        found=found,
        kind=_KINDS.get(kind, "Topics" if found.analyser in CONVERSATIONS else "Stage"),
        name=name,
        cost=spent.get(found.analyser),
        state=state,
        tone=tone,
        reasons=tuple({"found": one, "href": _address(one.subject_id, found.analyser, slug)} for one in found.reasons),
    )


def _address(subject_id: str, analyser: str, slug: str) -> str:
    """Where a subject can be looked at: its conversation, or the trace of a turn or of a stage."""
    if analyser in CONVERSATIONS:
        return reverse("conversation", args=[slug, subject_id])
    trace_id, dot, place = subject_id.rpartition(".")
    return reverse("trace", args=[slug, trace_id if dot and place.isdigit() else subject_id])


def _state(found: AnalyserHealth) -> tuple[str, str]:
    if found.failed:
        return f"{found.failed:,} failed", "error"
    if found.waiting:
        return f"{found.waiting:,} waiting", "info"
    return "up to date", "ok"
