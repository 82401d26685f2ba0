"""Addresses of the JSON API."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularJSONAPIView

from backend.api import overview, scores, traces

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "api/v1/openapi.json",
        SpectacularJSONAPIView.as_view(permission_classes=[], authentication_classes=[]),
        name="openapi",
    ),
    path("api/v1/overview", overview.OverviewView.as_view(), name="api_overview"),
    path("api/v1/traces", traces.Traces.as_view(), name="api_traces"),
    path("api/v1/traces/<str:trace_id>", traces.Trace.as_view(), name="api_trace"),
    path("api/v1/traces/<str:trace_id>/spans/<str:span_id>", traces.Span.as_view(), name="api_span"),
    path("api/v1/scores", scores.Scores.as_view(), name="api_scores"),
]
