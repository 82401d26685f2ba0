"""Who may open a page: a signed-in person who belongs to the project; strangers learn no difference from nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from backend.accounts.models import User
from backend.projects.access import Access, open_project, require_owner

Page = Callable[..., HttpResponse]
"""A view that takes the request, the access that was granted, and what the address holds."""


def project_page(view: Page) -> Page:
    """Open the project named in the address for the signed-in person and pass it to the view."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, slug: str, *args: object, **kwargs: object) -> HttpResponse:
        access = open_project(person(request), slug)
        request.access = access  # type: ignore[attr-defined]  # the frame's context processor reads it
        return view(request, access, *args, **kwargs)

    return guarded


def owner_page(view: Page) -> Page:
    """Like ``project_page``, for owners alone."""

    @wraps(view)
    def guarded(request: HttpRequest, access: Access, *args: object, **kwargs: object) -> HttpResponse:
        require_owner(access)
        return view(request, access, *args, **kwargs)

    return project_page(guarded)


def person(request: HttpRequest) -> User:
    """The signed-in person of a request that ``login_required`` let through."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type; login_required has seen to it
    return request.user
