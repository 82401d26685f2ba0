"""Limits of keys and shares of projects at the face for SDKs, over a real web server."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from google.rpc.status_pb2 import Status

from backend.errors import TooMany
from backend.store.client import Store
from ingest.body import InFlight
from tests.ingest.own import OwnStore
from tests.ingest.rows import count, request
from tests.ingest.serving import Server

_MINT = """
import django, sys; django.setup()
from backend.projects.models import *
limits = [int(one) if one != "-" else None for one in sys.argv[2:4]]
key, _ = ApiKey.objects.mint(Project.objects.get(slug="one"), "x", secret=sys.argv[1])
key.limit(spans_per_minute=limits[0], spans_per_day=limits[1]); print(key.pk)"""
_RAISE = """
import django, sys; django.setup()
from backend.projects.models import *
ApiKey.objects.get(pk=sys.argv[1]).limit(spans_per_minute=None, spans_per_day=None)"""
_COUNTS = """
import django, sys; django.setup()
from backend.arrivals.models import *
for one in Arrival.objects.filter(key=sys.argv[1]).order_by("outcome", "reason"):
    print(one.outcome, one.reason, one.count)"""


def _key(server: Server, secret: str, minute: int | str = "-", day: int | str = "-") -> tuple[str, dict[str, str]]:
    return server.run(_MINT, secret, str(minute), str(day)).strip(), {"authorization": f"Bearer {secret}"}


def _message(answer: httpx.Response) -> str:
    return str(Status.FromString(answer.content).message)


def test_a_rate_is_a_429_that_says_when_to_come_again(server: Server, store: Store) -> None:
    """The key that sends too fast is told so before its body is read; others are not; a raised limit holds at once."""
    key, use = _key(server, "sk-slow", minute=60)
    assert server.post(request(50), **use).status_code == 200
    assert server.post(request(50, trace=2), **use).status_code == 200  # ten were left
    answer = server.post(request(1, trace=3), **use)
    assert answer.status_code == 429
    assert 30 <= int(answer.headers["retry-after"]) <= 42
    assert "`spans_per_minute`" in _message(answer)
    told = server.post(b"not read", "/v1/events", content_type="application/json", **use)
    assert (told.status_code, told.json()["error"]["code"]) == (429, "rate_limit")
    assert "60 spans a minute" in told.json()["error"]["message"]
    assert server.post(request(1, trace=4)).status_code == 200
    server.run(_RAISE, key)
    assert server.post(request(1, trace=3), **use).status_code == 200
    assert count(store).spans == 102


def test_a_quota_is_a_429_until_midnight(server: Server, store: Store) -> None:
    """The request that crosses it is taken; the answers after it name the quota and the seconds that are left."""
    _, use = _key(server, "sk-little", day=10)
    assert server.post(request(8), **use).status_code == 200
    assert server.post(request(8, trace=2), **use).status_code == 200
    answer = server.post(request(1, trace=3), **use)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 24 * 3600
    assert "16 spans today and may send 10 (`spans_per_day`" in _message(answer)
    assert count(store).spans == 16


def test_what_came_with_a_key_is_counted(server: Server, store: Store) -> None:
    """Accepted, left out and refused, within a few seconds."""
    key, use = _key(server, "sk-counted", day=10)
    assert server.post(request(9, broken=2, trace=501), **use).status_code == 200
    assert server.post(b"\xff", **use).status_code == 400
    assert server.post(request(2, trace=502), **use).status_code == 200
    assert server.post(request(2, trace=3), **use).status_code == 429
    wanted = [
        "accepted spans 11",
        "refused bad_request 1",
        "refused daily_quota 1",
        "rejected with a missing or all-zero span id 2",
    ]
    deadline = time.monotonic() + 8
    while server.run(_COUNTS, key).strip().splitlines() != wanted:
        assert time.monotonic() < deadline, server.run(_COUNTS, key)


def test_what_is_sent_again_is_counted_as_such(server: Server, store: Store) -> None:
    """A retry counts as accepted and as sent again; the store has it once."""
    key, use = _key(server, "sk-again")
    for _ in range(2):
        assert server.post(request(3, trace=77), **use).status_code == 200
    wanted = ["accepted spans 6", "repeated spans 3"]
    deadline = time.monotonic() + 8
    while server.run(_COUNTS, key).strip().splitlines() != wanted:
        assert time.monotonic() < deadline, server.run(_COUNTS, key)
    assert count(store).spans == 3


@pytest.mark.parametrize("ending", ["revoked", "expired"])
def test_requests_with_a_key_that_has_ended_are_counted(server: Server, ending: str) -> None:
    """Their project can see them, which answers the question where the traces are."""
    key, use = _key(server, f"sk-has-{ending}")
    end = "revoke()" if ending == "revoked" else "rotate(datetime.timedelta(0))"
    server.run(
        f"import django, sys, datetime; django.setup()\n"
        f"from backend.projects.models import *; ApiKey.objects.get(pk=sys.argv[1]).{end}",
        key,
    )
    assert server.post(request(1), **use).status_code == 401
    deadline = time.monotonic() + 8
    while server.run(_COUNTS, key).strip() != "refused key_ended 1":
        assert time.monotonic() < deadline, server.run(_COUNTS, key)


@pytest.mark.slow
def test_what_waits_on_disk_is_counted_as_such(own_store: OwnStore, own_server: Server) -> None:
    """While ClickHouse is away; accepted it is all the same."""
    own_server.settles = False
    key, use = _key(own_server, "sk-spooled")
    own_store.kill()
    deadline = time.monotonic() + 20
    trace = 1
    while "spooled while ClickHouse was away" not in (seen := own_server.run(_COUNTS, key)):
        assert time.monotonic() < deadline, seen
        trace += 1
        assert own_server.post(request(2, trace=trace), **use).status_code == 200
    own_store.start()


def test_a_large_body_that_is_refused_reads_its_answer(server: Server) -> None:
    """The connection is not cut while the client still sends, else it would try again and never learn why."""
    _, use = _key(server, "sk-one-only", day=1)
    assert server.post(request(1), **use).status_code == 200
    answer = server.post(b"x" * 1_900_000, **use)
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)


def test_one_project_takes_no_more_than_its_share_of_memory() -> None:
    """The others' requests find room, and a project alone is not refused what it needs."""
    mib = 2**20
    flight = InFlight(100, share=0.5)
    with flight.room(1) as large:
        for _ in range(90):
            large.take(mib)  # alone, larger than its share
        with (
            pytest.raises(TooMany, match=r"this project's requests .* share is 50.0 MiB of 100.0 MiB"),
            flight.room(1) as r,
        ):
            r.take(1)
        with flight.room(2) as other:
            other.take(10 * mib)
            with pytest.raises(TooMany, match=r"limit is 100\.0 MiB"), flight.room(3) as third:
                third.take(mib)
    assert flight.size == 0
    with flight.room(1) as again:
        again.take(100 * mib)


_AT = "2026-11-22T17:00:00Z"


def _wait_for_counts(server: Server, key: str, wanted: list[str]) -> None:
    deadline = time.monotonic() + 40
    while (found := server.run(_COUNTS, key).strip().splitlines()) != wanted:
        assert time.monotonic() < deadline, found


def _langfuse(server: Server, use: dict[str, str], spans: range, kind: str) -> httpx.Response:
    """One event of each observation of a trace, as SDK 2 sends them: when they begin, and when they have ended."""
    batch = [
        {"id": f"{kind}{number}", "type": f"generation-{kind}", "timestamp": _AT,
         "body": {"id": f"o{number}", "traceId": "t", "startTime": _AT}}
        for number in spans
    ]  # fmt: skip
    return httpx.post(f"{server.url}/api/public/ingestion", json={"batch": batch}, headers=use, timeout=60)


def test_a_span_that_is_told_in_two_messages_is_charged_once(server: Server) -> None:
    """Langfuse's create and update, in one batch and in two, and each batch once more: 40 spans of a limit of 60."""
    key, use = _key(server, "sk-langfuse", minute=60, day=45)
    for kind in ("create", "update", "update"):
        assert _langfuse(server, use, range(40), kind).status_code == 207
    log = {"batch": [{"id": "l", "type": "sdk-log", "timestamp": _AT, "body": {}}]}
    assert httpx.post(f"{server.url}/api/public/ingestion", json=log, headers=use, timeout=60).status_code == 207
    wanted = ["accepted messages about spans 120", "accepted metrics and events 1", "accepted spans 40"]
    _wait_for_counts(server, key, wanted)
    assert _langfuse(server, use, range(40, 50), "create").status_code == 207
    answer = _langfuse(server, use, range(50, 51), "create")
    assert (answer.status_code, answer.json()["error"]) == (429, "daily_quota")
    assert "51 spans today and may send 45" in answer.json()["message"]


def test_spans_without_content_and_the_records_that_tell_it_are_counted_once(server: Server) -> None:
    """A bare span of OpenTelemetry is one span; the record of its content is a message, and no metric."""
    key, use = _key(server, "sk-bare", minute=1000)
    said = [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "chat m", "startTimeUnixNano": "1795366800000000000",
            "endTimeUnixNano": "1795366801000000000", "attributes": said}  # fmt: skip
    body = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "x"}, "spans": [span]}]}]}
    text = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "hi"}]}])
    record = {"traceId": "ab" * 16, "spanId": "cd" * 8, "timeUnixNano": "1795366800500000000",
              "eventName": "gen_ai.client.inference.operation.details",
              "attributes": [{"key": "gen_ai.input.messages", "value": {"stringValue": text}}]}  # fmt: skip
    logs = {"resourceLogs": [{"scopeLogs": [{"scope": {"name": "x"}, "logRecords": [record]}]}]}
    for path, told in (("/v1/traces", body), ("/v1/logs", logs)):
        assert httpx.post(f"{server.url}{path}", json=told, headers=use, timeout=60).status_code == 200
    _wait_for_counts(server, key, ["accepted messages about spans 1", "accepted spans 1"])


def test_opik_and_langsmith_are_charged_by_span(server: Server) -> None:
    """A run that is posted and patched, and a change that comes before what it changes."""
    key, use = _key(server, "sk-others", minute=1000)
    run = {"id": "r", "trace_id": "r", "run_type": "llm", "name": "n", "start_time": _AT}
    opik = "/opik/api/v1/private/traces"
    sent: list[tuple[str, str, dict[str, object]]] = [
        ("POST", "/runs/batch", {"post": [run], "patch": [run | {"end_time": _AT}]}),
        ("PATCH", "/runs/r", {"trace_id": "r", "outputs": {"a": 1}}),
        ("PATCH", f"{opik}/x", {"output": {"a": 1}}),
        ("POST", opik, {"id": "x", "name": "n", "start_time": _AT}),
    ]
    for method, path, told in sent:
        assert httpx.request(method, f"{server.url}{path}", json=told, headers=use, timeout=60).is_success
    _wait_for_counts(server, key, ["accepted messages about spans 5", "accepted spans 2"])
