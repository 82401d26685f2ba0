"""Keys on the page of settings: owners make, rotate and end them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from backend.projects.models import USUAL_SCOPES, ApiKey
from frontend.guard import owner_page
from frontend.pages.settings import settings_context


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
