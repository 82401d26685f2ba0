"""How conversations ended, across topics: a table of outcomes, and a page for each of them."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from analytics.questions.outcomes import NOT_ASSESSED, OUTCOMES, Outcome, Outcomes, outcome, outcomes
from analytics.questions.topic_facets import FacetValue
from backend.projects.access import Access
from frontend.guard import project_page
from frontend.pages.overview import scope_of
from frontend.pages.topic_facets import Row, Shown, against, row_of, topic_asked, value_page

_TONES: Final = {"well": ("ok", "error"), NOT_ASSESSED: ("neutral", "neutral")}
"""Tones of MORE and FEWER where more is not worse."""


@require_GET
@project_page
def topics_by_outcome(request: HttpRequest, access: Access) -> HttpResponse:
    """Show how the conversations of the period ended."""
    found = outcomes(scope_of(request, access))
    rows = [_row(access, found, meaning, value) for meaning, value in zip(OUTCOMES, found.facet.values, strict=True)]
    context = {
        "page_title": "Outcomes",
        "found": found,
        "rows": rows,
        "not_assessed": found.facet.value(NOT_ASSESSED),
        "against": against(found.facet),
    }
    return render(request, "topics/outcomes.html", context)


@require_GET
@project_page
def topics_of_outcome(request: HttpRequest, access: Access, key: str) -> HttpResponse:
    """Show the topics in which conversations ended in one way, and the newest of them."""
    number = topic_asked(request)
    page = outcome(scope_of(request, access), key, number)
    row = _row(access, page.outcomes, page.meaning, page.value)
    context = {
        **value_page(row, page.outcomes.facet, page.told, number, access.project.slug),
        "facet_title": "Outcome",
        "facet_route": "topics_by_outcome",
        "kind": "outcome",
    }
    return render(request, "topics/facet_value.html", context)


def _row(access: Access, found: Outcomes, meaning: Outcome, value: FacetValue) -> Row:
    tones = _TONES.get(meaning.key, ("error", "ok"))
    shown = Shown(access.project.slug, "topics_of_outcome", meaning.name, meaning.text, "", tones)
    return row_of(value, shown, found.facet.sides)
