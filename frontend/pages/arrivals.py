"""Why don't I see my trace? What came in, what became of it, and what to do where it was not taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from analytics.questions.newest import NewTrace, newest_traces
from analytics.questions.sampled import decided
from backend.arrivals.days import Arrivals, arrivals_since
from backend.env import env
from backend.errors import StoreError
from backend.projects.access import Access
from backend.projects.models import ApiKey
from backend.store.connection import store
from backend.store.spool import Spool, Waiting
from frontend.guard import project_page
from frontend.pages.arrivals_found import Looked, advice_on, findings

DAYS: Final = 14


@require_GET
@project_page
def arrivals(request: HttpRequest, access: Access) -> HttpResponse:
    """Show what is wrong, if anything, and the counts of the last days."""
    today = datetime.now(UTC).date()
    found = arrivals_since(access.project.pk, today - timedelta(days=DAYS - 1))
    looked = _looked(access, found)
    context: dict[str, Any] = {
        "page_title": "Why don’t I see my trace?",
        "crumbs": [{"label": "Settings", "href": reverse("settings", args=[access.project.slug])}],
        "findings": findings(looked),
        "today": next((day for day in found.days if day.day == today), None),
        "days": found.days,
        "reasons": [(one, advice_on(one)) for one in found.reasons],
        "waiting": looked.waiting,
        "days_shown": DAYS,
    }
    return render(request, "settings/arrivals.html", context)


def _looked(access: Access, found: Arrivals) -> Looked:
    keys = ApiKey.objects.filter(project=access.project)
    return Looked(
        slug=access.project.slug,
        is_owner=access.is_owner,
        endpoint=f"{env().base_url}/v1/traces",
        keys=keys.usable().count(),
        last_used_at=keys.aggregate(last=Max("last_used_at"))["last"],
        found=found,
        today=datetime.now(UTC).date(),
        store_is_up=store().ping(),
        waiting=waiting(),
        newest=_newest(access),
        left_out=_left_out(access),
    )


def _left_out(access: Access) -> int:
    try:
        return decided(access.project.pk, timezone.now() - timedelta(days=DAYS)).left_out
    except StoreError:
        return 0  # the findings say that it is away


def waiting() -> Waiting:
    """What is safe on disk and not stored yet, of all projects together."""
    return Spool(env().home / "spool", env().spool_limit_mib).waiting_size()


def _newest(access: Access) -> NewTrace | None:
    long_ago = timezone.now() - timedelta(days=400)
    stored_since = timezone.now() - timedelta(days=DAYS)
    try:
        found = newest_traces(access.project.pk, start=long_ago, since=stored_since, limit=1)
    except StoreError:
        return None  # the findings say that it is away
    return found[0] if found else None
