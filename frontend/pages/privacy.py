"""What of a project's telemetry is stored, and of which traces for long: owners decide, members read."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics.questions.sampled import Decided, decided
from backend.errors import BadRequest, StoreError
from backend.policies.models import ProjectPolicy, Redaction, policy_row
from backend.projects.access import Access
from backend.sensitive.own import LONGEST, MOST
from backend.sensitive.tokens import KIND_WORDS, OF_NAMES
from frontend.guard import owner_page, person, project_page

STORED: Final = {
    Redaction.OFF: "Everything is stored as clients send it.",
    Redaction.MASK: (
        "Personal data and secrets are replaced by tokens such as [EMAIL_kqtzm], in messages, documents, tool calls,"
        " attributes, comments and labels alike. All else is stored."
    ),
    Redaction.DROP: (
        "Messages, documents’ texts, tool arguments and results, comments and error messages are not stored. Ids,"
        " names, times, models, tokens, costs, numbers and whether it failed are, with personal data and secrets"
        " masked. Topics, flags and scores that read text find nothing then."
    ),
}
"""By policy, what it means."""

DAYS: Final = 14
_SHORT: Final = "each line is a name in capitals, a space and a pattern"


@require_GET
@project_page
def privacy(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the policy and what it means."""
    row = policy_row(access.project)
    return _page(request, access, row, row.redaction, _lines(row), row.masks_names)


@require_POST
@owner_page
def set_privacy(request: HttpRequest, access: Access) -> HttpResponse:
    """Change the policy of what comes from now on."""
    row = policy_row(access.project)
    redaction, text = request.POST.get("redaction", ""), request.POST.get("own_patterns", "")
    masks_names = "masks_names" in request.POST
    try:
        row.changed_by = person(request)
        row.set_redaction(redaction, _patterns(text), masks_names=masks_names)
    except BadRequest as fault:
        return _page(request, access, policy_row(access.project), redaction, text, masks_names, error=str(fault))
    messages.success(request, "What comes from now on is stored by this policy; what is stored already stays as it is.")
    return redirect("privacy", access.project.slug)


@require_POST
@owner_page
def set_sampling(request: HttpRequest, access: Access) -> HttpResponse:
    """Change which traces keep their whole spans."""
    row = policy_row(access.project)
    try:
        row.changed_by = person(request)
        row.set_sampling(_number(request, "kept_percent") / 100, int(_number(request, "hold_hours")))
    except BadRequest as fault:
        stored = policy_row(access.project)
        own, names = _lines(stored), stored.masks_names
        return _page(request, access, stored, stored.redaction, own, names, sampling_error=str(fault))
    messages.success(request, "Traces that are stored from now on are sampled by this rule once their hold is over.")
    return redirect("privacy", access.project.slug)


def _number(request: HttpRequest, name: str) -> float:
    text = request.POST.get(name, "").strip()[:20]
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise BadRequest(f"{name} is {text!r}; it must be a number")
    return found


def _page(
    request: HttpRequest,
    access: Access,
    row: ProjectPolicy,
    redaction: str,
    own_patterns: str,
    masks_names: bool,
    *,
    error: str = "",
    sampling_error: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {
        "page_title": "Privacy and sampling",
        "crumbs": [{"label": "Settings", "href": reverse("settings", args=[access.project.slug])}],
        "row": row,
        "is_set": row.changed_at is not None,
        "stored": STORED[Redaction(row.redaction)],
        "options": [{"value": one.value, "label": one.label, "hint": STORED[one]} for one in Redaction],
        "redaction": redaction,
        "own_patterns": own_patterns,
        "masks_names": masks_names,
        "kinds": [
            words.partition(",")[2] for word, words in KIND_WORDS.items() if row.masks_names or word not in OF_NAMES
        ],
        "most": MOST,
        "longest": LONGEST,
        "error": error,
        "sampling_error": sampling_error,
        "kept_percent": request.POST.get("kept_percent", f"{row.kept_share * 100:g}"),
        "hold_hours": request.POST.get("hold_hours", row.hold_hours),
        "percent": f"{row.kept_share * 100:g}",
        "decided": _decided(access),
        "days": DAYS,
    }
    return render(request, "settings/privacy.html", context, status=400 if error or sampling_error else 200)


def _decided(access: Access) -> Decided | None:
    """What sampling decided in the last days; None while the store is away."""
    try:
        return decided(access.project.pk, timezone.now() - timedelta(days=DAYS))
    except StoreError:
        return None


def _lines(row: ProjectPolicy) -> str:
    return "\n".join(f"{word} {pattern}" for word, pattern in row.own_patterns)


def _patterns(text: str) -> list[tuple[str, str]]:
    found = []
    for line in text.replace("\x00", "").splitlines():
        if not line.strip():
            continue
        word, _, pattern = line.strip().partition(" ")
        if not pattern.strip():
            raise BadRequest(f"{line.strip()[:60]!r} has no pattern: {_SHORT}")
        found.append((word, pattern.strip()))
    return found
