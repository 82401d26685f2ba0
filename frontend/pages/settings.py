"""Settings of a project: keys and people."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from backend.accounts.models import User
from backend.env import env
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from backend.projects.models import ApiKey, Membership, Role
from frontend.guard import owner_page, project_page


@require_GET
@project_page
def settings(request: HttpRequest, access: Access) -> HttpResponse:
    """Show keys and people; only owners see what changes them."""
    return render(request, "settings/settings.html", _context(access))


@require_POST
@owner_page
def mint_key(request: HttpRequest, access: Access) -> HttpResponse:
    """Make a key and show its secret, this once."""
    name = request.POST.get("name", "").strip()[:120]
    key, secret = ApiKey.objects.mint(access.project, name)
    answer = render(request, "settings/settings.html", {**_context(access), "new_key": key, "secret": secret})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@owner_page
def revoke_key(request: HttpRequest, access: Access, key_id: int) -> HttpResponse:
    """End a key at once."""
    key = ApiKey.objects.usable().filter(project=access.project, pk=key_id).first()
    if key is None:
        raise NotFound("there is no such key, or it is revoked already")
    key.revoke()
    messages.success(request, f"Key {key.public_key} is revoked; requests with it are refused from now on.")
    return redirect("settings", access.project.slug)


@require_POST
@owner_page
def add_person(request: HttpRequest, access: Access) -> HttpResponse:
    """Let a person in; someone new gets a password that is shown this once."""
    email = request.POST.get("email", "").strip().lower()
    role = request.POST.get("role", Role.MEMBER)
    try:
        validate_email(email)
    except ValidationError:
        raise BadRequest(f"{email[:80]!r} is no e-mail address") from None
    if role not in Role.values:
        raise BadRequest(f"role is {role[:20]!r}; it must be owner or member")
    user = User.objects.filter(email=email).first()
    if user and role != Role.OWNER:
        _keep_an_owner(access, user.pk)
    password = ""
    if user is None:
        password = secrets.token_urlsafe(12)
        user = User.objects.create_user(email, password)
    Membership.objects.update_or_create(project=access.project, user=user, defaults={"role": role})
    if not password:
        messages.success(request, f"{email} belongs to {access.project.name} now.")
        return redirect("settings", access.project.slug)
    answer = render(request, "settings/settings.html", {**_context(access), "new_person": user, "password": password})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@owner_page
def remove_person(request: HttpRequest, access: Access, user_id: int) -> HttpResponse:
    """Take a person out of the project; the last owner stays."""
    membership = Membership.objects.filter(project=access.project, user_id=user_id).select_related("user").first()
    if membership is None:
        raise NotFound("this person does not belong to the project")
    _keep_an_owner(access, user_id)
    membership.delete()
    messages.success(request, f"{membership.user.email} no longer belongs to {access.project.name}.")
    return redirect("settings", access.project.slug)


def _keep_an_owner(access: Access, leaving: int) -> None:
    owners = list(Membership.objects.filter(project=access.project, role=Role.OWNER).values_list("user_id", flat=True))
    if owners == [leaving]:
        raise BadRequest("the last owner stays: make somebody else an owner first")


def _context(access: Access) -> dict[str, Any]:
    return {
        "page_title": "Settings",
        "keys": ApiKey.objects.filter(project=access.project).order_by("revoked_at", "-created_at"),
        "people": Membership.objects.filter(project=access.project).select_related("user").order_by("created_at"),
        "roles": [{"value": value, "label": label} for value, label in Role.choices],
        "endpoint": f"{env().base_url}/v1/traces",
    }
