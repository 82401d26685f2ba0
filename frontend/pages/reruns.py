"""Re-runs of a detector on history: begun, watched, compared with the flags that stand, and decided by owners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics.detection import diff, rerun_deeds
from backend.detection.choices import Author, Choice, choices
from backend.detection.models import Rerun
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from frontend.guard import owner_page, person, project_page
from frontend.pages import detection_form

PERIODS: Final = (
    {"value": "1", "label": "the last day"},
    {"value": "7", "label": "the last 7 days"},
    {"value": "30", "label": "the last 30 days"},
    {"value": "90", "label": "the last 90 days"},
)
_DAYS: Final = frozenset(str(one["value"]) for one in PERIODS)
_DEEDS: Final = {"switch": "switched on", "undo": "taken back", "discard": "discarded"}
_TONES: Final = {
    "running": "info", "switching": "info", "undoing": "info", "ready": "warn", "on": "ok", "failed": "error",
}  # fmt: skip
_CHANGES: Final[tuple[tuple[diff.Change, str, str], ...]] = (
    ("new", "Newly flagged", "flagged by the re-run and not before"),
    ("gone", "No longer flagged", "flagged before and not by the re-run"),
    ("same", "Unchanged", "flagged both times"),
)


@require_POST
@owner_page
def begin_rerun(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Have a detector run over the last days with settings that are only tried."""
    tried = choice_of(request, access, name)
    begun = rerun_deeds.begin(access.project, name, tried, *period_of(request), Author.of(person(request)))
    return redirect("rerun", access.project.slug, name, begun.pk)


@require_GET
@project_page
def show_rerun(request: HttpRequest, access: Access, name: str, rerun_id: int) -> HttpResponse:
    """Show how far it is and what it would change; ``?part=1`` answers that alone, for the page to poll."""
    one = rerun_of(access, name, rerun_id)
    slug = access.project.slug
    context: dict[str, Any] = {
        "page_title": f"{name} on history",
        "crumbs": [
            {"label": "Settings", "href": reverse("settings", args=[slug])},
            {"label": "Detectors", "href": reverse("detectors", args=[slug])},
            {"label": name, "href": reverse("detector", args=[slug, name])},
        ],
        "rerun": one,
        "tone": _TONES.get(one.state, "neutral"),
        "href": reverse("rerun", args=[slug, name, one.pk]),
        "is_kept": one.state != Rerun.State.DISCARDED,
        "can": [deed for deed, word in _DEEDS.items() if one.state in rerun_deeds.DEEDS[word][0]],
        "period": None,
    }
    if one.state != Rerun.State.DISCARDED:
        counts = diff.counts(one)
        context["counts"] = counts
        context["changes"] = [
            {
                "name": change, "label": label, "text": text, "count": getattr(counts, change),
                "share": counts.share(change), "examples": [] if one.is_open else diff.examples(one, change),
            }
            for change, label, text in _CHANGES
        ]  # fmt: skip
    part = "detection/rerun_body.html" if "part" in request.GET else "detection/rerun.html"
    return render(request, part, context)


@require_POST
@owner_page
def decide_rerun(request: HttpRequest, access: Access, name: str, rerun_id: int) -> HttpResponse:
    """Switch a re-run on, take that back, or discard it."""
    one = rerun_of(access, name, rerun_id)
    deed = request.POST.get("deed", "")
    if deed not in _DEEDS:
        raise BadRequest(f"deed is {deed[:20]!r}; it must be one of {', '.join(_DEEDS)}")
    rerun_deeds.decide(one, _DEEDS[deed], Author.of(person(request)))
    if deed == "discard":
        messages.success(request, "Discarded. Flags and settings are as they were.")
        return redirect("detector", access.project.slug, name)
    return redirect("rerun", access.project.slug, name, one.pk)


def rerun_of(access: Access, name: str, rerun_id: int) -> Rerun:
    """A re-run of the project.

    Raises:
        NotFound: there is none by that number.
    """
    found = Rerun.objects.filter(project=access.project, detector=name, pk=rerun_id).first()
    if found is None:
        raise NotFound(f"there is no re-run {rerun_id} of {name[:80]!r}")
    return found


def period_of(request: HttpRequest) -> tuple[Any, Any]:
    """Start and end of the period that a form names in days.

    Raises:
        BadRequest: it is none of those offered.
    """
    days = request.POST.get("days", "7")
    if days not in _DAYS:
        raise BadRequest(f"days is {days[:20]!r}; it must be one of {', '.join(sorted(_DAYS, key=int))}")
    now = timezone.now()
    return now - timedelta(days=int(days)), now


def choice_of(request: HttpRequest, access: Access, name: str) -> Choice:
    """The threshold to try, with what is set of the rest."""
    now = choices(access.project.pk).get(name, Choice())
    return Choice(True, detection_form.threshold_of(request.POST), now.share)
