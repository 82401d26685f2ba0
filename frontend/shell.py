"""What the frame around every page needs: the project, its rail, the time range and the environment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from analytics.questions.environments import environments
from backend.accounts.models import User
from backend.alerts.models import Alert
from backend.errors import AssayError, StoreError
from backend.projects.access import Access
from backend.projects.models import Project
from backend.review.models import ReviewItem
from frontend.period import PRESETS, Period, period_of

# Route name, words, icon, key after "g" or alone. A room whose page does not exist yet is not shown.
_RAIL = (
    ("overview", "Overview", "layout-dashboard", "g o"),
    ("topics", "Topics", "shapes", "g t"),
    ("traces", "Traces", "list-tree", "g r"),
    ("review", "Review", "clipboard-check", "g v"),
    ("alerts", "Alerts", "bell", "g a"),
    ("settings", "Settings", "settings", "g s"),
)
_ENVIRONMENTS_FOR_S = 60


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; without a project only what sign-in and error pages show."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    access: Access | None = getattr(request, "access", None)
    projects = list(Project.objects.visible_to(user))
    frame: dict[str, Any] = {
        "projects": [_project(project, access) for project in projects],
        "sign_out_url": reverse("sign_out"),
        "account_href": reverse("password_change"),
    }
    if access is None:
        return frame
    return frame | _inside(request, access)


def environment_of(request: HttpRequest) -> str:
    """The environment a page is limited to; empty for all."""
    return request.GET.get("env", "")[:200]


def _inside(request: HttpRequest, access: Access) -> dict[str, Any]:
    slug = access.project.slug
    return {
        "project": access.project,
        "access": access,
        "nav": rail(request, access.project),
        "period": _period(request),
        "environments": _environments(access.project.pk),
        "environment": environment_of(request),
        "palette_url": reverse("palette", args=[slug]),
        "setup_href": reverse("setup", args=[slug]),
    }


def rail(request: HttpRequest, project: Project) -> list[dict[str, Any]]:
    """The rooms of a project that have a page."""
    entries = []
    for entry in _RAIL:
        try:
            entries.append(_rail_entry(request, project, entry))
        except NoReverseMatch:
            continue
    return entries


def _project(project: Project, access: Access | None) -> dict[str, Any]:
    return {
        "name": project.name,
        "href": reverse("overview", args=[project.slug]),
        "is_sample": project.is_sample,
        "current": access is not None and access.project.pk == project.pk,
    }


def _rail_entry(request: HttpRequest, project: Project, room: tuple[str, str, str, str]) -> dict[str, Any]:
    route, label, icon, keys = room
    href = reverse(route, args=[project.slug])
    here = request.path == href if route == "overview" else request.path.startswith(href)
    if route == "traces":  # conversations, users and replays are drilled into from traces
        rooms = ("conversations/", "users/", "replays")
        here = here or any(f"/p/{project.slug}/{room}" in request.path for room in rooms)
    entry: dict[str, Any] = {"href": href, "label": label, "icon": icon, "keys": keys, "current": here}
    if route == "review":
        entry["count"] = open_items(project)
    if route == "alerts":
        entry["count"] = open_alerts(project)
    return entry


def open_items(project: Project) -> int:
    """How many answers wait for a reviewer."""
    return ReviewItem.objects.filter(queue__project=project, state=ReviewItem.State.OPEN).count()


def open_alerts(project: Project) -> int:
    """How many alerts go on that nobody has answered."""
    return Alert.objects.filter(rule__project=project, ended_at=None, acknowledged_at=None).count()


def _period(request: HttpRequest) -> dict[str, Any]:
    try:
        period = period_of(request)
    except AssayError:
        period = Period(timezone.now() - timedelta(days=30), timezone.now(), "custom", "Time range")
    return {
        "label": period.label,
        "from_value": f"{period.start:%Y-%m-%dT%H:%M}",
        "to_value": f"{period.end:%Y-%m-%dT%H:%M}",
        "presets": [
            {"range": key, "label": label, "current": key == period.key} for key, (label, _) in PRESETS.items()
        ],
    }


def _environments(project_id: int) -> list[str]:
    key = f"environments:{project_id}"
    known: list[str] | None = cache.get(key)
    if known is None:
        try:
            known = environments(project_id, timezone.now() - timedelta(days=90))
        except StoreError:
            return []  # the page itself says that the store is away
        cache.set(key, known, _ENVIRONMENTS_FOR_S)
    return known
