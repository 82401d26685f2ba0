"""Every address, by face: health for probes, ingest for SDKs, the JSON API, and pages for people."""

from django.urls import include, path

urlpatterns = [
    path("", include("backend.health.urls")),
    path("", include("ingest.urls")),
    path("", include("backend.api.urls")),
    path("", include("frontend.urls")),
]

handler404 = "frontend.errors.not_found"
handler500 = "frontend.errors.server_error"
