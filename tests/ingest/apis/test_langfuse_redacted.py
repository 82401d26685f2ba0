"""What programs keep by Langfuse's API goes by the project's policy, but for prompts, which come back word by word."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.core import serializers

from backend.datasets.models import Dataset, DatasetItem, DatasetRun, DatasetRunItem
from backend.policies.models import policy_of, policy_row
from backend.prompts.models import Prompt, PromptVersion
from backend.sensitive.tokens import TOKEN
from backend.telemetry.part import WirePart
from ingest.redaction.redacting import redacted_part
from tests.conftest import Cast
from tests.ingest.apis.conftest import Program
from tests.ingest.redaction.planting import CARD, EMAIL, KEY, PLANTED

SAID = f"I am {EMAIL}, card {CARD}, key {KEY}"
TRACE = f"chat of {EMAIL}"
ITEM = {
    "datasetName": f"set of {EMAIL}", "id": f"item {EMAIL}", "input": [{"role": "user", "content": SAID}],
    "expectedOutput": {"answer": SAID, EMAIL: 1}, "metadata": {"password": "hunter2", "n": 1}, "sourceTraceId": TRACE,
    "sourceObservationId": f"step {EMAIL}",
}  # fmt: skip
LINK = {
    "runName": f"run of {EMAIL}", "datasetItemId": ITEM["id"], "traceId": TRACE, "observationId": f"step {EMAIL}",
    "runDescription": SAID, "metadata": {"note": SAID, "temperature": 0.5},
}  # fmt: skip
SET = {"name": ITEM["datasetName"], "description": SAID, "metadata": {"by": EMAIL}, "inputSchema": {"example": EMAIL}}


def _stored() -> str:
    """All that datasets and prompts hold in the relational database."""
    kinds = (Dataset, DatasetItem, DatasetRun, DatasetRunItem, Prompt, PromptVersion)
    return "".join(serializers.serialize("json", kind._default_manager.all()) for kind in kinds)


def _set(cast: Cast, mode: str, **more: Any) -> None:
    policy_row(cast.project).set_redaction(mode, [], **more)


def _send(program: Program) -> Any:
    program.told("POST", "v2/datasets", SET)
    item = program.told("POST", "dataset-items", ITEM)
    program.told("POST", "dataset-run-items", LINK)
    return item


def test_datasets_items_and_runs_are_masked(program: Program, cast: Cast) -> None:
    """Nothing planted is stored, and JSON stays JSON; without a policy all of it is."""
    _send(program)
    assert all(value in _stored() for value in PLANTED)
    Dataset.objects.all().delete()
    _set(cast, "mask")
    item = _send(program)
    assert [value for value in (*PLANTED, "hunter2") if value in _stored()] == []
    assert TOKEN.search(item["input"][0]["content"])
    assert item["metadata"]["n"] == 1
    assert item["metadata"]["password"].startswith("[SECRET_")
    mail = next(one for one in TOKEN.finditer(item["input"][0]["content"]))
    assert mail.group() in item["expectedOutput"]["answer"]


def test_masked_names_are_found_by_what_they_were_and_sent_again_replace(program: Program, cast: Cast) -> None:
    """Sets, items and runs, and traces they point to: those have the token that the stored spans have."""
    _set(cast, "mask")
    first = _send(program)
    assert _send(program)["id"] == first["id"]
    assert DatasetItem.objects.count() == DatasetRun.objects.count() == DatasetRunItem.objects.count() == 1
    assert program.told("GET", f"dataset-items/item {EMAIL}")["id"] == first["id"]
    assert program.told("GET", f"dataset-items/{first['id']}")["id"] == first["id"]
    assert program.told("GET", "dataset-items", datasetName=SET["name"], sourceTraceId=TRACE)["meta"]["totalItems"] == 1
    run = program.told("GET", f"datasets/{SET['name']}/runs/run of {EMAIL}")
    assert len(run["datasetRunItems"]) == 1
    part = WirePart(api="langfuse", trace_id=TRACE, item_id="i", kind="span", part_id="p", sent_at=1, body="{}")
    span_of_it = redacted_part(part, policy_of(cast.project.pk))
    assert run["datasetRunItems"][0]["traceId"] == first["sourceTraceId"] == span_of_it.trace_id
    dataset = Dataset.objects.get()
    told = program.told("GET", "dataset-run-items", datasetId=dataset.pk, runName=LINK["runName"])
    assert told["meta"]["totalItems"] == 1
    assert program.ask("DELETE", f"dataset-items/item {EMAIL}").status_code == 200
    assert not DatasetItem.objects.exists()


def test_what_was_kept_before_the_policy_is_found_still(program: Program, cast: Cast) -> None:
    """It holds for what comes from now on."""
    _send(program)
    _set(cast, "mask")
    assert program.told("GET", f"dataset-items/item {EMAIL}")["input"] == ITEM["input"]
    assert program.told("GET", f"v2/datasets/{SET['name']}")["description"] == SAID
    assert program.told("GET", "dataset-items", sourceTraceId=TRACE)["meta"]["totalItems"] == 1


def test_names_of_people_go_where_the_project_asks(program: Program, cast: Cast) -> None:
    """As in telemetry."""
    _set(cast, "mask", masks_names=True)
    program.told("POST", "v2/datasets", {"name": "my set"})
    item = program.told("POST", "dataset-items", {"datasetName": "my set", "input": "My name is Robert Johnson."})
    assert "Johnson" not in item["input"]


@pytest.mark.parametrize("field", ["input", "expectedOutput", "metadata"])
def test_without_content_an_item_with_content_is_refused(program: Program, cast: Cast, field: str) -> None:
    """With the reason; nothing is kept of it, and what is kept already can be archived."""
    _set(cast, "drop")
    program.told("POST", "v2/datasets", {"name": "my set"})
    answer = program.ask("POST", "dataset-items", {"datasetName": "my set", "id": "i1", field: {"q": "1+1"}})
    assert answer.status_code == 403
    assert f"{field} of a dataset or its items are content" in answer.json()["message"]
    assert not DatasetItem.objects.exists()
    program.told("POST", "dataset-items", {"datasetName": "my set", "id": "i1", "status": "ARCHIVED"})


def test_without_content_a_dataset_has_a_name_and_a_run_its_numbers(program: Program, cast: Cast) -> None:
    """SDKs say what a run is with every item: that is left out, so that the experiment goes on."""
    program.told("POST", "v2/datasets", {"name": "my set"})
    program.told("POST", "dataset-items", {"datasetName": "my set", "id": "i1", "input": "1+1"})
    _set(cast, "drop")
    for more in ({"description": "words"}, {"metadata": {"a": 1}}, {"inputSchema": {"type": "object"}}):
        assert program.ask("POST", "v2/datasets", {"name": "my set", **more}).status_code == 403
    program.told("POST", "v2/datasets", {"name": "my set", "description": "", "metadata": None})
    program.told("POST", "dataset-run-items", {**LINK, "datasetItemId": "i1"})
    run = DatasetRun.objects.get()
    assert (run.description, run.metadata) == ("", {"temperature": 0.5})
    assert EMAIL not in run.name


@pytest.mark.parametrize("mode", ["off", "mask", "drop"])
def test_prompts_come_back_word_by_word(program: Program, cast: Cast, mode: str) -> None:
    """What a program sends to a model must not change; the message of a version goes by the policy."""
    _set(cast, mode)
    told = {
        "name": "p",
        "prompt": f"Write to {EMAIL} for {{{{user}}}}",
        "config": {"to": EMAIL},
        "labels": ["production"],
    }
    program.told("POST", "v2/prompts", {**told, "commitMessage": SAID})
    got = program.told("GET", "v2/prompts/p")
    assert (got["prompt"], got["config"]) == (told["prompt"], told["config"])
    note = got["commitMessage"]
    assert {"off": note == SAID, "mask": EMAIL not in str(note) and "[EMAIL_" in str(note), "drop": note is None}[mode]


def test_what_cannot_be_redacted_is_refused(program: Program, cast: Cast) -> None:
    """And never stored in clear."""
    _set(cast, "mask")
    program.told("POST", "v2/datasets", {"name": "my set"})
    with patch("ingest.redaction.masker.places", side_effect=RuntimeError):
        for address, told in (
            ("dataset-items", {"datasetName": "my set", "id": "i1", "input": "some words"}),
            ("v2/datasets", {"name": "my set", "description": "some words"}),
        ):
            answer = program.ask("POST", address, told)
            assert answer.status_code == 400
            assert "could not be redacted" in answer.json()["message"]
    assert "some words" not in _stored()


@pytest.mark.parametrize("depth", [50, 150, 1000])
def test_hostile_depth_is_refused_or_masked(program: Program, cast: Cast, depth: int) -> None:
    """A walk that would overflow is no way around, and no fault of ours."""
    _set(cast, "mask")
    program.told("POST", "v2/datasets", {"name": "my set"})
    deep = f'{{"a":[{json.dumps(SAID)}]}}'
    for _ in range(depth):
        deep = f'{{"a":[{deep}]}}'
    body = f'{{"datasetName": "my set", "id": "i1", "input": {deep}}}'
    answer = program.ask("POST", "dataset-items", body=body)
    assert answer.status_code == (400 if depth > 500 else 200)
    assert EMAIL not in _stored()
