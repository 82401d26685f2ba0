"""No body of any client's API, however broken, does more than be refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.errors import AssayError
from tests.ingest.fuzzed import ROUNDS, bent, damaged, places, put, stored
from tests.ingest.wire.captured import FOLDER, Captured, requests

CLIENTS = sorted(path.name.removesuffix(".json.gz") for path in FOLDER.glob("*.json.gz"))
EVENTS = {
    "events": [
        {
            "type": "span",
            "trace_id": "1" * 32,
            "span_id": "2" * 16,
            "name": "chat",
            "start_time": "2026-11-01T10:00:00Z",
        },
        {"type": "score", "trace_id": "1" * 32, "name": "helpful", "value": 0.5},
        {"type": "feedback", "conversation_id": "c", "thumb": "up"},
    ]
}
OWN = Captured("POST", "/v1/events", "application/json", json.dumps(EVENTS).encode())
BY_LINE = replace(
    OWN, content_type="application/x-ndjson", body="\n".join(json.dumps(event) for event in EVENTS["events"]).encode()
)
BODIES = {f"{client} {place}": request for client in CLIENTS for place, request in enumerate(requests(client)[:6])} | {
    "events 0": OWN,
    "events 1": BY_LINE,
}

TREES = {
    name: request for name, request in BODIES.items() if request.body[:1] in {b"{", b"["} and request is not BY_LINE
}


def take(request: Captured) -> None:
    """All the way to rows; only our own errors may come out."""
    try:
        decoded = request.decoded()
    except AssayError as refused:
        assert 400 <= refused.status < 500 or refused.status == 501
        assert str(refused)
        return
    stored(decoded)


@pytest.mark.parametrize("request_", BODIES.values(), ids=BODIES.keys())
@ROUNDS
@given(data=some.data())
def test_a_damaged_body_is_refused_or_read(request_: Captured, data: some.DataObject) -> None:
    """Real bodies with bytes changed, cut out or put in."""
    take(replace(request_, body=damaged(request_.body, data)))


@pytest.mark.parametrize("request_", TREES.values(), ids=TREES.keys())
@ROUNDS
@given(data=some.data())
def test_any_value_at_any_place_is_refused_or_read(request_: Captured, data: some.DataObject) -> None:
    """What a client puts where another kind of value belongs."""
    take(replace(request_, body=bent(json.loads(request_.body), data)))


@pytest.mark.parametrize("request_", TREES.values(), ids=TREES.keys())
def test_deep_values_are_refused_or_read(request_: Captured) -> None:
    """Values in values at any place, as deep as a reader follows and deeper."""
    whole = json.loads(request_.body)
    ways = [path for path in places(whole) if path]
    for path in ways[:: max(1, len(ways) // 12)]:
        text = json.dumps(put(whole, path, "HERE"))
        for depth in (250, 400, 700, 930, 100_000):
            take(replace(request_, body=text.replace('"HERE"', "[" * depth + "]" * depth).encode()))
