"""Langfuse's datasets and their items, as its SDKs make and fetch them.

What they say goes by the project's policy like telemetry (docs/privacy.md): items are made of what users wrote.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.urls import path

from backend.datasets.models import Dataset, DatasetItem
from backend.errors import BadRequest, NotAllowed, NotFound
from backend.policies.models import policy_of
from backend.projects.models import Project
from backend.sensitive.policy import DROP, Policy
from ingest.apis.keyed import NotServed, iso, keyed, page_of, paged, said, told_in
from ingest.mapping.values import as_text
from ingest.redaction.redacting import id_as_allowed, value_as_allowed

_SAID = {"description": "", "metadata": None, "inputSchema": None, "expectedOutputSchema": None}
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_SOURCES = ("sourceTraceId", "sourceObservationId")
_CONTENT = dict.fromkeys(("input", "expectedOutput", "metadata"))


def make_dataset(request: HttpRequest, project: Project) -> HttpResponse:
    """Make a dataset, or change what is said of it."""
    told, policy = told_in(request), policy_of(project.pk)
    name = id_as_allowed(as_text(told.get("name")), policy)
    if not name or len(name) > 255:
        raise BadRequest("a dataset has a name of at most 255 characters")
    said_of_it = _allowed({**told, "description": as_text(told.get("description"))}, _SAID, policy, name)
    fields = {
        "description": said_of_it["description"],
        "metadata": said_of_it["metadata"],
        "input_schema": said_of_it["inputSchema"],
        "expected_output_schema": said_of_it["expectedOutputSchema"],
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
    told, policy = told_in(request), policy_of(project.pk)
    dataset = dataset_named(project, as_text(told.get("datasetName")))
    item_id = id_as_allowed(as_text(told.get("id")), policy) or str(uuid.uuid4())
    state = as_text(told.get("status")) or DatasetItem.State.ACTIVE
    if state not in DatasetItem.State.values:
        raise BadRequest(f"status is {state[:40]!r}, not ACTIVE or ARCHIVED")
    if len(item_id) > 255:
        raise BadRequest("an id has at most 255 characters")
    before = DatasetItem.objects.filter(project=project, item_id=item_id).first()
    if before is not None and before.dataset_id != dataset.pk:
        raise BadRequest(f"the id {item_id!r} is that of an item of the dataset {before.dataset.name!r}")
    trace_id, span_id = (id_as_allowed(as_text(told.get(name)), policy) for name in _SOURCES)
    content = _allowed(told, _CONTENT, policy, trace_id or item_id)
    fields = {
        "dataset": dataset,
        "input": content["input"],
        "expected_output": content["expectedOutput"],
        "metadata": content["metadata"],
        "source_trace_id": trace_id[:500],
        "source_span_id": span_id[:500],
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
        found = found.filter(source_trace_id__in=spellings(project, trace_id))
    if span_id := request.GET.get("sourceObservationId"):
        found = found.filter(source_span_id__in=spellings(project, span_id))
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
    """The dataset of a name, also where a client encoded it twice, or the policy masks it.

    Raises:
        NotFound: there is none.
    """
    for spelled in spellings(project, name, unquote(name)):
        found = Dataset.objects.select_related("project").filter(project=project, name=spelled).first()
        if found is not None:
            return found
    raise NotFound(f"Dataset not found: {name[:255]!r}")


def item_of(project: Project, item_id: str) -> DatasetItem:
    """The item of an id.

    Raises:
        NotFound: there is none.
    """
    for spelled in spellings(project, item_id):
        found = DatasetItem.objects.select_related("dataset").filter(project=project, item_id=spelled).first()
        if found is not None:
            return found
    raise NotFound(f"Dataset item not found: {item_id[:255]!r}")


def spellings(project: Project, *names: str) -> list[str]:
    """Names and ids as they may be stored: as they were sent, before there was a policy, and as it lets them be."""
    policy = policy_of(project.pk)
    return list(dict.fromkeys((*names, *(id_as_allowed(name, policy) for name in names))))


def _allowed(told: dict[str, Any], nothing: dict[str, Any], policy: Policy, within: str) -> dict[str, Any]:
    """What of a body may be kept, by name.

    Args:
        told: the body.
        nothing: by name what it says where it says nothing.
        policy: of the project.
        within: what one value has one token in.

    Raises:
        NotAllowed: it says something, and the project stores no content.
    """
    said_of_it = {name: told.get(name, empty) for name, empty in nothing.items()}
    if policy.mode == DROP and (names := [name for name, value in said_of_it.items() if value not in _NOTHING]):
        raise NotAllowed(
            f"this project stores no content (its redaction policy), and {', '.join(names)} of a dataset or its items"
            " are content: leave them out, or have an owner change the policy"
        )
    return {name: value_as_allowed(value, policy, within) for name, value in said_of_it.items()}


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
