"""Replays of a project: listed, and each with its verdict and every answer."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analytics.questions.problems import CAUSE_WORDS
from analytics.replay import deeds
from analytics.replay.marks import TESTS, mark_of
from analytics.statistics.intervals import rate
from backend.detection.choices import Author
from backend.detection.models import JudgeEndpoint
from backend.projects.access import Access
from backend.replays.models import MOST, Attempt, Replay
from backend.replays.rights import may_replay, replay_of, require_replay
from frontend.guard import person, project_page
from frontend.pages.trace_causes import MARKS, line_of

PAGE: Final = 50


@require_GET
@project_page
def replays(request: HttpRequest, access: Access) -> HttpResponse:
    """List replays, newest first, by their verdict."""
    chosen = request.GET.get("verdict", "")
    found = Replay.objects.filter(project=access.project)
    there = found.exists()
    if chosen in Replay.Verdict.values:
        found = found.filter(verdict=chosen)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE + 1])
    slug = access.project.slug
    href = reverse("replays", args=[slug])
    tabs = [("", "All"), *Replay.Verdict.choices]
    context = {
        "page_title": "Replays",
        "crumbs": [{"label": "Traces", "href": reverse("traces", args=[slug])}],
        "tabs": [
            {"label": label, "href": f"{href}?verdict={value}" if value else href, "current": value == chosen}
            for value, label in tabs
        ],
        "lines": [_line(slug, one) for one in page[:PAGE]],
        "older": page[PAGE - 1].pk if len(page) > PAGE else 0,
        "there": there,
        "endpoint": JudgeEndpoint.objects.filter(project=access.project, is_enabled=True).first(),
        "traces_href": reverse("traces", args=[slug]),
        "period": None,
    }
    return render(request, "replays/list.html", context)


@require_GET
@project_page
def replay(request: HttpRequest, access: Access, replay_id: int) -> HttpResponse:
    """Show a replay; ``?part=1`` answers what changes while it runs, for the page to poll."""
    one = replay_of(access, replay_id)
    slug = access.project.slug
    attempts = list(one.attempts.all())
    siblings = list(Replay.objects.filter(project=access.project, turn_id=one.turn_id))
    mark = mark_of(one.cause, siblings) if one.cause else None
    context = {
        "page_title": f"Replay {one.pk}",
        "crumbs": [
            {"label": "Traces", "href": reverse("traces", args=[slug])},
            {"label": "Replays", "href": reverse("replays", args=[slug])},
        ],
        "replay": one,
        "line": line_of(slug, one),
        "arms": [_arm(one, attempts, arm) for arm in (Attempt.Arm.CONTROL, Attempt.Arm.CHANGED)],
        "asked": len(attempts),
        "to_ask": 2 * one.repeats,
        "used": one.used(),
        "cause": CAUSE_WORDS.get(one.cause, one.cause),
        "tests_cause": one.kind in TESTS.get(one.cause, ()),
        "mark": (mark, *MARKS[mark.state]) if mark else None,
        "put_in": one.change.get("text", ""),
        "could_repeat": one.verdict == "not_enough_evidence"
        and one.repeats < MOST
        and min(one.control_judged, one.changed_judged) > 0,
        "may": may_replay(access, person(request)),
        "href": reverse("replay", args=[slug, one.pk]),
        "trace_href": reverse("trace", args=[slug, one.trace_id]),
        "again_href": f"{reverse('new_replay', args=[slug])}?again={one.pk}",
        "period": None,
    }
    return render(request, "replays/body.html" if "part" in request.GET else "replays/replay.html", context)


@require_POST
@project_page
def stop_replay(request: HttpRequest, access: Access, replay_id: int) -> HttpResponse:
    """Ask nothing more; what came back stays."""
    one = replay_of(access, replay_id)
    who = person(request)
    require_replay(access, who)
    deeds.stop(one, Author.of(who))
    messages.success(request, "Stopped. The answers that came back stay.")
    return redirect("replay", access.project.slug, one.pk)


def _line(slug: str, one: Replay) -> dict[str, Any]:
    return {
        "line": line_of(slug, one),
        "cause": CAUSE_WORDS.get(one.cause, one.cause),
        "trace_href": reverse("trace", args=[slug, one.trace_id]),
    }


def _arm(one: Replay, attempts: list[Attempt], arm: Attempt.Arm) -> dict[str, Any]:
    its = [attempt for attempt in attempts if attempt.arm == arm]
    healed = sum(bool(attempt.is_healed) for attempt in its)
    judged = sum(attempt.is_healed is not None for attempt in its)
    return {
        "arm": arm,
        "label": arm.label,
        "text": one.change_text if arm == Attempt.Arm.CHANGED else "the request as it was recorded",
        "model": one.changed_model if arm == Attempt.Arm.CHANGED else one.model,
        "attempts": its,
        "healed": healed,
        "judged": judged,
        "failed": sum(bool(attempt.error) for attempt in its),
        "share": rate(healed, judged),
    }
