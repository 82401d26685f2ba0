"""The wire APIs over a real server: keys in every form, parts that come in any order, and what is not served."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from backend.store.client import Store
from backend.store.query import Query
from tests.ingest.rows import request
from tests.ingest.serving import Server


@dataclass(frozen=True, slots=True)
class _Row:
    span_id: str
    name: str
    input_text: str
    output_text: str
    parent_span_id: str


@dataclass(frozen=True, slots=True)
class _Judged:
    score_id: str
    name: str
    value: float | None
    label: str
    conversation_id: str


_SPANS = Query(
    "test_wire_spans",
    "SELECT span_id, name, input_text, output_text, parent_span_id FROM span FINAL"
    " WHERE project_id = {project_id:UInt32} ORDER BY span_id",
    _Row,
)
_SCORES = Query(
    "test_wire_scores",
    "SELECT score_id, name, value, label, conversation_id FROM score FINAL"
    " WHERE project_id = {project_id:UInt32} ORDER BY score_id",
    _Judged,
)
_START, _END = "2026-11-22T17:00:00Z", "2026-11-22T17:00:05Z"


def _send(server: Server, method: str, path: str, value: Any, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): text for name, text in headers.items()} or {
        "authorization": f"Bearer {server.secret}"
    }
    answer = httpx.request(method, f"{server.url}{path}", json=value, headers=given, timeout=60)
    server.settle()
    return answer


def _wait(store: Store, wanted: Any, seconds: float = 20) -> list[_Row]:
    deadline = time.monotonic() + seconds
    while True:
        found = store.fetch(_SPANS, project_id=1)
        if wanted(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer sk-one"}, {"authorization": "sk-one"}, {"x_api_key": "sk-one"},
     {"x_auth_token": "sk-one"}, {"helicone_auth": "Bearer sk-one", "authorization": "Bearer sk-of-a-provider"},
     {"authorization": "Basic " + base64.b64encode(b"pk-one:sk-one").decode()}],
)  # fmt: skip
def test_each_form_of_the_key_is_taken(server: Server, store: Store, headers: dict[str, str]) -> None:
    """What Langfuse, Logfire, Opik, LangSmith, LangWatch and Helicone send, the last beside a provider's own key."""
    told = {"id": "s", "name": "helpful", "value": 1, "traceId": "t"}
    assert _send(server, "POST", "/api/public/scores", told, **headers).status_code == 200
    assert [row.score_id for row in store.fetch(_SCORES, project_id=1)] == ["s"]


def test_a_key_in_the_body_is_taken_and_checked(server: Server, store: Store) -> None:
    """PostHog's way; a wrong one is refused like any."""
    event = {"event": "$ai_metric", "uuid": "u", "timestamp": _START,
             "properties": {"$ai_metric_name": "thumbs", "$ai_metric_value": "1", "$ai_trace_id": "t"}}  # fmt: skip
    for key, status in (("wrong", 401), ("sk-one", 200)):
        answer = httpx.post(f"{server.url}/batch/", json={"api_key": key, "batch": [event]}, timeout=60)
        assert answer.status_code == status
    server.settle()
    assert [(row.name, row.value) for row in store.fetch(_SCORES, project_id=1)] == [("thumbs", 1.0)]


@pytest.mark.parametrize(
    ("said", "value", "label"),
    [("1", 1.0, ""), (True, 1.0, ""), ("good", None, "good"), ({"a": 1}, None, '{"a":1}'), ([1], None, "[1]"),
     ("\u00b2", None, "\u00b2"), ("1e999", None, "1e999"), (2**70, float(2**70), ""), ("-", None, "-"),
     (None, None, "")],
)  # fmt: skip
def test_any_metric_of_posthog_is_kept(
    server: Server, store: Store, said: Any, value: float | None, label: str
) -> None:
    """A number is a value; whatever is none is a label, and nothing makes the server fail."""
    event = {"event": "$ai_metric", "uuid": "u", "timestamp": 1e300, "properties": {
        "$ai_metric_name": "m", "$ai_metric_value": said, "$ai_trace_id": "t"}}  # fmt: skip
    answer = httpx.post(f"{server.url}/batch/", json={"batch": [event], "api_key": "sk-one"}, timeout=60)
    assert answer.status_code == 200
    server.settle()
    found = store.fetch(_SCORES, project_id=1)
    assert [(row.value, row.label) for row in found] == [(value, label)]


def test_a_key_is_found_in_a_body_that_is_no_strict_json(server: Server, store: Store) -> None:
    """Python clients write NaN, which JSON does not know; the key stands behind it."""
    body = (
        b'{"batch": [{"event": "$ai_metric", "uuid": "u", "timestamp": "2026-11-22T17:00:00Z", "properties":'
        b' {"$ai_metric_value": NaN, "x": "\\ud83d", "$ai_trace_id": "t"}}], "api_key": "KEY"}'
    )
    for key, status in ((b"wrong", 401), (b"sk-one", 200)):
        answer = httpx.post(f"{server.url}/batch/", content=body.replace(b"KEY", key), timeout=60)
        assert answer.status_code == status
    server.settle()
    assert len(store.fetch(_SCORES, project_id=1)) == 1


@pytest.mark.parametrize("moment", [1e300, -1e300, 10**40, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", 0])
def test_an_absurd_time_loses_no_score(server: Server, store: Store, moment: Any) -> None:
    """It is brought into what can be kept."""
    told = {"id": "s", "name": "n", "value": 1, "traceId": "t", "timestamp": moment}
    assert _send(server, "POST", "/api/public/scores", told).status_code == 200
    assert [row.score_id for row in store.fetch(_SCORES, project_id=1)] == ["s"]


def test_a_change_may_come_before_what_it_changes(server: Server, store: Store) -> None:
    """Opik's PATCH before its POST: nothing of either is lost."""
    home = "/opik/api/v1/private/traces"
    patch = {"project_name": "p", "end_time": _END, "output": {"output": "late words"}}
    assert _send(server, "PATCH", f"{home}/trace-1", patch).status_code == 204
    time.sleep(1.5)  # the merger has seen it alone
    create = {"traces": [{"id": "trace-1", "name": "first", "start_time": _START, "input": {"input": "early words"}}]}
    assert _send(server, "POST", f"{home}/batch", create).status_code == 204
    rows = _wait(store, bool)
    assert [(row.name, row.input_text, row.output_text) for row in rows] == [("first", "early words", "late words")]


def test_an_update_in_a_later_batch_is_merged(server: Server, store: Store) -> None:
    """Langfuse's create and update in two batches, the update without its trace's id, and both sent twice."""
    create = {"id": "e1", "type": "generation-create", "timestamp": _START,
              "body": {"id": "o", "traceId": "t", "name": "gen", "startTime": _START, "input": "question"}}  # fmt: skip
    update = {"id": "e2", "type": "generation-update", "timestamp": _END,
              "body": {"id": "o", "endTime": _END, "output": "answer", "model": "gpt-4o-mini"}}  # fmt: skip
    for event in (create, update, create, update):
        answer = _send(server, "POST", "/api/public/ingestion", {"batch": [event]})
        assert answer.status_code == 207
        assert answer.json()["successes"] == [{"id": event["id"], "status": 201}]
    rows = _wait(store, lambda rows: rows and rows[0].output_text)
    assert [(row.name, row.input_text, row.output_text) for row in rows] == [("gen", "question", "answer")]


def test_scores_come_without_their_span(server: Server, store: Store) -> None:
    """Feedback of a conversation is kept before anything is known of it; sent again it replaces itself."""
    told = [{"id": "a", "name": "csat", "value": 4, "sessionId": "sess"}]
    for _ in range(2):
        assert _send(server, "POST", "/api/public/scores", told).status_code == 202
    rows = store.fetch(_SCORES, project_id=1)
    assert [(row.name, row.value, row.conversation_id) for row in rows] == [("csat", 4.0, "sess")]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/public/traces"), ("DELETE", "/api/public/scores/x"), ("POST", "/runs/query"), ("GET", "/sessions"),
     ("GET", "/opik/api/v1/private/projects"), ("POST", "/i/v0/e/"), ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1"),
     ("GET", "/settings"), ("GET", "/api/v1/workspaces/current/x"), ("GET", "/prompts"), ("GET", "/public/x/run"),
     ("GET", "/feedback-configs"), ("POST", "/api/v1/platform/datasets/x/examples"), ("POST", "/v2/datasets/runs"),
     ("POST", "/capture"), ("POST", "/flags"), ("GET", "/array/x/config"), ("POST", "/i/v1/analytics/events"),
     ("GET", "/api/feature_flag/local_evaluation"), ("POST", "/ajax-api/2.0/mlflow/x"), ("GET", "/version"),
     ("GET", "/v1/traceloop/prompts"), ("POST", "/api/annotations")],
)  # fmt: skip
def test_what_is_not_served_is_said(server: Server, method: str, path: str) -> None:
    """A client of a served API never sees a false success: 501 names the call."""
    answer = httpx.request(method, f"{server.url}{path}", timeout=60)
    assert answer.status_code == 501
    assert f"{method} {path}" in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [("/api/public/ingestion", b"{", "JSON"), ("/api/public/ingestion", b"[]", "`batch`"),
     ("/api/public/scores", b'{"name":"x"}', "traceId"), ("/runs/batch", b"{}", "`post`"),
     ("/runs/multipart", b"x", "multipart"), ("/v1/traces/ingest", b"{}", "`data`"), ("/feedback", b"{}", "run_id")],
)  # fmt: skip
def test_an_unreadable_body_is_refused_with_the_reason(server: Server, path: str, body: bytes, words: str) -> None:
    """400, which no client sends again."""
    answer = server.post(body, path, content_type="application/json")
    assert answer.status_code == 400
    assert words in answer.json()["message"]
    assert json.loads(answer.content)["error"] == "bad_request"


@pytest.mark.parametrize(
    "home", ["/v1", "/api/public/otel/v1", "/otel/v1", "/api/v1/otel/v1", "/api/otel/v1"], ids=lambda home: home
)
def test_otlp_is_served_where_each_sdk_sends_it(server: Server, store: Store, home: str) -> None:
    """OpenTelemetry, Langfuse, LangSmith and LangWatch each have an address of their own."""
    assert server.post(request(1), f"{home}/traces").status_code == 200
    assert len(store.fetch(_SPANS, project_id=1)) == 1
