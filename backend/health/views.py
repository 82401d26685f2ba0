"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import hmac
from dataclasses import asdict
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from backend.env import env
from backend.health.metrics import exposition
from backend.health.readiness import checks


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Whether this process lives; asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Whether requests can be served: 200, or 503 with the reasons."""
    seen = checks()
    ready = all(check.ok for check in seen.values())
    body = {"ready": ready, "checks": {name: asdict(check) for name, check in seen.items()}}
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' metrics, for callers on this machine or with the token."""
    if not _may_read_metrics(request):
        return HttpResponse("send Authorization: Bearer and the token of ASSAY_METRICS_TOKEN\n", "text/plain", 403)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    wanted = env().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if wanted and hmac.compare_digest(given.encode(), wanted.encode()):
        return True
    # Behind a proxy everybody may seem to come from this machine.
    return not env().public_url and "X-Forwarded-For" not in request.headers and _is_loopback(request)


def _is_loopback(request: HttpRequest) -> bool:
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
