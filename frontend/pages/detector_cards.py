"""Cards of detectors and scores: what each finds, and how right it is, measured on data nothing was fitted on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from backend.projects.access import Access
from frontend.guard import project_page


@require_GET
@project_page
def detector_cards(request: HttpRequest, access: Access) -> HttpResponse:
    """Show every detector and score with its measured figures."""
    from analytics.evaluate.cards import cards  # imports numpy and all plugins, which no other page needs

    found = cards()
    context = {
        "page_title": "Detectors and scores",
        "detectors": [card for card in found if card.severity],
        "scores": [card for card in found if not card.severity],
        "analysis_url": reverse("analysis", args=[access.project.slug]),
    }
    return render(request, "analysis/cards.html", context)
