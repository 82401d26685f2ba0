"""Prices of a project: its own, the public ones, models without one, and what clients say; owners set and remove."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics.questions.scope import Scope
from backend.errors import BadRequest, StoreError
from backend.prices.models import ProjectPrice, Recompute
from backend.prices.setting import own_price
from backend.projects.access import Access
from frontend.guard import owner_page, person, project_page
from frontend.pages import price_form
from frontend.pages.overview import scope_of
from frontend.pages.unpriced_rows import unpriced_rows
from ingest.prices.comparison import client_costs
from ingest.prices.listing import listed
from ingest.prices.recomputing import LONGEST

USUAL_DAYS: Final = 30
_RECOMPUTES: Final = 5
_MOST_COMPARED: Final = 20
Found = TypeVar("Found")


@require_GET
@project_page
def prices(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the prices that calls of this project cost by."""
    return _page(request, access, price_form.filled(access.project, request.GET), {})


@require_POST
@owner_page
def set_price(request: HttpRequest, access: Access) -> HttpResponse:
    """Set what models cost from a day on."""
    try:
        price, wrong = price_form.keep(access.project, request.POST, person(request).email)
    except BadRequest as fault:
        price, wrong = None, {"price": str(fault)}
    if price is None:
        return _page(request, access, request.POST.dict(), wrong, 400)
    messages.success(request, f"{price}: set for calls that come in from now on. Recompute those that are stored.")
    since = urlencode({"since": price.since})
    return redirect(f"{reverse('prices', args=[access.project.slug])}?{since}#recompute")


@require_POST
@owner_page
def remove_price(request: HttpRequest, access: Access, price_id: int) -> HttpResponse:
    """Remove a price; what is stored keeps its cost until it is recomputed."""
    price = own_price(access.project, price_id)
    price.delete()
    messages.success(request, f"{price}: removed. What is stored keeps its cost until it is recomputed.")
    return redirect("prices", access.project.slug)


def _page(
    request: HttpRequest, access: Access, values: dict[str, str], wrong: dict[str, str], status: int = 200
) -> HttpResponse:
    scope = scope_of(request, access)
    search = request.GET.get("search", "").strip()[:200]
    context: dict[str, Any] = {
        "page_title": "Prices",
        "crumbs": [{"label": "Settings", "href": reverse("settings", args=[access.project.slug])}],
        "unpriced": _asked(lambda: unpriced_rows(access.project.slug, scope)),
        "own": ProjectPrice.objects.filter(project=access.project),
        "values": values,
        "figures": price_form.fields(values, wrong),
        "wrong": wrong,
        "recomputes": Recompute.objects.filter(project=access.project)[:_RECOMPUTES],
        **_days(request.GET.get("since", "")),
        "compared": _asked(lambda: _compared(scope)),
        "search": search,
        "listed": listed(search),
    }
    return render(request, "prices/prices.html", context, status=status)


def _asked(question: Callable[[], Found]) -> Found | None:
    """What the store answers; None while it is away, or where the period is too long for it."""
    try:
        return question()
    except StoreError:
        return None


def _compared(scope: Scope) -> dict[str, Any]:
    found = client_costs(scope.project_id, scope.range.start, scope.range.end, scope.environment)
    return {"rows": found[:_MOST_COMPARED], "further": len(found[_MOST_COMPARED:])}


def _days(since: str) -> dict[str, str]:
    """First and last day that the form of a recompute offers: the last thirty, or as far back as a price reaches."""
    today = timezone.now().date()
    first = str(today - timedelta(days=USUAL_DAYS))
    longest = str(today + timedelta(days=1) - LONGEST)
    asked = max(since, longest) if since[:1].isdecimal() and len(since) == len(first) else first
    return {"first_day": min(asked, str(today)), "last_day": str(today)}
