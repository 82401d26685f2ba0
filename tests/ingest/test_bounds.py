"""A small body, packed, can hold millions of things: no request takes much memory or time, and each says the limit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.errors import TooLarge
from ingest import bounds
from ingest.otlp import protobuf
from tests.ingest.hostile import BODIES
from tests.pace import pace

MOST_MIB = 400
MOST_CPU_S = 2.0


def test_no_body_takes_the_server_down() -> None:
    """Every decoder reads its worst body of ten MiB within bounds, and refuses it with the number that is too high."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.ingest.hostile"], check=True, stdout=subprocess.PIPE, text=True, timeout=500
    ).stdout
    found = {one["name"]: one for one in map(json.loads, told.splitlines())}
    assert set(found) == set(BODIES)
    allowed_s = MOST_CPU_S * pace()
    for one in found.values():
        assert one["outcome"].startswith("413: "), one
        assert "50,000" in one["outcome"] or "1,000,000" in one["outcome"], one
        assert one["mib"] <= MOST_MIB, one
        assert one["cpu_s"] <= allowed_s, one


def _request(spans: int, attributes: int = 0) -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number in range(spans):
        span = scope.spans.add(trace_id=b"a" * 16, span_id=number.to_bytes(8, "big"), name="n")
        for place in range(attributes):
            span.attributes.add(key=str(place))
    return bytes(request.SerializeToString())


def test_as_many_spans_as_are_allowed_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is let in, one more is not."""
    monkeypatch.setattr(bounds, "SMALL", 0)
    monkeypatch.setattr(bounds, "MOST_ITEMS", 202)  # the resource and the scope are counted too
    assert len(protobuf.spans(_request(200), "otlp_http")) == 200
    with pytest.raises(TooLarge, match="more than 202 spans"):
        protobuf.spans(_request(201), "otlp_http")


def test_as_many_attributes_as_are_allowed_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted over all spans of a request."""
    monkeypatch.setattr(bounds, "SMALL", 0)
    monkeypatch.setattr(bounds, "MOST_PIECES", 60)
    assert len(protobuf.spans(_request(3, 20), "otlp_http")) == 3
    with pytest.raises(TooLarge, match="holds 63 attributes"):
        protobuf.spans(_request(3, 21), "otlp_http")


@pytest.mark.parametrize(
    "damage",
    [lambda body: body[:-7], lambda body: body + b"\xff" * 30, lambda body: body[:3] + body[4:], lambda _: b"\x0a"],
    ids=["cut off", "a number without end", "a byte missing", "a tag alone"],
)
def test_a_damaged_body_is_counted_as_far_as_it_goes(
    damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting fails at nothing; what is wrong with the body is the parser's to say."""
    monkeypatch.setattr(bounds, "SMALL", 0)
    bounds.check_packed(damage(_request(50)))


def test_a_large_real_body_is_far_below(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty MiB of agents' spans, as the benchmark sends them, hold less than half of what is allowed."""
    from tests.benchmarks.ingest import body

    monkeypatch.setattr(bounds, "SMALL", 0)
    whole = body(1, 25)
    shares: list[Any] = []
    monkeypatch.setattr(bounds, "check_pieces", lambda count, _: shares.append(count))
    protobuf.spans(whole, "otlp_http")
    bounds.check_body(whole)
    assert max(shares) * (20 * 2**20 / len(whole)) < bounds.MOST_PIECES / 2
