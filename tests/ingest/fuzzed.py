"""What fuzzing of decoders shares: any JSON value, any place in one, and what must hold of all that was decoded."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some

from backend.store.parts import part_rows
from backend.store.rows import span_rows
from backend.store.scores import score_rows
from ingest import steps
from ingest.protocols.base import Decoded
from tests.ingest.wire.captured import spans_of

ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

plain = some.one_of(
    some.text(some.characters(codec=None), max_size=10),
    some.sampled_from(["\ud83d", "a\x00b", "[", '{"', "null", "1e999", "9999-99-99T99:99:99Z", "-1", "NaN"]),
    some.integers(-(2**70), 2**70), some.floats(), some.booleans(), some.none(),
)  # fmt: skip
trees = some.recursive(
    plain, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3)
)


def stored(decoded: Decoded) -> None:
    """All the way to rows."""
    part_rows(1, decoded.parts)
    score_rows(1, [steps.put_sound_score(score) for score in decoded.scores])
    kept, _ = steps.run([*decoded.spans, *spans_of(decoded.parts)])
    rows = span_rows(1, kept)
    assert rows.text.count(b"\n") == rows.count


def damaged(whole: bytes, data: some.DataObject) -> bytes:
    """A body with bytes changed, cut out or put in."""
    body = bytearray(whole) or bytearray(b" ")
    for _ in range(data.draw(some.integers(1, 5))):
        place = data.draw(some.integers(0, max(0, len(body) - 1)))
        body[place : place + data.draw(some.integers(0, 3))] = data.draw(some.binary(max_size=3))
    return bytes(body)


def bent(value: Any, data: some.DataObject) -> bytes:
    """JSON in which other values stand at a few places."""
    ways = places(value)
    for _ in range(data.draw(some.integers(1, 3))):
        path = data.draw(some.sampled_from(ways))
        try:
            value = put(value, path, data.draw(trees))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # what stood there was replaced just before
    return json.dumps(value).encode("utf-8", "surrogatepass")


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
