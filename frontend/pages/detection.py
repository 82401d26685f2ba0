"""Settings of detectors: which run, from which score on they flag, on how many turns, and what that implies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics.detection.agreed import agreement
from analytics.detection.chosen import Chosen, chosen, named
from analytics.detection.implied import FEWEST_FLAGGED
from analytics.detection.labels import counted
from analytics.detection.measure import measure
from analytics.detectors.catalogue import refused_plugins
from analytics.evaluate.cards import Card, cards
from analytics.statistics.intervals import Estimate, rate
from backend.detection.choices import LEAST_SHARE, Author, Choice, choices, choose
from backend.detection.models import OwnDetector, Rerun, SettingChange
from backend.errors import NotFound
from backend.projects.access import Access
from frontend.guard import owner_page, person, project_page
from frontend.pages import detection_form
from frontend.pages.reruns import PERIODS

_CHANGES: Final = 20


@dataclass(frozen=True, slots=True)
class DetectorLine:
    """One detector as the list shows it.

    Attributes:
        confirmed: share of judged flags that were right; None where too few were judged.
        judged: how many flags were judged.
        missed: faults that reviewers say it missed.
    """

    one: Chosen
    text: str
    is_changed: bool
    card: Card | None
    confirmed: Estimate | None
    judged: int
    missed: int


@require_GET
@project_page
def detectors(request: HttpRequest, access: Access) -> HttpResponse:
    """List all detectors with what is set and how right they are."""
    published = {card.name: card for card in cards()}
    said = counted(access.project.pk)
    set_here = choices(access.project.pk)
    context = {
        "page_title": "Detectors",
        "crumbs": [_settings(access)],
        "lines": [
            _line(one, published.get(one.name), said.get(one.name, (0, 0, 0)), set_here.get(one.name))
            for one in chosen(access.project.pk)
        ],
        "fewest": FEWEST_FLAGGED,
        "refused": sorted(refused_plugins().items()),
        "period": None,
    }
    return render(request, "detection/detectors.html", context)


@require_GET
@project_page
def detector(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Show one detector: its settings, what thresholds imply, published figures, and who changed what."""
    one = detector_of(access, name)
    set_here = choices(access.project.pk).get(name, Choice())
    asked = request.GET.get("threshold", "")
    row = OwnDetector.objects.filter(project=access.project, name=name).first()
    context: dict[str, Any] = {
        "page_title": one.name,
        "crumbs": [_settings(access), {"label": "Detectors", "href": reverse("detectors", args=[access.project.slug])}],
        "one": one,
        "text": _text(one),
        "row": row,
        "agreement": agreement(access.project.pk, one, timezone.now()) if one.detector.is_remote else None,
        "facts": _facts(row.definition) if row else [],
        "usual": type(one.detector).threshold,
        "threshold": asked if _is_number(asked) else set_here.threshold or "",
        "is_asked": _is_number(asked),
        "share": round(100 * one.share, 3),
        "least_share": 100 * LEAST_SHARE,
        "card": next((card for card in cards() if card.name == name), None),
        "changes": [
            {"change": change, "words": _words(change)}
            for change in SettingChange.objects.filter(project=access.project, detector=name)[:_CHANGES]
        ],
        "thresholds_href": reverse("detector_thresholds", args=[access.project.slug, name]),
        "periods": PERIODS,
        "reruns": Rerun.objects.filter(project=access.project, detector=name)[:_CHANGES],
        "period": None,
    }
    return render(request, "detection/detector.html", context)


@require_GET
@project_page
def detector_thresholds(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """The table of what each threshold implies, computed now within seconds."""
    one = detector_of(access, name)
    context = {
        "measured": measure(access.project.pk, one, timezone.now()),
        "one": one,
        "detector_href": reverse("detector", args=[access.project.slug, name]),
    }
    return render(request, "detection/thresholds.html", context)


@require_POST
@owner_page
def set_detector(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Set how a detector runs from now on."""
    one = detector_of(access, name)
    new = detection_form.read(request.POST, type(one.detector).is_on)
    if choose(access.project, name, new, Author.of(person(request))):
        messages.success(request, f"Kept for turns to come. To hold it against history, run {name} again below.")
    else:
        messages.info(request, "Nothing was changed.")
    return redirect("detector", access.project.slug, name)


def detector_of(access: Access, name: str) -> Chosen:
    """A detector of the project.

    Raises:
        NotFound: there is none by that name.
    """
    found = named(chosen(access.project.pk), name)
    if found is None:
        raise NotFound(f"there is no detector {name[:80]!r}")
    return found


def _settings(access: Access) -> dict[str, str]:
    return {"label": "Settings", "href": reverse("settings", args=[access.project.slug])}


def _line(one: Chosen, card: Card | None, said: tuple[int, int, int], choice: Choice | None) -> DetectorLine:
    confirmed, rejected, missed = said
    judged = confirmed + rejected
    return DetectorLine(
        one=one,
        text=_text(one),
        is_changed=choice not in (None, Choice()),
        card=card,
        confirmed=rate(confirmed, judged) if judged >= FEWEST_FLAGGED else None,
        judged=judged,
        missed=missed,
    )


def _text(one: Chosen) -> str:
    """What it finds, in a sentence."""
    return (type(one.detector).__doc__ or "").strip().split("\n", 1)[0]


def _facts(definition: dict[str, Any]) -> list[dict[str, str]]:
    """What an own detector is made of, for people."""
    return [
        {"label": name.removeprefix("is_").replace("_", " ").capitalize(), "value": _fact(value)}
        for name, value in definition.items()
        if value not in ("", [], None)
    ]


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value))[:2000] if isinstance(value, list) else str(value)[:2000]


def _is_number(text: str) -> bool:
    try:
        return 0 < float(text) <= 1
    except ValueError:
        return False


def _words(change: SettingChange) -> str:
    """What was changed, such as "threshold from its own to 0.7"."""
    if change.what in ("made", "removed"):
        return change.what
    parts = [
        f"{_LABELS.get(name, name)} from {_value(name, change.before.get(name))} to {_value(name, value)}"
        for name, value in change.after.items()
        if change.before.get(name) != value
    ]
    return "; ".join(parts) or change.what


_LABELS: Final = {"is_enabled": "state", "share": "share of turns"}


def _value(name: str, value: Any) -> str:
    if value is None:
        return "its own"
    if name == "is_enabled":
        return "on" if value else "off"
    if isinstance(value, list):
        return f"{len(value)} of them" if len(value) > 3 else ", ".join(map(str, value))[:80]
    return f"{100 * value:g}%" if name == "share" else str(value)[:80]
