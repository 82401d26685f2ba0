"""No body of any client's API, however broken, does more than be refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from backend.errors import AssayError
from backend.store.parts import part_rows
from backend.store.rows import span_rows
from backend.store.scores import score_rows
from ingest import steps
from tests.ingest.wire.captured import FOLDER, Captured, requests, spans_of

CLIENTS = sorted(path.name.removesuffix(".json.gz") for path in FOLDER.glob("*.json.gz"))
ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
BODIES = {f"{client} {place}": request for client in CLIENTS for place, request in enumerate(requests(client)[:6])} | {
    "events 0": OWN
}

TREES = {name: request for name, request in BODIES.items() if request.body[:1] in {b"{", b"["}}

plain = some.one_of(
    some.text(some.characters(codec=None), max_size=10),
    some.sampled_from(["\ud83d", "a\x00b", "[", '{"', "null", "1e999", "9999-99-99T99:99:99Z", "-1", "NaN"]),
    some.integers(-(2**70), 2**70), some.floats(), some.booleans(), some.none(),
)  # fmt: skip
trees = some.recursive(
    plain, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3)
)


def take(request: Captured) -> None:
    """All the way to rows; only our own errors may come out."""
    try:
        decoded = request.decoded()
    except AssayError as refused:
        assert 400 <= refused.status < 500 or refused.status == 501
        assert str(refused)
        return
    part_rows(1, decoded.parts)
    score_rows(1, [steps.put_sound_score(score) for score in decoded.scores])
    kept, _ = steps.run([*decoded.spans, *spans_of(decoded.parts)])
    rows = span_rows(1, kept)
    assert rows.text.count(b"\n") == rows.count


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to every value inside a JSON value."""
    found = [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += places(inner, (*path, key))
    return found


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another at a place."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("request_", BODIES.values(), ids=BODIES.keys())
@ROUNDS
@given(data=some.data())
def test_a_damaged_body_is_refused_or_read(request_: Captured, data: some.DataObject) -> None:
    """Real bodies with bytes changed, cut out or put in."""
    body = bytearray(request_.body) or bytearray(b" ")
    for _ in range(data.draw(some.integers(1, 5))):
        place = data.draw(some.integers(0, max(0, len(body) - 1)))
        body[place : place + data.draw(some.integers(0, 3))] = data.draw(some.binary(max_size=3))
    take(replace(request_, body=bytes(body)))


@pytest.mark.parametrize("request_", TREES.values(), ids=TREES.keys())
@ROUNDS
@given(data=some.data())
def test_any_value_at_any_place_is_refused_or_read(request_: Captured, data: some.DataObject) -> None:
    """What a client puts where another kind of value belongs."""
    value = json.loads(request_.body)
    ways = places(value)
    for _ in range(data.draw(some.integers(1, 3))):
        path = data.draw(some.sampled_from(ways))
        try:
            value = put(value, path, data.draw(trees))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # what stood there was replaced just before
    take(replace(request_, body=json.dumps(value).encode("utf-8", "surrogatepass")))
