"""Datasets, items and runs as Langfuse's SDKs use them to run an experiment."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.ingest.apis.conftest import Program

ITEM = {"datasetName": "my set", "id": "i1", "input": {"q": "1+1"}, "expectedOutput": "2", "metadata": {"n": 1}}
LINK = {"runName": "run 1", "datasetItemId": "i1", "traceId": "t1", "metadata": {"model": "m"}}


@pytest.fixture
def dataset(program: Program) -> dict[str, Any]:
    """A dataset with one item."""
    made: dict[str, Any] = program.told("POST", "v2/datasets", {"name": "my set", "description": "d"})
    program.told("POST", "dataset-items", ITEM)
    return made


def test_a_dataset_is_made_once(program: Program, dataset: dict[str, Any]) -> None:
    """Made again, it changes what is said of it."""
    again = program.told("POST", "v2/datasets", {"name": "my set", "description": "other", "metadata": [1]})
    assert (again["id"], again["description"], again["metadata"]) == (dataset["id"], "other", [1])
    assert program.told("GET", "v2/datasets")["meta"]["totalItems"] == 1
    assert program.told("GET", "v2/datasets/my%2520set")["id"] == dataset["id"]


def test_items_come_in_pages(program: Program, dataset: dict[str, Any]) -> None:
    """As many as are asked for, the newest first; archived ones are left out."""
    for number in range(2, 8):
        program.told("POST", "dataset-items", {**ITEM, "id": f"i{number}"})
    program.told("POST", "dataset-items", {**ITEM, "id": "i7", "status": "ARCHIVED"})
    pages = [program.told("GET", "dataset-items", datasetName="my set", page=page, limit=4) for page in (1, 2)]
    assert [[item["id"] for item in page["data"]] for page in pages] == [["i6", "i5", "i4", "i3"], ["i2", "i1"]]
    assert pages[0]["meta"] == {"page": 1, "limit": 4, "totalItems": 6, "totalPages": 2}
    assert program.told("GET", "dataset-items/i7")["status"] == "ARCHIVED"


def test_an_item_is_kept_whole_and_replaced_by_its_id(program: Program, dataset: dict[str, Any]) -> None:
    """Input, what is expected, and where it comes from."""
    found = program.told("GET", "dataset-items/i1")
    assert (found["input"], found["expectedOutput"], found["metadata"]) == ({"q": "1+1"}, "2", {"n": 1})
    assert (found["datasetName"], found["status"], found["mediaReferences"]) == ("my set", "ACTIVE", [])
    program.told("POST", "dataset-items", {**ITEM, "input": "new", "sourceTraceId": "t"})
    assert [one["input"] for one in program.told("GET", "dataset-items", sourceTraceId="t")["data"]] == ["new"]
    program.told("DELETE", "dataset-items/i1")
    assert program.ask("GET", "dataset-items/i1").status_code == 404


def test_a_run_ties_traces_to_items(program: Program, dataset: dict[str, Any]) -> None:
    """Told twice it is there once; the run is made by its first item."""
    first = program.told("POST", "dataset-run-items", LINK)
    assert program.told("POST", "dataset-run-items", LINK) == first
    program.told("POST", "dataset-run-items", {**LINK, "traceId": "t2", "observationId": "o2"})
    assert (first["datasetRunName"], first["datasetItemId"], first["traceId"]) == ("run 1", "i1", "t1")
    runs = program.told("GET", "datasets/my set/runs")["data"]
    assert [(run["name"], run["metadata"]) for run in runs] == [("run 1", {"model": "m"})]
    whole = program.told("GET", "datasets/my set/runs/run 1")
    assert {(one["traceId"], one["observationId"]) for one in whole["datasetRunItems"]} == {("t1", None), ("t2", "o2")}
    listed = program.told("GET", "dataset-run-items", datasetId=dataset["id"], runName="run 1")
    assert listed["meta"]["totalItems"] == 2
    program.told("DELETE", "datasets/my set/runs/run 1")
    assert program.told("GET", "datasets/my set/runs")["data"] == []


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [("v2/datasets", {}, 400), ("v2/datasets", {"name": "x" * 256}, 400), ("dataset-items", {"datasetName": "no"}, 404),
     ("dataset-items", {**ITEM, "status": "GONE"}, 400), ("dataset-items", {**ITEM, "id": "x" * 256}, 400),
     ("dataset-run-items", {**LINK, "datasetItemId": "no"}, 404), ("dataset-run-items", {"runName": "x"}, 400)],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(
    program: Program, dataset: dict[str, Any], path: str, value: Any, status: int
) -> None:
    """With a reason."""
    answer = program.ask("POST", path, value)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_an_item_does_not_change_its_dataset(program: Program, dataset: dict[str, Any]) -> None:
    """Runs of the first would hold a stranger."""
    program.told("POST", "v2/datasets", {"name": "other"})
    assert program.ask("POST", "dataset-items", {**ITEM, "datasetName": "other"}).status_code == 400


def test_items_of_an_earlier_moment_are_said_not_to_be_there(program: Program, dataset: dict[str, Any]) -> None:
    """The SDK must not take today's for yesterday's."""
    answer = program.ask("GET", "dataset-items", datasetName="my set", version="2026-01-01T00:00:00Z")
    assert answer.status_code == 501


@pytest.mark.parametrize("query", [{"page": "x"}, {"page": "0"}, {"limit": "-1"}, {"page": "9" * 30}])
def test_a_page_that_is_none_is_refused(program: Program, dataset: dict[str, Any], query: dict[str, str]) -> None:
    """Never a fault of ours."""
    assert program.ask("GET", "dataset-items", **query).status_code == 400


def test_another_project_sees_and_changes_nothing(
    program: Program, foreign: Program, client: Client, dataset: dict[str, Any]
) -> None:
    """Its key finds 404, as where there is nothing; without a key 401."""
    program.told("POST", "dataset-run-items", LINK)
    for path in ("v2/datasets", "dataset-items"):
        assert foreign.told("GET", path)["data"] == []
    for method, path, value in (
        ("GET", "v2/datasets/my set", None), ("GET", "dataset-items/i1", None), ("DELETE", "dataset-items/i1", None),
        ("POST", "dataset-items", ITEM), ("POST", "dataset-run-items", LINK), ("GET", "datasets/my set/runs", None),
        ("DELETE", "datasets/my set/runs/run 1", None),
    ):  # fmt: skip
        assert foreign.ask(method, path, value).status_code == 404
        assert client.generic(method, f"/api/public/{path}").status_code == 401
    assert foreign.told("GET", "dataset-run-items", datasetId=dataset["id"], runName="run 1")["data"] == []
    assert len(program.told("GET", "datasets/my set/runs/run 1")["datasetRunItems"]) == 1
