"""Redaction over a real web server: what lies on its disk, what the store has, and how soon a policy holds."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import httpx
import pytest
from google.rpc.status_pb2 import Status

from backend.store.client import Store
from backend.store.query import Query
from backend.store.spool import Spool
from tests.ingest.own import OwnStore
from tests.ingest.redaction.planting import CARD, EMAIL, KEY, OWN_EVENTS, PLANTED
from tests.ingest.rows import request
from tests.ingest.serving import Server

_SET = """
import django, sys; django.setup()
from backend.policies.models import policy_row
from backend.projects.models import Project
policy_row(Project.objects.get(slug="one")).set_redaction(sys.argv[1], [])"""
_BREAK = """
import django, sys; django.setup()
from backend.policies.models import ProjectPolicy
from backend.projects import key_changes
ProjectPolicy.objects.update(own_patterns=[["X", "("]])
key_changes.announce()"""
LANGFUSE = {
    "batch": [
        {"id": "e1", "type": "trace-create", "timestamp": "2026-11-01T10:00:00Z",
         "body": {"id": "t1", "timestamp": "2026-11-01T10:00:00Z", "userId": EMAIL, "input": f"card {CARD}"}},
        {"id": "e2", "type": "generation-create", "timestamp": "2026-11-01T10:00:01Z",
         "body": {"id": "g1", "traceId": "t1", "startTime": "2026-11-01T10:00:00Z", "endTime": "2026-11-01T10:00:01Z",
                  "model": "gpt-4o", "input": [{"role": "user", "content": f"I am {EMAIL}"}], "output": KEY,
                  "usage": {"input": 7, "output": 3}}},
        {"id": "e3", "type": "score-create", "timestamp": "2026-11-01T10:00:02Z",
         "body": {"id": "s1", "traceId": "t1", "name": "csat", "value": 1, "comment": f"write {EMAIL}"}},
    ]
}  # fmt: skip


def _send(server: Server) -> None:
    events = json.loads(json.dumps(OWN_EVENTS).replace('"a"', json.dumps(" ".join(PLANTED))))
    as_json = {"content_type": "application/json"}
    assert server.post(request(2, text=" ".join(PLANTED))).status_code == 200
    assert server.post(json.dumps(events).encode(), "/v1/events", **as_json).status_code == 200
    assert server.post(json.dumps(LANGFUSE).encode(), "/api/public/ingestion", **as_json).status_code == 207
    bad = {"type": "span", "trace_id": EMAIL, "oops": KEY}
    assert server.post(json.dumps(bad).encode(), "/v1/events", **as_json).status_code == 400


@dataclass(frozen=True, slots=True)
class _Row:
    text: str


def _everything(store: Store) -> str:
    rows = []
    for table in ("span", "span_preview", "wire_part", "score"):
        sql = f"SELECT formatRowNoNewline('JSONEachRow', *) AS text FROM {table}"
        rows += store.fetch(Query(f"test_all_{table}", sql, _Row, scope="installation"))
    return "\n".join(row.text for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mask", "drop"])
def test_nothing_in_clear_reaches_disk_or_store(own_store: OwnStore, own_server: Server, policy: str) -> None:
    """With the store away it lies in the spool; merged and stored later, it is still without."""
    own_server.run(_SET, policy)
    own_store.kill()
    _send(own_server)
    spool = Spool(own_server.home / "spool", 100)
    waiting = [entry for path in spool.waiting() for entry in spool.take(path)]
    assert {entry.table for entry in waiting} >= {"span", "wire_part", "score"}
    assert not [value for value in PLANTED for entry in waiting if value in entry.text.decode()]
    time.sleep(2.5)  # counts go to the relational database every two seconds
    for path in own_server.home.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert not [value for value in PLANTED if value.encode() in text], path
    own_store.start()
    deadline = time.monotonic() + 30
    while "gpt-4o" not in (stored := _everything(own_store.client)) or '"span_id":"g1"' not in stored:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert not [value for value in PLANTED if value in stored]
    assert ("[EMAIL_" in stored) and ("assay.dropped" in stored) == (policy == "drop")


@pytest.mark.slow
def test_a_policy_that_cannot_be_read_stores_nothing(own_store: OwnStore, own_server: Server) -> None:
    """It holds for the next request after it was set; a broken one refuses for a while, so that clients send again."""
    own_server.run(_SET, "mask")
    assert own_server.post(request(1, text=EMAIL)).status_code == 200
    own_server.run(_BREAK)
    answer = own_server.post(request(1, trace=2, text=EMAIL))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "policy" in Status.FromString(answer.content).message
    for path, told in (("/runs/batch", {"post": [{"id": "r"}]}), ("/api/public/v2/datasets", {"name": "d"})):
        refused = httpx.post(f"{own_server.url}{path}", json=told, headers={"x-api-key": "sk-one"}, timeout=60)
        assert (refused.status_code, "policy" in refused.text) == (503, True)
    own_server.settle()
    assert EMAIL not in _everything(own_store.client)
