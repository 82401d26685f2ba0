"""MLflow's experiments: a key's project is the only one, whatever name its SDK asks for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from backend.errors import BadRequest
from backend.projects.models import Project, Scope
from ingest.apis.keyed import keyed, said, told_in
from ingest.mapping.values import as_text

_ID = "1"


def get_experiment(request: HttpRequest, project: Project) -> HttpResponse:
    """The experiment by whichever name or id."""
    return said({"experiment": _experiment(project, request.GET.get("experiment_name", "") or project.name)})


def make_experiment(request: HttpRequest, project: Project) -> HttpResponse:
    """There it is."""
    if not as_text(told_in(request).get("name")):
        raise BadRequest("an experiment has a name")
    return said({"experiment_id": _ID})


def _experiment(project: Project, name: str) -> dict[str, Any]:
    made = int(project.created_at.timestamp() * 1000)
    return {
        "experiment_id": _ID, "name": name[:255], "artifact_location": f"mlflow-artifacts:/{_ID}",
        "lifecycle_stage": "active", "creation_time": made, "last_update_time": made, "tags": [],
    }  # fmt: skip


_HOME = "api/2.0/mlflow/experiments"
urlpatterns = [
    path(f"{_HOME}/get-by-name", keyed({"GET": Scope.INGEST}, GET=get_experiment)),
    path(f"{_HOME}/get", keyed({"GET": Scope.INGEST}, GET=get_experiment)),
    path(f"{_HOME}/create", keyed({"POST": Scope.INGEST}, POST=make_experiment)),
]
