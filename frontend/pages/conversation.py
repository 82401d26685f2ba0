"""The conversation page: all turns in the order they began, each with its trace and its flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from analytics.questions.attachments import attached
from analytics.questions.findings import flags_of_turns, scores_of
from analytics.questions.marks import topics_of
from analytics.questions.turns import TurnRow, conversation_totals, traces_of_conversation, turns_of_conversation
from analytics.questions.whole import spans_of_traces
from backend.accounts.models import User
from backend.errors import NotFound
from backend.projects.access import Access
from frontend.guard import person, project_page
from frontend.pages.trace import review_of
from frontend.pages.trace_causes import causes_of, without_causes
from frontend.pages.trace_reading import STEPS, Files, readings
from frontend.pages.traces import topic_color

PAGE: Final = 30


@require_GET
@project_page
def conversation(request: HttpRequest, access: Access, conversation_id: str) -> HttpResponse:
    """Show a conversation; one that the worker has not read yet is its traces."""
    totals = conversation_totals(access.project.pk, conversation_id)
    if totals is None:
        return _unread(access, conversation_id)
    start = _start(request, totals.turns)
    turns = turns_of_conversation(access.project.pk, conversation_id, start, PAGE)
    address = reverse("conversation", args=[access.project.slug, conversation_id])
    context = {
        "page_title": "Conversation",
        "conversation_id": conversation_id,
        "page_href": address,
        "totals": totals,
        "users": [{"id": one, "href": reverse("person", args=[access.project.slug, one])} for one in totals.users],
        "shown_from": start + 1,
        "shown_to": start + len(turns),
        "next_from": start + PAGE if start + PAGE < totals.turns else 0,
        "prev_from": max(0, start - PAGE) if start else None,
        **_read(access, person(request), conversation_id, turns, start),
    }
    return render(request, "conversation/conversation.html", context)


def _read(access: Access, who: User, conversation_id: str, turns: Sequence[TurnRow], start: int) -> dict[str, Any]:
    project_id = access.project.pk
    ids = [turn.turn_id for turn in turns]
    traces = sorted({turn.trace_id for turn in turns})
    steps = spans_of_traces(project_id, traces, operations=STEPS)
    files = Files(access.project.slug, attached(project_id, traces))
    topic = topics_of(project_id, [conversation_id]).get(conversation_id)
    scores = scores_of(project_id, traces, conversation_id)
    return {
        "readings": readings(turns, flags_of_turns(project_id, ids), steps, files, start),
        "scores": without_causes(scores),
        "causes": causes_of(access, who, turns, scores, start + 1),
        "items": review_of(access, ids),
        "topic": topic,
        "topic_color": topic_color(topic.number) if topic else "",
        "topic_href": f"/p/{access.project.slug}/topics/{topic.number}" if topic and topic.number else "",
    }


def _unread(access: Access, conversation_id: str) -> HttpResponse:
    """Where no turn is known yet, the first trace of the conversation says what there is."""
    found = traces_of_conversation(access.project.pk, conversation_id)
    if not found:
        raise NotFound(f"there is no conversation {conversation_id[:80]!r} in this project")
    return redirect("trace", access.project.slug, found[0])


def _start(request: HttpRequest, turns: int) -> int:
    asked = request.GET.get("at", "")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    return start if start < turns else 0
