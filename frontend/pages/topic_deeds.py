"""What people do with topics: merge, split, pin, leave out, move conversations, and take each of it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from analytics.pipeline import steer
from analytics.questions.topic_decisions import Decided, decided
from backend.errors import BadRequest
from backend.projects.access import Access
from backend.topics import deeds
from backend.topics.models import Topic, TopicDeed
from frontend.guard import person, project_page
from frontend.templatetags.evidence import visible

Kind = TopicDeed.Kind

_PARTS: Final = (None, 2, 3, 4, 5, 6)


@require_POST
@project_page
def merge_topic(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Make a topic part of another, and show that one."""
    into = _number(request, "into")
    steer.merge(access.project.pk, number, into, person(request).email)
    names = _names(access, number, into)
    messages.success(request, f"“{names[number]}” is part of “{names[into]}” now, through every re-fit.")
    return redirect("topic", access.project.slug, into)


@require_http_methods(["GET", "HEAD", "POST"])
@project_page
def split_topic(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Show in which parts a topic could be split; split it when they are right."""
    asked = (request.POST if request.method == "POST" else request.GET).get("parts", "")
    count = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 3 else None
    if request.method == "POST":
        deed = steer.split(access.project.pk, number, count, person(request).email)
        messages.success(request, f"It is {len(deed.details['parts'])} topics now, through every re-fit.")
        return redirect("topic", access.project.slug, number)
    topic = deeds.topic_of(access.project.pk, number)
    address = reverse("topic", args=[access.project.slug, number])
    context: dict[str, Any] = {
        "page_title": f"Split {visible(topic.name)}",
        "topic": topic,
        "crumbs": [
            {"label": "Topics", "href": reverse("topics", args=[access.project.slug])},
            {"label": visible(topic.name), "href": address},
        ],
        "choices": [
            {"label": "As found" if one is None else f"{one}", "href": f"?parts={one or ''}", "current": one == count}
            for one in _PARTS
        ],
        "count": count or "",
    }
    try:
        context["proposal"] = steer.propose(access.project.pk, number, count)
    except BadRequest as fault:
        context["fault"] = str(fault)
    return render(request, "topic/split_topic.html", context)


@require_POST
@project_page
def mark_topic(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Pin a topic or leave it out; what is so already is taken back."""
    kind = request.POST.get("kind", "")
    if kind not in (Kind.PIN, Kind.IGNORE):
        raise BadRequest("a topic can be marked by kind=pin or kind=ignore")
    by = person(request).email
    holds = deeds.active(access.project.pk, (kind,))
    found = next((deed for deed in holds if deed.number == number), None)
    if found:
        steer.take_back(access.project.pk, found.pk, by)
        messages.success(request, "It is shown again." if kind == Kind.IGNORE else "It is let go.")
    else:
        steer.mark(access.project.pk, number, kind, by)
        messages.success(
            request,
            "It is kept by every re-fit, with its name."
            if kind == Kind.PIN
            else "It is left out of lists and trends; its conversations are counted apart.",
        )
    return redirect("topic", access.project.slug, number)


@require_POST
@project_page
def move_conversations(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Put chosen conversations of a topic into another one, or into Other."""
    chosen = request.POST.getlist("conversation")
    if not chosen:
        raise BadRequest("choose the conversations that are to move; none was chosen")
    into = _number(request, "into")
    deed = steer.move(access.project.pk, chosen, into, person(request).email)
    count = len(deed.details["from"])
    name = _names(access, into)[into]
    messages.success(request, f"{count:,} {'conversation is' if count == 1 else 'conversations are'} in “{name}” now.")
    return redirect("topic", access.project.slug, number)


@require_POST
@project_page
def undo_deed(request: HttpRequest, access: Access, deed_id: int) -> HttpResponse:
    """Take a decision back."""
    deed = steer.take_back(access.project.pk, deed_id, person(request).email)
    messages.success(request, "It is taken back; conversations are where they were before.")
    return redirect("topic", access.project.slug, deed.number)


def decisions_of(access: Access, number: int | None = None) -> list[Decided]:
    """What was decided, about one topic where its number is given; names that deceive the eye are made plain."""
    return [replace(one, text=visible(one.text)) for one in decided(access.project.pk, number)]


def targets_of(access: Access, number: int) -> list[dict[str, Any]]:
    """Topics that this one can be merged into, or its conversations moved to, by name."""
    found = steer.topics_to_choose(access.project.pk, number)
    return [{"number": one.number, "name": visible(one.name)} for one in found]


def _number(request: HttpRequest, field: str) -> int:
    asked = request.POST.get(field, "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 9):
        raise BadRequest(f"{field} must be the number of a topic")
    return int(asked)


def _names(access: Access, *numbers: int) -> dict[int, str]:
    found = {one.number: one.name for one in Topic.objects.filter(project=access.project, number__in=numbers)}
    return {number: found.get(number, "Other") for number in numbers}
