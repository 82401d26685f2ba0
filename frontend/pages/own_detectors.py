"""Own detectors of a project: keywords or a pattern, tried on recent turns while they are written."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.detection import rerun_deeds
from analytics.detection.own import Tried, try_on_recent
from analytics.detection.taking_back import take_back
from analytics.detection.wording import wording_kind
from backend.detection import own
from backend.detection.choices import Author, Choice, choices
from backend.detection.definitions import PLACES, PREFIX, SEVERITIES, Wording, own_name, wording
from backend.detection.models import OwnDetector
from backend.errors import AssayError, BadRequest, NotFound
from backend.projects.access import Access
from frontend.guard import owner_page, person
from frontend.pages.reruns import PERIODS, period_of

_PLACES = {
    "user": "What the user said",
    "answer": "The answer",
    "document": "Retrieved documents",
    "tool": "Tool calls and results",
}


@owner_page
def new_detector(request: HttpRequest, access: Access) -> HttpResponse:
    """Write a detector, try it, keep it."""
    if request.method != "POST":
        return _show(request, access, {"places": ["answer"], "is_whole": True, "severity": "medium"})
    try:
        name, found = own_name(request.POST.get("name", "")), read(request.POST)
        if "try" in request.POST:
            return _show(request, access, _filled(request.POST), tried=_tried(access, found))
        own.make(access.project, name, OwnDetector.Kind.WORDING, found.as_json(), Author.of(person(request)))
    except BadRequest as fault:
        return _show(request, access, _filled(request.POST), fault)
    messages.success(request, f"{name} looks at every turn that is judged from now on.")
    return redirect("detector", access.project.slug, name)


@owner_page
def edit_detector(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Change what an own detector looks for."""
    row = own_of(access, name, OwnDetector.Kind.WORDING)
    if request.method != "POST":
        return _show(request, access, {**row.definition, "name": name}, row=row)
    try:
        found = read(request.POST)
        if "try" in request.POST:
            return _show(request, access, _filled(request.POST), tried=_tried(access, found), row=row)
        if "rerun" in request.POST:
            tried = choices(access.project.pk).get(name, Choice())
            who, period = Author.of(person(request)), period_of(request)
            begun = rerun_deeds.begin(access.project, name, tried, *period, who, found.as_json())
            return redirect("rerun", access.project.slug, name, begun.pk)
        changed = own.change(access.project, name, found.as_json(), Author.of(person(request)))
    except BadRequest as fault:
        return _show(request, access, _filled(request.POST), fault, row=row)
    said = f"{name} looks for this on every turn that is judged from now on." if changed else "Nothing was changed."
    messages.success(request, said)
    return redirect("detector", access.project.slug, name)


@require_POST
@owner_page
def preview_detector(request: HttpRequest, access: Access) -> HttpResponse:
    """What the detector that is being written would have flagged; a fault of it is said in its place."""
    context: dict[str, Any] = {}
    try:
        context["tried"] = _tried(access, read(request.POST))
    except BadRequest as fault:
        context["fault"] = str(fault)
    return render(request, "detection/preview.html", context)


@require_POST
@owner_page
def remove_detector(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Remove an own detector and take its flags back."""
    own_of(access, name)
    own.remove(access.project, name, Author.of(person(request)))
    take_back(access.project.pk, name)
    messages.success(request, f"{name} is removed and its flags are taken back.")
    return redirect("detectors", access.project.slug)


def own_of(access: Access, name: str, kind: str = "") -> OwnDetector:
    """An own detector of the project.

    Raises:
        NotFound: there is none by that name, or it is of another kind.
    """
    found = OwnDetector.objects.filter(project=access.project, name=name).first()
    if found is None or kind not in ("", found.kind):
        raise NotFound(f"there is no own detector {name[:80]!r}")
    return found


def read(sent: QueryDict) -> Wording:
    """Read the form.

    Raises:
        BadRequest: as `wording` does.
    """
    filled = _filled(sent)
    by = sent.get("by", "words")
    words = [line.strip() for line in filled["words"].splitlines() if line.strip()] if by == "words" else []
    return wording(
        {
            "places": filled["places"],
            "words": words,
            "pattern": filled["pattern"] if by == "pattern" else "",
            "is_case_sensitive": filled["is_case_sensitive"],
            "is_whole": filled["is_whole"],
            "severity": filled["severity"],
            "explanation": filled["explanation"],
        }
    )


def _filled(sent: QueryDict) -> dict[str, Any]:
    def text(name: str, usual: str = "") -> str:
        return sent.get(name, usual).replace("\x00", "").replace("\r\n", "\n").strip()

    return {
        "name": text("name"),
        "by": text("by", "words"),
        "places": [place for place in sent.getlist("place") if place in PLACES],
        "words": text("words"),
        "pattern": text("pattern"),
        "is_case_sensitive": "is_case_sensitive" in sent,
        "is_whole": "is_whole" in sent,
        "severity": text("severity", "medium"),
        "explanation": text("explanation"),
    }


def _tried(access: Access, found: Wording) -> Tried:
    return try_on_recent(access.project.pk, wording_kind(f"{PREFIX}preview", found), timezone.now())


def _show(
    request: HttpRequest,
    access: Access,
    filled: dict[str, Any],
    fault: AssayError | None = None,
    tried: Tried | None = None,
    row: OwnDetector | None = None,
) -> HttpResponse:
    slug = access.project.slug
    words = filled.get("words", "")
    context = {
        "page_title": row.name if row else "New detector",
        "crumbs": [
            {"label": "Settings", "href": reverse("settings", args=[slug])},
            {"label": "Detectors", "href": reverse("detectors", args=[slug])},
        ],
        "row": row,
        "filled": {**filled, "words": words if isinstance(words, str) else "\n".join(words)},
        "by": filled.get("by") or ("pattern" if filled.get("pattern") else "words"),
        "places": [
            {"value": place, "label": _PLACES[place], "checked": place in filled.get("places", ())} for place in PLACES
        ],
        "severities": [{"value": value, "label": value.capitalize()} for value in SEVERITIES],
        "fault": str(fault) if fault else "",
        "tried": tried,
        "periods": PERIODS,
        "preview_href": reverse("preview_detector", args=[slug]),
        "period": None,
    }
    return render(request, "detection/own.html", context, status=fault.status if fault else 200)
