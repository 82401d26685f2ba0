"""Every address, by face: ingest for SDKs, the JSON API, and pages for people."""

from django.urls import include, path

urlpatterns = [
    path("", include("ingest.urls")),
    path("", include("backend.api.urls")),
    path("", include("frontend.urls")),
]
