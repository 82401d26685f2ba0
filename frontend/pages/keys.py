"""Keys on the page of settings: owners make, limit, rotate and end them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backend.arrivals.counted import LIMITED, Outcome
from backend.arrivals.models import Arrival, accepted_on
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from backend.projects.models import MOST_SPANS, USUAL_SCOPES, ApiKey
from frontend.guard import owner_page, project_page
from frontend.pages.settings import settings_context


@require_GET
@project_page
def key(request: HttpRequest, access: Access, key_id: int) -> HttpResponse:
    """Show what a key may do and send, and what came with it today; owners may change its limits."""
    found = ApiKey.objects.filter(project=access.project, pk=key_id).first()
    if found is None:
        raise NotFound("there is no such key")
    return _key_page(request, access, found, {})


@require_POST
@owner_page
def limit_key(request: HttpRequest, access: Access, key_id: int) -> HttpResponse:
    """Set how much may be sent with a key; empty is no limit."""
    found = _key_of(access, key_id)
    errors = {}
    limits: dict[str, int | None] = {}
    for name in ("spans_per_minute", "spans_per_day"):
        text = request.POST.get(name, "").strip()
        if text and not (text.isascii() and text.isdecimal() and 1 <= int(text[:11]) <= MOST_SPANS):
            errors[name] = f"A whole number from 1 to {MOST_SPANS:,}, or empty for no limit."
        else:
            limits[name] = int(text) if text else None
    if errors:
        return _key_page(request, access, found, errors, 400)
    found.limit(**limits)
    messages.success(request, f"The limits of {found.public_key} hold for what comes from now on.")
    return redirect("key", access.project.slug, found.pk)


@require_POST
@owner_page
def mint_key(request: HttpRequest, access: Access) -> HttpResponse:
    """Make a key and show its secret, this once."""
    name = request.POST.get("name", "").replace("\x00", "").strip()[:120]
    scopes = request.POST.get("scopes", ",".join(USUAL_SCOPES)).split(",")
    return _shown(request, access, *ApiKey.objects.mint(access.project, name, scopes=scopes))


@require_POST
@owner_page
def rotate_key(request: HttpRequest, access: Access, key_id: int) -> HttpResponse:
    """Make a key beside an old one, which ends by itself, and show its secret, this once."""
    hours = request.POST.get("overlap_hours", "24")
    if not (hours.isascii() and hours.isdecimal() and len(hours) < 6):
        raise BadRequest(f"overlap_hours is {hours[:20]!r}; it must be a whole number")
    old = _key_of(access, key_id)
    key, secret = old.rotate(timedelta(hours=int(hours)))
    return _shown(request, access, key, secret, old)


@require_POST
@owner_page
def revoke_key(request: HttpRequest, access: Access, key_id: int) -> HttpResponse:
    """End a key at once."""
    key = _key_of(access, key_id)
    key.revoke()
    messages.success(request, f"Key {key.public_key} is revoked; requests with it are refused from now on.")
    return redirect("settings", access.project.slug)


def _key_page(
    request: HttpRequest, access: Access, found: ApiKey, errors: dict[str, str], status: int = 200
) -> HttpResponse:
    today = timezone.now().date()
    refused = Arrival.objects.filter(key=found, day=today, outcome=Outcome.REFUSED, reason__in=LIMITED)
    context = {
        "page_title": found.name or "Unnamed key",
        "crumbs": [{"label": "Settings", "href": reverse("settings", args=[access.project.slug])}],
        "key": found,
        "used": accepted_on(found.pk, today),
        "refused": sum(refused.values_list("count", flat=True)),
        "errors": errors,
        "minute": request.POST.get("spans_per_minute", found.spans_per_minute),
        "daily": request.POST.get("spans_per_day", found.spans_per_day),
    }
    return render(request, "settings/key.html", context, status=status)


def _key_of(access: Access, key_id: int) -> ApiKey:
    key = ApiKey.objects.usable().filter(project=access.project, pk=key_id).select_related("project").first()
    if key is None:
        raise NotFound("there is no such key, or it has ended already")
    return key


def _shown(request: HttpRequest, access: Access, key: ApiKey, secret: str, old: ApiKey | None = None) -> HttpResponse:
    context = {**settings_context(access), "new_key": key, "old_key": old, "secret": secret}
    answer = render(request, "settings/settings.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
