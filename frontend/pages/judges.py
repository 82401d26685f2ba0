"""Judges in natural language: the endpoint they ask, what they cost, and what each is asked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from analytics.alerts import targets
from analytics.detection.judge import judge_kind
from analytics.detection.own import Tried, try_on_recent
from backend.detection import own
from backend.detection.choices import Author
from backend.detection.definitions import PREFIX, SEVERITIES, own_name
from backend.detection.endpoint import Settings, set_endpoint
from backend.detection.judging import Judging, judging, key_of
from backend.detection.models import JudgeCost, JudgeEndpoint, OwnDetector
from backend.env import env
from backend.errors import AssayError, BadRequest
from backend.projects.access import Access
from frontend.guard import owner_page, person, project_page
from frontend.pages.own_detectors import own_of

TRIED = 5
"""Recent turns that a question is tried on: each costs a call."""


@project_page
def judge_endpoint(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the endpoint and what it cost; an owner sets it."""
    fault = ""
    if request.method == "POST":
        return _set_endpoint(request, access.project.slug)
    return _show_endpoint(request, access, fault)


@owner_page
def _set_endpoint(request: HttpRequest, access: Access) -> HttpResponse:
    try:
        new = _settings(request.POST)
        targets.check(new.base_url, is_private=env().judge_private_targets)
        set_endpoint(access.project, new, Author.of(person(request)))
    except BadRequest as error:
        return _show_endpoint(request, access, str(error), request.POST)
    messages.success(request, "Kept. Judges ask there from now on." if new.is_enabled else "Kept. No judge is asked.")
    return redirect("judge_endpoint", access.project.slug)


@owner_page
def new_judge(request: HttpRequest, access: Access) -> HttpResponse:
    """Say in words what is to be flagged."""
    return _edit(request, access, None)


@owner_page
def edit_judge(request: HttpRequest, access: Access, name: str) -> HttpResponse:
    """Change what a judge is asked."""
    return _edit(request, access, own_of(access, name, OwnDetector.Kind.JUDGE))


def _edit(request: HttpRequest, access: Access, row: OwnDetector | None) -> HttpResponse:
    if request.method != "POST":
        filled = {**row.definition, "name": row.name} if row else {"severity": "medium"}
        return _show(request, access, filled, row=row)
    filled = _filled(request.POST)
    who = Author.of(person(request))
    try:
        name = row.name if row else own_name(filled["name"])
        found = judging({key: value for key, value in filled.items() if key != "name"})
        if "try" in request.POST:
            return _show(request, access, filled, tried=_tried(access, found), row=row)
        if row:
            own.change(access.project, name, found.as_json(), who)
        else:
            own.make(access.project, name, OwnDetector.Kind.JUDGE, found.as_json(), who)
    except BadRequest as fault:
        return _show(request, access, filled, fault, row=row)
    messages.success(request, f"{name} is asked about every turn from now on, within the day’s limits.")
    return redirect("detector", access.project.slug, name)


def _tried(access: Access, found: Judging) -> Tried:
    endpoint = JudgeEndpoint.objects.filter(project=access.project, is_enabled=True).first()
    if endpoint is None:
        raise BadRequest("no endpoint is switched on; set one first")
    kind = judge_kind(f"{PREFIX}tried", access.project.pk, found, endpoint.model)
    return try_on_recent(access.project.pk, kind, timezone.now(), most=TRIED)


def _filled(sent: QueryDict) -> dict[str, Any]:
    texts = {
        name: sent.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()
        for name in ("name", "instruction", "severity", "explanation")
    }
    return {**texts, "with_documents": "with_documents" in sent}


def _settings(sent: QueryDict) -> Settings:
    return Settings(
        base_url=sent.get("base_url", "").replace("\x00", "").strip(),
        model=sent.get("model", "").replace("\x00", "").strip(),
        key_variable=sent.get("key_variable", "").strip(),
        is_enabled="is_enabled" in sent,
        calls_a_day=int(_number(sent, "calls_a_day", "1000")),
        usd_a_day=_number(sent, "usd_a_day", "") if sent.get("usd_a_day", "").strip() else None,
        input_usd=_number(sent, "input_usd", "0"),
        output_usd=_number(sent, "output_usd", "0"),
        members_may_replay="members_may_replay" in sent,
    )


def _number(sent: QueryDict, name: str, usual: str) -> float:
    text = sent.get(name, "").strip() or usual
    try:
        value = float(text)
        int(value)
    except (ValueError, OverflowError):
        raise BadRequest(f"{name} is {text[:20]!r}; it must be a number") from None
    return value


def _crumbs(access: Access) -> list[dict[str, str]]:
    slug = access.project.slug
    return [
        {"label": "Settings", "href": reverse("settings", args=[slug])},
        {"label": "Detectors", "href": reverse("detectors", args=[slug])},
    ]


def _show_endpoint(request: HttpRequest, access: Access, fault: str, sent: QueryDict | None = None) -> HttpResponse:
    endpoint = JudgeEndpoint.objects.filter(project=access.project).first()
    context = {
        "page_title": "Judges’ endpoint",
        "crumbs": _crumbs(access),
        "endpoint": endpoint,
        "filled": sent or endpoint,
        "is_enabled": "is_enabled" in sent if sent else bool(endpoint and endpoint.is_enabled),
        "members_may": "members_may_replay" in sent if sent else bool(endpoint and endpoint.members_may_replay),
        "has_key": bool(endpoint and key_of(endpoint.key_variable)),
        "costs": JudgeCost.objects.filter(project=access.project).order_by("-day")[:14],
        "fault": fault,
        "period": None,
    }
    return render(request, "detection/endpoint.html", context, status=400 if fault else 200)


def _show(
    request: HttpRequest,
    access: Access,
    filled: dict[str, Any],
    fault: AssayError | None = None,
    tried: Tried | None = None,
    row: OwnDetector | None = None,
) -> HttpResponse:
    context = {
        "page_title": row.name if row else "New judge",
        "crumbs": _crumbs(access),
        "row": row,
        "filled": filled,
        "severities": [{"value": value, "label": value.capitalize()} for value in SEVERITIES],
        "fault": str(fault) if fault else "",
        "tried": tried,
        "tries": TRIED,
        "is_ready": JudgeEndpoint.objects.filter(project=access.project, is_enabled=True).exists(),
        "period": None,
    }
    return render(request, "detection/judge.html", context, status=fault.status if fault else 200)
