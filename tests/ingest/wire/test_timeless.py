"""Events whose client tells no time are shown when they came, once, however often and in whichever order they come."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from backend.sensitive.policy import MASK, Policy
from backend.store.client import Store
from backend.telemetry.span import Span
from ingest import steps
from ingest.protocols.base import Decoded, Request
from ingest.redaction.redacting import redacted_request
from ingest.routing import match
from tests.ingest.rows import count, wait_for
from tests.ingest.serving import Server
from tests.ingest.wire.captured import CAPTURED_NS, outcome, requests, spans_of

_SECOND = 10**9
_CALL: dict[str, Any] = {"$ai_trace_id": "t", "$ai_span_id": "s", "$ai_model": "gpt-4o-mini", "$ai_latency": 1.5,
                         "$ai_input_tokens": 120, "$ai_output_tokens": 30}  # fmt: skip


def _decoded(path: str, told: Any, moment: int) -> Decoded:
    found = match("POST", path)
    assert found is not None
    with patch.object(time, "time_ns", return_value=moment):
        return found.protocol.decode_request(Request(json.dumps(told).encode(), "application/json"))


def _events(moment: int, *events: dict[str, Any], **body: Any) -> list[Span]:
    decoded = _decoded("/batch/", {"batch": list(events), **body}, moment)
    return [*decoded.spans, *spans_of(decoded.parts)]


def test_calls_of_litellm_through_posthog_stand_at_their_arrival_with_their_cost() -> None:
    """Its events carry neither a time nor an id that tells one; how long each call took is known."""
    found = outcome("litellm-posthog").spans
    assert len(found) == 5
    body = json.loads(requests("litellm-posthog")[0].body)
    took_s = [event["properties"]["$ai_latency"] for event in body["batch"]]
    for place, (span, seconds) in enumerate(zip(found, took_s, strict=True)):
        assert span.end_time == CAPTURED_NS + place * 1_000
        assert span.end_time - span.start_time == int(seconds * 1e9)
        assert "told no time" in span.time_note
        assert span.cost_usd is not None
        assert (span.cost_usd > 0) == (span.status == "ok")


@pytest.mark.parametrize("turned", [False, True])
def test_an_event_that_is_sent_again_stays_at_its_first_arrival(*, turned: bool) -> None:
    """Whichever of the two is read first, it is the same span."""
    event = {"event": "$ai_generation", "properties": _CALL}
    told = [_decoded("/batch/", {"batch": [event]}, CAPTURED_NS + later * 60 * _SECOND).parts[0] for later in (0, 1)]
    [span] = spans_of(told[::-1] if turned else told)
    assert (span.start_time, span.end_time) == (CAPTURED_NS - 1_500_000_000, CAPTURED_NS)


def test_the_time_of_a_body_comes_before_that_of_its_arrival() -> None:
    """A batch that waited on its way still says when it was sent."""
    event = {"event": "$ai_generation", "properties": _CALL}
    [span] = _events(CAPTURED_NS, event, sent_at="2026-11-22T17:00:00Z")
    assert span.end_time == 1_795_366_800 * _SECOND


def test_an_id_that_begins_with_a_time_tells_it() -> None:
    """A UUID of version 7 does, and is the same when the event is sent again; one of version 4 does not."""
    made = uuid.UUID(int=(1_795_366_800_123 << 80) | (7 << 76) | (2 << 62) | 5)
    [span] = _events(CAPTURED_NS, {"event": "$ai_generation", "uuid": str(made), "properties": _CALL})
    assert (span.start_time, span.end_time) == (1_795_366_798_623 * 10**6, 1_795_366_800_123 * 10**6)
    assert "the event's id" in span.time_note
    drawn = str(uuid.UUID("3f2b8a5e-0c1d-4e6f-8a9b-0c1d2e3f4a5b"))
    [span] = _events(CAPTURED_NS, {"event": "$ai_generation", "uuid": drawn, "properties": _CALL})
    assert span.end_time == CAPTURED_NS


def test_a_time_that_was_told_is_taken_as_it_is() -> None:
    """Also where the body and the id tell others."""
    told = "2026-11-22T16:00:00Z"
    event = {"event": "$ai_generation", "timestamp": told, "properties": _CALL}
    [span] = _events(CAPTURED_NS, event, sent_at="2026-11-22T17:00:00Z")
    assert (span.end_time, span.time_note) == (1_795_363_200 * _SECOND, "")


def test_an_event_that_nothing_names_is_refused_with_the_reason() -> None:
    """Nor is it lost in silence."""
    decoded = _decoded("/batch/", {"batch": [{"event": "$ai_generation", "properties": {"$ai_model": "m"}}]}, 1)
    _, refused = steps.run(decoded.spans)
    assert refused == [("with a missing or all-zero trace id", 1)]


def test_other_records_without_times() -> None:
    """LiteLLM's own callback and the Agents SDK; where only the end is told it stands in for the start."""
    call = {"id": "c", "call_type": "acompletion", "model": "gpt-4o-mini", "completionStartTime": 1_795_366_800.0,
            "stream": True}  # fmt: skip
    [span] = spans_of(_decoded("/litellm/events", [call], CAPTURED_NS).parts)
    assert (span.start_time, span.time_to_first_token_ms) == (CAPTURED_NS, None)
    [span] = _decoded("/litellm/events", [call | {"endTime": 1_795_366_801.0}], CAPTURED_NS).spans
    assert span.start_time == span.end_time == 1_795_366_801 * _SECOND
    assert "its end stands in" in span.time_note
    step = {"object": "trace.span", "id": "span_1", "trace_id": "trace_1", "span_data": {"type": "generation"}}
    [span] = spans_of(_decoded("/v1/traces/ingest", {"data": [step]}, CAPTURED_NS).parts)
    assert span.end_time == CAPTURED_NS


def test_what_waits_as_a_part_is_masked_too() -> None:
    """The step is masked before it is stored, not when it is made."""
    event = {"event": "$ai_generation", "properties": _CALL | {"$ai_input": "write to jo@example.org"}}
    decoded = redacted_request(_decoded("/batch/", {"batch": [event]}, CAPTURED_NS), Policy(mode=MASK, salt=b"s" * 16))
    assert len(decoded.parts) == 1
    assert "jo@example.org" not in decoded.parts[0].body
    [span] = spans_of(decoded.parts)
    assert (span.end_time, span.request_model) == (CAPTURED_NS, "gpt-4o-mini")


def test_a_client_that_tries_again_is_counted_once(server: Server, store: Store) -> None:
    """Over a real server, whose clock has gone on in between."""
    body = {"api_key": "sk-one", "batch": [{"event": "$ai_generation", "properties": _CALL}]}
    for _ in range(3):
        assert httpx.post(f"{server.url}/batch/", json=body, timeout=60).status_code == 200
    server.settle()
    assert wait_for(store, 1).tokens == 150 - 30
    time.sleep(1.5)  # the merger may look once more
    assert (count(store).spans, count(store).traces) == (1, 1)
