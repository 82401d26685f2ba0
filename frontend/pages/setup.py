"""Set-up: mint a key, show how to send with it, wait for the first trace and open it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from analytics.questions.newest import newest_traces
from backend.env import env
from backend.errors import BadRequest
from backend.projects.access import Access, require_owner
from backend.projects.models import ApiKey
from frontend.guard import project_page
from frontend.pages.snippets import snippets

# Clients may send what they recorded a while ago; older than this is an import, not a first trace.
_OLDEST = timedelta(days=2)


@require_http_methods(["GET", "POST"])
@project_page
def setup(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the snippets; a POST by an owner mints a key and fills it in, this once."""
    secret = ""
    if request.method == "POST":
        require_owner(access)
        _, secret = ApiKey.objects.mint(access.project, "Set-up")
    answer = render(request, "setup/setup.html", _context(access, secret))
    answer["Cache-Control"] = "no-store"
    return answer


@project_page
def waiting(request: HttpRequest, access: Access) -> HttpResponse:
    """Asked every two seconds: has a trace come since the page was opened?"""
    try:
        since = datetime.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        raise BadRequest("since must be an ISO 8601 time") from None
    found = newest_traces(access.project.pk, start=timezone.now() - _OLDEST, since=since, limit=1)
    if found:
        return HttpResponseClientRedirect(reverse("trace", args=[access.project.slug, found[0].trace_id]) + "?first=1")
    return render(request, "setup/waiting.html", {"since": since, "access": access, "project": access.project})


def _context(access: Access, secret: str) -> dict[str, Any]:
    return {
        "page_title": "Set up",
        "secret": secret,
        "keys": ApiKey.objects.usable().filter(project=access.project).order_by("-created_at"),
        "snippets": snippets(env().base_url, secret or "YOUR_SECRET_KEY"),
        "endpoint": f"{env().base_url}/v1/traces",
        "since": timezone.now(),
    }
