"""The gallery: every component in a frame of its own, without a database behind it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from frontend.gallery.figures import NAMES, context

_RAIL = (
    ("Overview", "layout-dashboard", "g o"),
    ("Topics", "shapes", "g t"),
    ("Traces", "list-tree", "g r"),
    ("Review", "clipboard-check", "g v"),
    ("Settings", "settings", "g s"),
)


def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    return render(request, "gallery.html", _frame() | context())


def palette(request: HttpRequest) -> JsonResponse:
    """Answer the gallery's command palette."""
    words = request.GET.get("q", "").lower()
    items = [{"label": name, "href": reverse("gallery"), "hint": "topic", "icon": "shapes"} for name in NAMES]
    found = [item for item in items if words in item["label"].lower()][:6]
    return JsonResponse({"groups": [{"title": "Topics", "items": found}]})


def _frame() -> dict[str, Any]:
    """Give what frontend.shell gives a page."""
    presets = (("24h", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days"))
    return {
        "user": SimpleNamespace(is_authenticated=True, email="ada@example.com"),
        "project": {"name": "Shoe shop", "is_sample": True},
        "projects": [
            {"name": "Shoe shop", "href": "#", "is_sample": True, "current": True},
            {"name": "Production", "href": "#"},
        ],
        "nav": [
            {"label": label, "icon": icon, "href": reverse("gallery"), "keys": keys, "current": label == "Topics"}
            for label, icon, keys in _RAIL
        ],
        "period": {
            "label": "Last 7 days",
            "presets": [{"range": key, "label": label, "current": key == "7d"} for key, label in presets],
            "from_value": "2026-11-16T00:00",
            "to_value": "2026-11-23T00:00",
        },
        "environments": ["production", "staging"],
        "environment": "",
        "palette_url": reverse("gallery_palette"),
        "setup_href": "#",
        "sign_out_url": "/sign-out",
    }
