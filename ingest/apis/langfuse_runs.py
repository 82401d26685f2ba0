"""Langfuse's dataset runs: which trace answered which item, as its SDKs tell while an experiment runs."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.urls import path

from backend.datasets.models import DatasetItem, DatasetRun, DatasetRunItem
from backend.errors import BadRequest, NotFound
from backend.policies.models import policy_of
from backend.projects.models import Project, Scope
from backend.sensitive.policy import DROP, Policy
from ingest.apis.keyed import iso, keyed, page_of, paged, said, told_in
from ingest.apis.langfuse_datasets import dataset_named, item_of, spellings
from ingest.mapping.values import as_text
from ingest.redaction.dropping import body_without_content
from ingest.redaction.redacting import id_as_allowed, value_as_allowed


def make_run_item(request: HttpRequest, project: Project) -> HttpResponse:
    """Tie a trace to an item in a run, which is made where there is none by its name."""
    told, policy = told_in(request), policy_of(project.pk)
    name, trace_id, span_id = (
        id_as_allowed(as_text(told.get(name)), policy) for name in ("runName", "traceId", "observationId")
    )
    if not name or len(name) > 255 or not trace_id:
        raise BadRequest("a run item has a runName of at most 255 characters and a traceId")
    item = item_of(project, as_text(told.get("datasetItemId")))
    run, made = DatasetRun.objects.get_or_create(dataset=item.dataset, name=name)
    description, metadata = _allowed(told, policy, name)
    changes = {
        "description": description or run.description,
        "metadata": run.metadata if metadata is None else metadata,
    }
    if made or any(getattr(run, field) != value for field, value in changes.items()):
        for field, value in changes.items():
            setattr(run, field, value)
        run.save()
    run_item, _ = DatasetRunItem.objects.get_or_create(
        run=run, item=item, trace_id=trace_id[:500], span_id=span_id[:500]
    )
    return said(_shown_run_item(run_item))


def _allowed(told: dict[str, Any], policy: Policy, within: str) -> tuple[str, Any]:
    """What may be kept of what is said of a run: SDKs say it with every item, so words are left out, not refused."""
    description, metadata = as_text(told.get("runDescription")), told.get("metadata")
    if policy.mode == DROP:
        description, metadata = "", body_without_content(metadata) if isinstance(metadata, dict) else None
    kept: tuple[str, Any] = (
        value_as_allowed(description, policy, within), value_as_allowed(metadata, policy, within)
    )  # fmt: skip
    return kept


def list_run_items(request: HttpRequest, project: Project) -> HttpResponse:
    """Items of one run, the newest first."""
    name, dataset = request.GET.get("runName", ""), request.GET.get("datasetId", "")
    if not name or not dataset.isdecimal():
        raise BadRequest("say of which run: datasetId and runName")
    found = DatasetRunItem.objects.filter(
        run__dataset__project=project, run__dataset_id=int(dataset), run__name__in=spellings(project, name)
    )
    page, size = page_of(request)
    return said(paged(found.select_related("run", "item"), page, size, _shown_run_item))


def list_runs(request: HttpRequest, project: Project, name: str) -> HttpResponse:
    """Runs on a dataset, the newest first."""
    found = DatasetRun.objects.filter(dataset=dataset_named(project, name)).select_related("dataset")
    page, size = page_of(request)
    return said(paged(found, page, size, _shown_run))


def get_run(request: HttpRequest, project: Project, name: str, run: str) -> HttpResponse:
    """One run with all its items."""
    found = _run_named(project, name, run)
    items = found.items.select_related("run", "item")
    return said({**_shown_run(found), "datasetRunItems": [_shown_run_item(item) for item in items]})


def delete_run(request: HttpRequest, project: Project, name: str, run: str) -> HttpResponse:
    """Delete a run; traces and items stay."""
    _run_named(project, name, run).delete()
    return said({"message": "Dataset run successfully deleted"})


def _run_named(project: Project, dataset: str, name: str) -> DatasetRun:
    runs = DatasetRun.objects.filter(dataset=dataset_named(project, dataset)).select_related("dataset")
    found = runs.filter(name__in=spellings(project, name, unquote(name))).first()
    if found is None:
        raise NotFound(f"Dataset run not found: {name[:255]!r}")
    return found


def _shown_run(run: DatasetRun) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "name": run.name,
        "description": run.description or None,
        "metadata": run.metadata,
        "datasetId": str(run.dataset_id),
        "datasetName": run.dataset.name,
        "createdAt": iso(run.created_at),
        "updatedAt": iso(run.updated_at),
    }


def _shown_run_item(one: DatasetRunItem) -> dict[str, Any]:
    item: DatasetItem = one.item
    return {
        "id": str(one.pk),
        "datasetRunId": str(one.run_id),
        "datasetRunName": one.run.name,
        "datasetItemId": item.item_id,
        "traceId": one.trace_id,
        "observationId": one.span_id or None,
        "createdAt": iso(one.created_at),
        "updatedAt": iso(one.updated_at),
    }


urlpatterns = [
    path(
        "api/public/dataset-run-items",
        # What an experiment sends while it runs, like its traces.
        keyed({"POST": Scope.INGEST}, GET=list_run_items, POST=make_run_item),
    ),
    path("api/public/datasets/<path:name>/runs/<path:run>", keyed(GET=get_run, DELETE=delete_run)),
    path("api/public/datasets/<path:name>/runs", keyed(GET=list_runs)),
]
