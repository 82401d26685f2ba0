"""The page of one user of the product: what they asked in the period, how it went, what it cost."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from analytics.questions.grammar import Token, literal
from analytics.questions.people import conversations_of, flags_of_person, person_totals
from analytics.questions.scope import Range, Scope
from backend.projects.access import Access
from frontend.guard import project_page
from frontend.period import period_of
from frontend.shell import environment_of
from frontend.templatetags.figures import counted

PAGE: Final = 50


@require_GET
@project_page
def person(request: HttpRequest, access: Access, user_id: str) -> HttpResponse:
    """Show a user; one without a turn in the period gets an empty page, as another period may have some."""
    period = period_of(request)
    scope = Scope(access.project.pk, Range(period.start, period.end), environment_of(request))
    asked = request.GET.get("at", "")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    totals = person_totals(scope, user_id)
    held = conversations_of(scope, user_id, start, PAGE) if totals else []
    slug = access.project.slug
    context = {
        "page_title": "User",
        "user_id": user_id,
        "period": period,
        "totals": totals,
        "in_conversations": f"in {counted(totals.conversations, 'conversation,conversations')}" if totals else "",
        "flags": flags_of_person(scope, user_id) if totals else [],
        "held": [{"row": row, "href": reverse("conversation", args=[slug, row.conversation_id])} for row in held],
        "next_from": start + PAGE if totals and start + PAGE < totals.conversations else 0,
        "shown_to": start + len(held),
        "traces_href": f"{reverse('traces', args=[slug])}?{urlencode({'q': Token('user', literal(user_id)).text})}",
    }
    return render(request, "person/person.html", context)
