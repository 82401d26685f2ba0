"""The form that begins a replay: what may be changed in a recorded request, and what that costs."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from analytics.questions.problems import CAUSE_WORDS
from analytics.replay import deeds
from analytics.replay.deeds import Possible, Wanted
from analytics.replay.marks import TESTS
from backend.detection.choices import Author
from backend.errors import BadRequest
from backend.projects.access import Access
from backend.replays.models import USUAL, Replay
from backend.replays.rights import replay_of, require_replay
from frontend.guard import person, project_page

REPEATS: Final = (
    {"value": "3", "label": "3: tells only a clean heal"},
    {"value": "5", "label": "5: also tells that it does not heal"},
    {"value": "8", "label": "8"},
    {"value": "10", "label": "10: the surest"},
)
_SHOWN: Final = 120
_HINTS: Final = {
    "add": "the document that should have been found",
    "swap": "by the text it should have had",
    "drop": "one that misleads",
    "first": "the right one, ranked too low",
    "prompt": "one of the project’s",
    "system": "edited here",
    "model": "that the endpoint knows",
}


@project_page
def new_replay(request: HttpRequest, access: Access) -> HttpResponse:
    """Choose what is changed, and begin."""
    who = person(request)
    require_replay(access, who)
    if request.method != "POST":
        return _show(request, access, _first(access, request.GET))
    filled = _filled(request.POST)
    try:
        begun = deeds.begin(access.project, _wanted(filled), Author.of(who))
    except BadRequest as fault:
        return _show(request, access, filled, str(fault))
    messages.success(request, "Begun. A worker sends the requests; this page follows it.")
    return redirect("replay", access.project.slug, begun.pk)


def _first(access: Access, asked: QueryDict) -> dict[str, str]:
    """What the form holds at first: nothing, or what another replay was asked with."""
    again = asked.get("again", "")
    if not (again.isascii() and again.isdigit() and len(again) < 19):
        return {"turn": asked.get("turn", "").replace("\x00", "")}
    one = replay_of(access, int(again))
    change = {name: str(value) for name, value in one.change.items()}
    return {
        "turn": one.turn_id, "kind": one.kind, "document": change.get("document", ""), "repeats": "10",
        "text": change.get("text", "") if one.kind != "system" else "",
        "system": change.get("text", "") if one.kind == "system" else "",
        "prompt": f"{change.get('version', '')}@{change.get('name', '')}", "changed_model": change.get("model", ""),
        "model": one.model, "must_say": one.must_say,
    }  # fmt: skip


def _filled(sent: QueryDict) -> dict[str, str]:
    names = ("turn", "kind", "document", "text", "system", "prompt", "changed_model", "model", "repeats", "must_say")
    return {name: sent.get(name, "").replace("\x00", "").replace("\r\n", "\n") for name in names}


def _wanted(filled: dict[str, str]) -> Wanted:
    kind = filled["kind"]
    change: dict[str, Any] = {}
    if kind in {"swap", "drop", "first"}:
        change["document"] = _whole(filled["document"], "document")
    if kind in {"add", "swap"}:
        change["text"] = filled["text"]
    if kind == "system":
        change["text"] = filled["system"]
    if kind == "prompt":
        number, _, name = filled["prompt"].partition("@")
        change |= {"name": name, "version": _whole(number, "version")}
    if kind == "model":
        change["model"] = filled["changed_model"]
    repeats = _whole(filled["repeats"], "repeats")
    return Wanted(filled["turn"], kind, change, filled["model"], repeats, filled["must_say"])


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadRequest(f"{name} is {text[:20]!r}; it must be a whole number")
    return int(text)


def _show(request: HttpRequest, access: Access, filled: dict[str, str], fault: str = "") -> HttpResponse:
    found = deeds.possible(access.project, filled.get("turn", ""))
    slug = access.project.slug
    kinds = _kinds(found)
    trace_id = filled.get("turn", "").rpartition(".")[0]
    recorded = found.recorded
    usual = next((one["value"] for one in [*kinds[1:], kinds[0]] if one["tests"] and one["can"]), "system")
    context = {
        "page_title": "Replay an answer",
        "crumbs": [
            {"label": "Traces", "href": reverse("traces", args=[slug])},
            {"label": "This trace", "href": reverse("trace", args=[slug, trace_id])},
        ],
        "found": found,
        "turn": recorded.turn if recorded else None,
        "kinds": kinds,
        "kind": filled.get("kind") or usual,
        "filled": {
            "repeats": str(USUAL),
            "model": recorded.model if recorded else "",
            **filled,
            "system": filled.get("system") or (recorded.system_text if recorded else ""),
        },
        "documents": _documents(found),
        "versions": [
            {"value": f"{one.number}@{one.prompt.name}", "label": f"{one.prompt.name} {one.number}"}
            for one in found.versions
        ],
        "repeats": REPEATS,
        "cause": CAUSE_WORDS.get(found.cause.label, found.cause.label) if found.cause else "",
        "fault": fault,
        "trace_href": reverse("trace", args=[slug, trace_id]),
        "endpoint_href": reverse("judge_endpoint", args=[slug]),
        "period": None,
    }
    return render(request, "replays/new.html", context, status=400 if fault else 200)


def _documents(found: Possible) -> list[dict[str, str]]:
    documents = zip(found.recorded.turn.documents, found.standing, strict=True) if found.recorded else ()
    return [
        {"value": str(place), "label": f"{place + 1}: {' '.join(one.text.split())[:_SHOWN]}"}
        for place, (one, stands) in enumerate(documents)
        if stands
    ]


def _kinds(found: Possible) -> list[dict[str, Any]]:
    """What can be changed, with why not where it cannot."""
    standing = sum(found.standing)
    tests = TESTS.get(found.cause.label, frozenset()) if found.cause else frozenset()
    lacks = {
        "swap": "" if standing else "no document stands word for word in the request",
        "drop": "" if standing else "no document stands word for word in the request",
        "first": "" if standing > 1 else "fewer than two documents stand in the request",
        "prompt": "" if found.versions else "the project keeps no prompts",
    }
    return [
        {
            "value": kind.value, "label": kind.label, "hint": lacks.get(kind.value) or _HINTS[kind.value],
            "can": not lacks.get(kind.value), "tests": kind.value in tests,
        }
        for kind in Replay.Kind
    ]  # fmt: skip
