"""Assay's own API: whole or not at all, each mistake with its place, and judgements that come whenever they like."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.store.client import Store
from backend.store.query import Query
from backend.store.rows import span_rows
from backend.store.scores import score_rows
from backend.store.spool import Spool
from backend.store.writer import Writer
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.events.reading import BadEvents, events_of
from ingest.wire.placing import Placing
from tests.ingest.serving import Server


@dataclass(frozen=True, slots=True)
class _Row:
    span_id: str
    operation: str
    input_text: str
    output_text: str
    uncached_input_tokens: int
    cached_input_tokens: int
    reasoning_output_tokens: int
    cost_usd: float | None
    documents: str


@dataclass(frozen=True, slots=True)
class _Judged:
    name: str
    value: float | None
    label: str
    explanation: str
    trace_id: str
    span_id: str
    conversation_id: str


_SPANS = Query(
    "test_event_spans",
    "SELECT span_id, operation, input_text, output_text, uncached_input_tokens, cached_input_tokens,"
    " reasoning_output_tokens, cost_usd, documents FROM span FINAL"
    " WHERE project_id = {project_id:UInt32} ORDER BY span_id",
    _Row,
)
_SCORES = Query(
    "test_event_scores",
    "SELECT name, value, label, explanation, trace_id, span_id, conversation_id FROM score FINAL"
    " WHERE project_id = {project_id:UInt32} ORDER BY name, value",
    _Judged,
)
_START = "2026-11-22T17:00:00Z"
CHAT = {
    "type": "span", "trace_id": "t1", "span_id": "a", "operation": "chat", "start_time": _START,
    "end_time": 1_795_366_802.5, "request_model": "gpt-4o-mini", "provider": "openai",
    "input": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is it?"}],
    "output": "On its way.", "input_tokens": 120, "cached_input_tokens": 64, "output_tokens": 30,
    "reasoning_output_tokens": 12, "attributes": {"tier": "gold", "n": 3},
}  # fmt: skip
LOOKUP = {
    "type": "span", "trace_id": "t1", "span_id": "b", "operation": "retrieval", "start_time": _START,
    "input": "refunds",    "documents": [{"id": "d", "content": "Refunds take 5 days.", "score": 0.9}],
}  # fmt: skip
THUMB = {"type": "feedback", "trace_id": "t1", "span_id": "a", "thumb": "down", "comment": "too slow", "user_id": "u"}
GRADE = {"type": "score", "name": "csat", "value": 4, "conversation_id": "c1"}


def _send(server: Server, body: Any, content_type: str = "application/json") -> httpx.Response:
    return server.post(body if isinstance(body, bytes) else json.dumps(body).encode(), "/v1/events",
                       content_type=content_type)  # fmt: skip


@pytest.mark.parametrize("form", ["list", "object", "lines"])
def test_spans_scores_and_feedback_are_kept(server: Server, store: Store, form: str) -> None:
    """In each form of a body; sent twice they are there once."""
    events = [CHAT, LOOKUP, THUMB, GRADE]
    body: Any = events if form == "list" else {"events": events}
    content_type = "application/json"
    if form == "lines":
        body, content_type = b"\n\n".join(json.dumps(event).encode() for event in events), "application/x-ndjson"
    for _ in range(2):
        answer = _send(server, body, content_type)
        assert (answer.status_code, answer.json()) == (200, {"spans": 2, "scores": 2})
    chat, lookup = store.fetch(_SPANS, project_id=1)
    assert (chat.input_text, chat.output_text) == ("Where is it?", "On its way.")
    assert (chat.uncached_input_tokens, chat.cached_input_tokens, chat.reasoning_output_tokens) == (56, 64, 12)
    assert chat.cost_usd
    assert "Refunds take 5 days." in lookup.documents
    assert store.fetch(_SCORES, project_id=1) == [
        _Judged("csat", 4.0, "", "", "", "", "c1"),
        _Judged("feedback", 0.0, "down", "too slow", "t1", "a", ""),
    ]


def test_one_mistake_refuses_all_and_names_its_line(server: Server, store: Store) -> None:
    """So the sender mends it and sends the same body again, without counting what got through."""
    lines = [json.dumps(CHAT), "", '{"type": "span"', json.dumps({**GRADE, "valeu": 1})]
    answer = _send(server, "\n".join(lines).encode(), "application/x-ndjson")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert [one["place"] for one in error["errors"]] == ["line 3", "line 4"]
    assert "valeu" in error["errors"][1]["message"]
    assert "nothing of this request was stored" in error["message"]
    assert store.fetch(_SPANS, project_id=1) == []


@pytest.mark.parametrize(
    ("event", "words"),
    [({**CHAT, "trace_id": ""}, "trace_id"), ({**CHAT, "span_id": "000"}, "all zeros"),
     ({**CHAT, "start_time": "soon"}, "start_time"), ({**CHAT, "start_time": 0}, "start_time"),
     ({**CHAT, "cached_input_tokens": 121}, "exceed"), ({**CHAT, "input_tokens": -1}, "input_tokens"),
     ({**CHAT, "operation": "prompting"}, "prompting"), ({**CHAT, "max_tokens": 2**60}, "max_tokens"),
     ({"type": "score", "name": "x", "value": 1}, "of what"),
     ({"type": "score", "name": "x", "trace_id": "t"}, "value"),
     ({"type": "feedback", "trace_id": "t"}, "thumb"),
     ({"type": "feedback", "trace_id": "t", "thumb": "5"}, "thumb"),
     ({"type": "metric"}, "type"), (7, "object"), ({}, "type")],
)  # fmt: skip
def test_what_cannot_be_meant_is_said(event: Any, words: str) -> None:
    """Each mistake names its field."""
    with pytest.raises(BadEvents, match=words):
        events_of(json.dumps([event]).encode(), by_line=False)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"", "application/json", 400), (b"\n", "application/x-ndjson", 400), (b"{", "application/json", 400),
     (b"7", "application/json", 400), (b"[]", "application/json", 400), (b"[]", "text/plain", 415)],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(server: Server, body: bytes, content_type: str, status: int) -> None:
    """With words; a key that is not known is refused before that."""
    answer = _send(server, body, content_type)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert server.post(body, "/v1/events", authorization="Bearer nobody").status_code == 401


@pytest.fixture
def writer(store: Store, tmp_path: Path) -> Iterator[Writer]:
    """A writer of this test's own."""
    own = Writer(store, Spool(tmp_path / "spool", 64)).start()
    yield own
    own.close()


@pytest.mark.parametrize("first", ["score", "span"])
def test_a_score_of_a_span_finds_its_trace(store: Store, writer: Writer, first: str) -> None:
    """Whichever comes first, and also where the score has waited for a while."""
    project, now = 8_000 + (first == "span"), time.time_ns()
    score = Score(score_id="s", name="good", value=1.0, source="client", span_id="x", time=now)
    span = Span(trace_id="t", span_id="x", start_time=now - 10**9, end_time=now)
    placing = Placing(store, writer, overlap_ns=0)
    for kind in (first, "span" if first == "score" else "score"):
        rows = score_rows(project, [score]) if kind == "score" else span_rows(project, [span])
        writer.submit(rows).result(30)
        placing.run()
    found = store.fetch(_SCORES, project_id=project)
    assert [(row.trace_id, row.span_id, row.value) for row in found] == [("t", "x", 1.0)]
