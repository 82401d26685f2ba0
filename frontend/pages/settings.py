"""Settings of a project: keys (``frontend.pages.keys`` changes them) and people."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from backend.accounts.models import User
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from backend.projects.models import ApiKey, Membership, Role
from frontend.guard import owner_page, project_page

SCOPE_CHOICES: Final = (
    {"value": "ingest,read", "label": "Send and read"},
    {"value": "ingest", "label": "Send only"},
    {"value": "read", "label": "Read only"},
    {"value": "admin", "label": "Everything"},
)
OVERLAPS: Final = (
    {"value": "1", "label": "for 1 hour"},
    {"value": "24", "label": "for 1 day"},
    {"value": "168", "label": "for 7 days"},
    {"value": "720", "label": "for 30 days"},
)
"""How long an old key goes on beside its successor, in hours."""


@require_GET
@project_page
def settings(request: HttpRequest, access: Access) -> HttpResponse:
    """Show keys and people; only owners see what changes them."""
    return render(request, "settings/settings.html", settings_context(access))


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
    answer = render(
        request, "settings/settings.html", {**settings_context(access), "new_person": user, "password": password}
    )
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


def settings_context(access: Access) -> dict[str, Any]:
    """What the page of settings shows, whichever deed it answers."""
    return {
        "page_title": "Settings",
        "keys": ApiKey.objects.filter(project=access.project).order_by("revoked_at", "-created_at"),
        "people": Membership.objects.filter(project=access.project).select_related("user").order_by("created_at"),
        "roles": [{"value": value, "label": label} for value, label in Role.choices],
        "scope_choices": SCOPE_CHOICES,
        "overlaps": OVERLAPS,
    }
