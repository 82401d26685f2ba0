"""Calls of a served API that nobody answers: told so, never a false success."""

from __future__ import annotations

import re
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

APIS: Final = {
    "Langfuse": r"api/public/.*",
    "LangSmith": (
        r"(?:api/v1/)?(?:runs|feedback|feedback-configs|sessions|datasets|examples|commits|repos|info|annotation-queues"
        r"|settings|workspaces|tenants|prompts|public|evaluators|sandboxes)(?:/.*)?"
    ),
    "LangSmith platform": r"(?:api/)?(?:v1/platform|v2/datasets|v2/sandboxes)/.*",
    "Opik": r"(?:opik/api|api/v1/private|v1/private)(?:/.*)?",
    "PostHog": r"(?:i/v[01]|e|decide|flags|capture|s|array|api/feature_flag)(?:/.*)?",
    "MLflow": r"(?:(?:ajax-)?api/[23]\.0/mlflow(?:-artifacts)?(?:/.*)?|version)",
    "OpenLLMetry": r"(?:v2/traces|v1/traceloop|v1/prompts)(?:/.*)?",
    "LangWatch": r"api/(?:prompts|otel|collector|evaluations|annotations|experiment)(?:/.*)?",
}
"""The addresses of each API whose clients we serve."""

PATTERN: Final = "^(?P<path>(?:" + "|".join(APIS.values()) + "))$"


@csrf_exempt
def unserved(request: HttpRequest, path: str) -> HttpResponse:
    """Say what is missing."""
    api = next((name for name, pattern in APIS.items() if re.fullmatch(pattern, path)), "this API")
    text = f"{request.method} /{path[:300]} of {api} is not served by Assay; docs/ingest.md lists what is"
    return JsonResponse({"error": "not_served", "message": text, "detail": text}, status=501)
