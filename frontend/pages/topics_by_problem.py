"""What goes wrong, across topics: a table of causes and of what detectors found, and a page for each of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from analytics.questions.problems import Problem, Problems, problem, problems
from analytics.questions.topic_facets import FacetValue
from backend.projects.access import Access
from frontend.guard import project_page
from frontend.pages.overview import scope_of
from frontend.pages.topic_facets import Row, Shown, against, row_of, topic_asked, value_page


@require_GET
@project_page
def topics_by_problem(request: HttpRequest, access: Access) -> HttpResponse:
    """Show what went wrong in the period."""
    found = problems(scope_of(request, access))
    rows = [_row(access, found, found.meanings[one.key], one) for one in found.facet.values]
    context = {
        "page_title": "Problems",
        "found": found,
        "tables": [
            {
                "title": "By cause",
                "note": "probable causes, from 80 % on; what is only hinted at stands apart",
                "label": "Cause",
                "rows": [one for one in rows if one.value.key.startswith("cause:")],
                "nothing": "No answer of this period was found bad for a cause.",
            },
            {
                "title": "By detector",
                "note": "a conversation counts with each of its problems",
                "label": "Detector",
                "rows": [one for one in rows if one.value.key.startswith("flag:")],
                "nothing": "No detector found anything in an answer of this period.",
            },
        ],
        "against": against(found.facet),
    }
    return render(request, "topics/problems.html", context)


@require_GET
@project_page
def topics_of_problem(request: HttpRequest, access: Access, key: str) -> HttpResponse:
    """Show the topics in which one problem is, and the newest conversations with it."""
    number = topic_asked(request)
    page = problem(scope_of(request, access), key, number)
    row = _row(access, page.problems, page.meaning, page.value)
    context = {
        **value_page(row, page.problems.facet, page.told, number, access.project.slug),
        "facet_title": "Problem",
        "facet_route": "topics_by_problem",
        "kind": "probable cause" if page.meaning.kind == "cause" else "detector",
    }
    return render(request, "topics/facet_value.html", context)


def _row(access: Access, found: Problems, meaning: Problem, value: FacetValue) -> Row:
    shown = Shown(access.project.slug, "topics_of_problem", meaning.name, meaning.text, meaning.search)
    return row_of(value, shown, found.facet.sides)
