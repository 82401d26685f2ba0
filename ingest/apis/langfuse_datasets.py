"""Langfuse's datasets and their items, as its SDKs make and fetch them."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.urls import path

from backend.datasets.models import Dataset, DatasetItem
from backend.errors import BadRequest, NotFound
from backend.projects.models import Project
from ingest.apis.keyed import NotServed, iso, keyed, page_of, paged, said, told_in
from ingest.mapping.values import as_text


def make_dataset(request: HttpRequest, project: Project) -> HttpResponse:
    """Make a dataset, or change what is said of it."""
    told = told_in(request)
    name = as_text(told.get("name"))
    if not name or len(name) > 255:
        raise BadRequest("a dataset has a name of at most 255 characters")
    fields = {
        "description": as_text(told.get("description")),
        "metadata": told.get("metadata"),
        "input_schema": told.get("inputSchema"),
        "expected_output_schema": told.get("expectedOutputSchema"),
    }
    dataset, _ = Dataset.objects.update_or_create(project=project, name=name, defaults=fields)
    return said(shown_dataset(dataset))


def list_datasets(request: HttpRequest, project: Project) -> HttpResponse:
    """All datasets, by name."""
    page, size = page_of(request)
    return said(paged(Dataset.objects.filter(project=project).select_related("project"), page, size, shown_dataset))


def get_dataset(request: HttpRequest, project: Project, name: str) -> HttpResponse:
    """One dataset."""
    return said(shown_dataset(dataset_named(project, name)))


def make_item(request: HttpRequest, project: Project) -> HttpResponse:
    """Make an item, or replace the one of this id."""
    told = told_in(request)
    dataset = dataset_named(project, as_text(told.get("datasetName")))
    item_id = as_text(told.get("id")) or str(uuid.uuid4())
    state = as_text(told.get("status")) or DatasetItem.State.ACTIVE
    if state not in DatasetItem.State.values:
        raise BadRequest(f"status is {state[:40]!r}, not ACTIVE or ARCHIVED")
    if len(item_id) > 255:
        raise BadRequest("an id has at most 255 characters")
    before = DatasetItem.objects.filter(project=project, item_id=item_id).first()
    if before is not None and before.dataset_id != dataset.pk:
        raise BadRequest(f"the id {item_id!r} is that of an item of the dataset {before.dataset.name!r}")
    fields = {
        "dataset": dataset,
        "input": told.get("input"),
        "expected_output": told.get("expectedOutput"),
        "metadata": told.get("metadata"),
        "source_trace_id": as_text(told.get("sourceTraceId"))[:500],
        "source_span_id": as_text(told.get("sourceObservationId"))[:500],
        "state": state,
    }
    item, _ = DatasetItem.objects.update_or_create(project=project, item_id=item_id, defaults=fields)
    return said(_shown_item(item))


def list_items(request: HttpRequest, project: Project) -> HttpResponse:
    """Items that new runs take, the newest first."""
    if request.GET.get("version"):
        raise NotServed("items of an earlier moment are not kept: ask without `version`")
    found = DatasetItem.objects.filter(project=project, state=DatasetItem.State.ACTIVE).select_related("dataset")
    if name := request.GET.get("datasetName"):
        found = found.filter(dataset=dataset_named(project, name))
    if trace_id := request.GET.get("sourceTraceId"):
        found = found.filter(source_trace_id=trace_id)
    if span_id := request.GET.get("sourceObservationId"):
        found = found.filter(source_span_id=span_id)
    page, size = page_of(request)
    return said(paged(found, page, size, _shown_item))


def get_item(request: HttpRequest, project: Project, item_id: str) -> HttpResponse:
    """One item, archived or not."""
    return said(_shown_item(item_of(project, unquote(item_id))))


def delete_item(request: HttpRequest, project: Project, item_id: str) -> HttpResponse:
    """Delete an item, and its place in runs."""
    item_of(project, unquote(item_id)).delete()
    return said({"message": "Dataset item successfully deleted"})


def dataset_named(project: Project, name: str) -> Dataset:
    """The dataset of a name, also where a client encoded it twice.

    Raises:
        NotFound: there is none.
    """
    for spelled in dict.fromkeys((name, unquote(name))):
        found = Dataset.objects.select_related("project").filter(project=project, name=spelled).first()
        if found is not None:
            return found
    raise NotFound(f"Dataset not found: {name[:255]!r}")


def item_of(project: Project, item_id: str) -> DatasetItem:
    """The item of an id.

    Raises:
        NotFound: there is none.
    """
    found = DatasetItem.objects.select_related("dataset").filter(project=project, item_id=item_id).first()
    if found is None:
        raise NotFound(f"Dataset item not found: {item_id[:255]!r}")
    return found


def shown_dataset(dataset: Dataset) -> dict[str, Any]:
    """A dataset in Langfuse's words."""
    return {
        "id": str(dataset.pk),
        "name": dataset.name,
        "description": dataset.description or None,
        "metadata": dataset.metadata,
        "inputSchema": dataset.input_schema,
        "expectedOutputSchema": dataset.expected_output_schema,
        "projectId": dataset.project.slug,
        "createdAt": iso(dataset.created_at),
        "updatedAt": iso(dataset.updated_at),
    }


def _shown_item(item: DatasetItem) -> dict[str, Any]:
    return {
        "id": item.item_id,
        "status": item.state,
        "input": item.input,
        "expectedOutput": item.expected_output,
        "metadata": item.metadata,
        "sourceTraceId": item.source_trace_id or None,
        "sourceObservationId": item.source_span_id or None,
        "datasetId": str(item.dataset_id),
        "datasetName": item.dataset.name,
        "mediaReferences": [],
        "createdAt": iso(item.created_at),
        "updatedAt": iso(item.updated_at),
    }


urlpatterns = [
    path("api/public/v2/datasets", keyed(GET=list_datasets, POST=make_dataset)),
    path("api/public/v2/datasets/<path:name>", keyed(GET=get_dataset)),
    path("api/public/dataset-items", keyed(GET=list_items, POST=make_item)),
    path("api/public/dataset-items/<path:item_id>", keyed(GET=get_item, DELETE=delete_item)),
]
