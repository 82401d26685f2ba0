"""Recomputes of a project's costs: begun and stopped by owners, watched by all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backend.errors import BadRequest
from backend.projects.access import Access
from frontend.guard import owner_page, person, project_page
from ingest.prices import recomputing

_TONES: Final = {"running": "info", "done": "ok", "stopped": "neutral", "failed": "error"}


@require_POST
@owner_page
def begin_recompute(request: HttpRequest, access: Access) -> HttpResponse:
    """Have the stored calls of some days priced anew."""
    start, last = _day(request, "start"), _day(request, "last")
    if last == date.max:
        raise BadRequest(f"last is {last}; it must be a day that has come")
    begun = recomputing.begin(access.project, start, last + timedelta(days=1), person(request).email)
    return redirect("recompute", access.project.slug, begun.pk)


@require_GET
@project_page
def show_recompute(request: HttpRequest, access: Access, recompute_id: int) -> HttpResponse:
    """Show how far it is and what it changed; ``?part=1`` answers that alone, for the page to poll."""
    one = recomputing.recompute_of(access, recompute_id)
    slug = access.project.slug
    totals = one.totals
    context: dict[str, Any] = {
        "page_title": "Recomputed costs",
        "crumbs": [
            {"label": "Settings", "href": reverse("settings", args=[slug])},
            {"label": "Prices", "href": reverse("prices", args=[slug])},
        ],
        "one": one,
        "tone": _TONES[one.state],
        "href": reverse("recompute", args=[slug, one.pk]),
        "totals": totals | {"difference": totals["after_usd"] - totals["before_usd"]},
        "models": [change | {"difference": change["after_usd"] - change["before_usd"]} for change in one.changes],
        "period": None,
    }
    part = "prices/recompute_body.html" if "part" in request.GET else "prices/recompute.html"
    return render(request, part, context)


@require_POST
@owner_page
def stop_recompute(request: HttpRequest, access: Access, recompute_id: int) -> HttpResponse:
    """Stop it after the day it is at."""
    one = recomputing.recompute_of(access, recompute_id)
    recomputing.stop(one, person(request).email)
    messages.success(request, "Stopped. Days that are done keep their new cost.")
    return redirect("recompute", access.project.slug, one.pk)


def _day(request: HttpRequest, name: str) -> date:
    text = request.POST.get(name, "").strip()[:40]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} is {text!r}; it must be a day, such as 2026-01-31") from None
