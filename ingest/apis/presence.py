"""What SDKs ask before they send: whether the server lives, what it can do, and whose key this is."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from backend.env import env
from backend.errors import StoreError
from backend.projects.models import Project
from backend.store.connection import store
from ingest.apis.keyed import ANY, keyed, open_to_all, said

VERSION: Final = "0.1.0"
"""As in pyproject.toml; a test holds them together."""


@open_to_all("GET", "HEAD")
def langfuse_health(request: HttpRequest) -> HttpResponse:
    """Langfuse's health: 503 where the store does not answer."""
    try:
        well = store().ping()
    except StoreError:
        well = False
    return said({"status": "OK" if well else "the store does not answer", "version": VERSION}, 200 if well else 503)


def langfuse_projects(request: HttpRequest, project: Project) -> HttpResponse:
    """Langfuse's `auth_check`, and where its trace links lead."""
    organization = {"id": "assay", "name": "Assay"}
    told = {"id": project.slug, "name": project.name, "organization": organization, "metadata": {}}
    return said({"data": [{**told, "retentionDays": None}]})


def langfuse_trace_link(request: HttpRequest, slug: str, trace_id: str) -> HttpResponse:
    """Where Langfuse's SDK says that a trace stands."""
    return redirect("trace", slug, trace_id)


@open_to_all("GET", "HEAD")
def langsmith_features(request: HttpRequest) -> HttpResponse:
    """What LangSmith's SDK may use: multipart bodies, packed with gzip or zstd, within our limit."""
    batch = {
        "use_multipart_endpoint": True,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 4,
        "scale_down_nempty_trigger": 4,
        "size_limit": 100,
        "size_limit_bytes": env().ingest_body_limit_mib * 2**20 // 2,  # the SDK counts without its framing
    }
    flags = {"gzip_body_enabled": True, "zstd_compression_enabled": True}
    return said({"version": VERSION, "batch_ingest_config": batch, "instance_flags": flags})


@open_to_all("GET", "HEAD")
def opik_ping(request: HttpRequest) -> HttpResponse:
    """Opik's SDK asks between its tries."""
    return said({"healthy": True, "message": "Assay lives"})


@open_to_all("GET", "HEAD")
def opik_version(request: HttpRequest) -> HttpResponse:
    """Which server this is."""
    return said({"version": VERSION})


def logfire_project(request: HttpRequest, project: Project) -> HttpResponse:
    """Logfire's SDK checks its token with this, and prints the link."""
    return said({"project_name": project.name, "project_url": request.build_absolute_uri(f"/p/{project.slug}/")})


_OPIK = ("opik/api/is-alive", "api/is-alive", "is-alive")
urlpatterns = [
    path("api/public/health", langfuse_health),
    path("api/public/projects", keyed({"GET": ANY}, GET=langfuse_projects)),
    path("project/<slug:slug>/traces/<str:trace_id>", langfuse_trace_link),
    path("info", langsmith_features),
    path("api/v1/info", langsmith_features),
    path("v1/info", keyed({"GET": ANY}, GET=logfire_project)),
    *[path(f"{home}/ping", opik_ping) for home in _OPIK],
    *[path(f"{home}/ver", opik_version) for home in _OPIK],
]
