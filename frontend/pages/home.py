"""Where a visit starts, and the palette that jumps anywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from analytics.questions.newest import newest_traces
from backend.projects.access import Access
from backend.projects.models import Project
from backend.topics.models import Topic
from frontend.guard import person, project_page
from frontend.shell import rail

_MOST = 6


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Open the project that was open last, or the first one."""
    projects = Project.objects.visible_to(person(request))
    last = projects.filter(slug=request.session.get("project", "")).first() or projects.first()
    if last is None:
        return render(request, "home/no_project.html", {"page_title": "No project"})
    return redirect("overview", last.slug)


@project_page
def palette(request: HttpRequest, access: Access) -> HttpResponse:
    """What the palette offers for what was typed: pages, topics, traces, projects, and a search."""
    typed = request.GET.get("q", "").strip()[:200]
    slug = access.project.slug
    groups = [
        {"title": "Go to", "items": _matching(typed, [_page(entry) for entry in rail(request, access.project)])},
        {"title": "Topics", "items": _topics(access.project, typed)},
        {"title": "Newest traces", "items": [] if typed else _traces(access.project)},
        {"title": "Projects", "items": _matching(typed, _projects(request, access.project))},
    ]
    if typed:
        search = f"{reverse('traces', args=[slug])}?{urlencode({'q': typed})}"
        groups.append({"title": "Search", "items": [_item(f"Search traces for “{typed}”", search, "search")]})
    return JsonResponse({"groups": groups})


def _item(label: str, href: str, icon: str, hint: str = "") -> dict[str, str]:
    return {"label": label, "href": href, "icon": icon, "hint": hint}


def _page(entry: dict[str, Any]) -> dict[str, str]:
    return _item(entry["label"], entry["href"], entry["icon"], entry["keys"])


def _matching(typed: str, items: list[dict[str, str]]) -> list[dict[str, str]]:
    return [item for item in items if typed.lower() in item["label"].lower()][:_MOST]


def _topics(project: Project, typed: str) -> list[dict[str, str]]:
    found = Topic.objects.filter(project=project, level=1, state=Topic.State.ACTIVE)
    items = [_item(topic.name, reverse("topic", args=[project.slug, topic.number]), "shapes") for topic in found[:500]]
    return _matching(typed, items) if typed else []


def _traces(project: Project) -> list[dict[str, str]]:
    now = timezone.now()
    found = newest_traces(project.pk, start=now - timedelta(days=7), since=now - timedelta(days=7))
    return [
        _item(
            row.name or row.trace_id, reverse("trace", args=[project.slug, row.trace_id]), "list-tree", row.trace_id[:8]
        )
        for row in found
    ]


def _projects(request: HttpRequest, current: Project) -> list[dict[str, str]]:
    found = Project.objects.visible_to(person(request)).exclude(pk=current.pk)
    return [_item(project.name, reverse("overview", args=[project.slug]), "folder") for project in found[:50]]
