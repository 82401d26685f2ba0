"""No body of an API beside the telemetry, however broken, is answered with a fault of our own."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.conftest import Cast
from tests.ingest.fuzzed import ROUNDS, bent, damaged

_ROUNDS = settings(ROUNDS, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
_SHA = base64.b64encode(hashlib.sha256(_PNG).digest()).decode()


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    value: dict[str, Any]


CALLS = {
    "text prompt": _Call("POST", "/api/public/v2/prompts", {
        "name": "a/b", "type": "text", "prompt": "Answer {{q}}", "labels": ["production"], "tags": ["t"],
        "config": {"n": 1}, "commitMessage": "first",
    }),
    "chat prompt": _Call("POST", "/api/public/v2/prompts", {
        "name": "c", "type": "chat", "prompt": [{"role": "system", "content": "Be {{mood}}"}], "labels": [],
    }),
    "prompt labels": _Call("PATCH", "/api/public/v2/prompts/a/versions/1", {"newLabels": ["staging"]}),
    "dataset": _Call("POST", "/api/public/v2/datasets", {"name": "set", "description": "d", "metadata": {"n": 1}}),
    "dataset item": _Call("POST", "/api/public/dataset-items", {
        "datasetName": "set", "id": "i1", "input": {"q": "1+1"}, "expectedOutput": "2", "metadata": {"n": 1},
        "sourceTraceId": "t1", "sourceObservationId": "o1", "status": "ACTIVE",
    }),
    "dataset run": _Call("POST", "/api/public/dataset-run-items", {
        "runName": "run", "datasetItemId": "i1", "traceId": "t1", "observationId": "o1", "metadata": {"model": "m"},
        "runDescription": "d",
    }),
    "media": _Call("POST", "/api/public/media", {
        "traceId": "t1", "observationId": "o1", "field": "input", "contentType": "image/png",
        "contentLength": len(_PNG), "sha256Hash": _SHA,
    }),
    "uploaded": _Call("PATCH", "/api/public/media/abc", {"uploadedAt": "2026-11-22T17:00:00Z"}),
    "experiment": _Call("POST", "/api/2.0/mlflow/experiments/create", {"name": "shop", "tags": [{"key": "k"}]}),
    "image": _Call("POST", "/v2/traces/123/spans/45/images", {"image_name": "picture.png"}),
}  # fmt: skip


@pytest.fixture
def client(cast: Cast) -> Client:
    """A program with the key of a project, which has a prompt, a dataset and an item."""
    client = Client(headers={"authorization": f"Bearer {cast.secret}"}, raise_request_exception=True)
    for name in ("text prompt", "dataset", "dataset item"):
        call = CALLS[name]
        assert take(client, call, json.dumps(call.value).encode()) in {200, 201}
    return client


def take(client: Client, call: _Call, body: bytes) -> int:
    """Send a body; whatever is wrong with it is the client's to mend, and told in JSON."""
    answer = client.generic(call.method, call.path, body, content_type="application/json")
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert json.loads(answer.content)["message"]
    return answer.status_code


@pytest.mark.parametrize("name", CALLS)
def test_each_is_taken_as_it_is(client: Client, name: str) -> None:
    """What is bent below is sound."""
    call = CALLS[name]
    assert take(client, call, json.dumps(call.value).encode()) < 400 or name == "prompt labels"


@pytest.mark.parametrize("name", CALLS)
@_ROUNDS
@given(data=some.data())
def test_a_damaged_body_is_refused_or_taken(client: Client, name: str, data: some.DataObject) -> None:
    """Bytes changed, cut out or put in."""
    take(client, CALLS[name], damaged(json.dumps(CALLS[name].value).encode(), data))


@pytest.mark.parametrize("name", CALLS)
@_ROUNDS
@given(data=some.data())
def test_any_value_at_any_place_is_refused_or_taken(client: Client, name: str, data: some.DataObject) -> None:
    """What a client puts where another kind of value belongs."""
    take(client, CALLS[name], bent(CALLS[name].value, data))


@pytest.mark.parametrize("name", CALLS)
def test_deep_bodies_are_refused_or_taken(client: Client, name: str) -> None:
    """Values in values, until a reader gives up."""
    call = CALLS[name]
    for depth in (200, 480, 900, 100_000):
        for place in (*call.value, "other"):
            whole = json.dumps({**call.value, place: "HERE"}).replace('"HERE"', "[" * depth + "]" * depth)
            take(client, call, whole.encode())
