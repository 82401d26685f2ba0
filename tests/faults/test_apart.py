"""A span a request, as a simple span processor sends: a call that two spans tell counts once on the running product."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.store.client import Store
from backend.store.query import Query
from backend.telemetry import operation as op
from ingest.twins import counted_once
from tests.ingest.otlp.clients import SENT
from tests.ingest.otlp.clients import spans as spans_of_client
from tests.ingest.wire.captured import requests
from tests.running import Running

_SECRET = "sk-assay-apart-test-secret"
_SECOND_NS = 10**9
_WITHIN_S = 90.0
"""The claim of a worker that was killed holds for half a minute, and others may use the machine too."""


def _apart(client: str, start: int, *, of: int) -> list[bytes]:
    """What a real client sent, each span in a request of its own, in the order in which they ended.

    Args:
        client: whose requests were captured.
        start: when the first span is to begin instead, nanoseconds since 1970.
        of: makes trace ids of a set of their own.
    """
    found: list[tuple[int, bytes]] = []
    messages = [ExportTraceServiceRequest.FromString(one.body) for one in requests(client, SENT)]
    first = min(span.start_time_unix_nano for message in messages for span in _spans(message))
    for message in messages:
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    span.start_time_unix_nano += start - first
                    span.end_time_unix_nano += start - first
                    span.trace_id = bytes([of]) + span.trace_id[1:]
                    alone = ExportTraceServiceRequest()
                    of_resource = alone.resource_spans.add(resource=resource.resource, schema_url=resource.schema_url)
                    of_scope = of_resource.scope_spans.add(scope=scope.scope, schema_url=scope.schema_url)
                    of_scope.spans.append(span)
                    found.append((span.end_time_unix_nano, alone.SerializeToString()))
    return [body for _, body in sorted(found)]


def _spans(message: ExportTraceServiceRequest) -> list[Any]:
    return [span for resource in message.resource_spans for scope in resource.scope_spans for span in scope.spans]


def _send(running: Running, bodies: Sequence[bytes]) -> None:
    headers = {"authorization": f"Bearer {_SECRET}", "content-type": "application/x-protobuf"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as client:
        for body in bodies:
            client.post("/v1/traces", content=body).raise_for_status()


@dataclass(frozen=True, slots=True)
class _Sums:
    """Tokens in and out and cost in USD."""

    input_tokens: int
    output_tokens: int
    cost_usd: float


_STORED: Final = Query(
    "test_counted_apart",
    "SELECT sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,"
    " round(sum(ifNull(cost_usd, 0)), 9) AS cost_usd FROM span_preview FINAL WHERE project_id = {project_id:UInt32}",
    _Sums,
)


def _counted(running: Running) -> tuple[_Sums, int]:
    """What lists of spans add up to, and the tokens of answers that the overview tells, which are of turns."""
    store = Store(f"http://assay:apart-test-store@127.0.0.1:{running.store_port}/assay")
    answer = httpx.get(f"{running.url}/api/v1/overview", headers={"Authorization": f"Bearer {_SECRET}"}, timeout=60)
    told = answer.raise_for_status().json()["found"]["now"]["output_tokens"]
    return store.fetch(_STORED, project_id=1)[0], told


def _wanted(client: str, times: int) -> tuple[_Sums, int]:
    """The same of spans that were read together, so many times."""
    calls = [span for span in counted_once(spans_of_client(client)) if span.operation in op.METERED]
    told = sum(one.visible_output_tokens + one.reasoning_output_tokens + one.audio_output_tokens for one in calls)
    asked = sum(
        one.uncached_input_tokens + one.cached_input_tokens + one.cache_write_input_tokens + one.audio_input_tokens
        for one in calls
    )
    cost = sum(one.cost_usd or 0.0 for one in calls)
    return _Sums(asked * times, told * times, round(cost * times, 9)), told * times


def _until(running: Running, wanted: tuple[_Sums, int]) -> float:
    """Wait until the figures are right, and stay so; how long it took."""
    begun = time.monotonic()
    while (found := _counted(running)) != wanted:
        assert time.monotonic() - begun < _WITHIN_S, f"{found} instead of {wanted}"
        time.sleep(0.1)
    took = time.monotonic() - begun
    time.sleep(5)
    assert _counted(running) == wanted
    return took


@pytest.mark.slow
def test_calls_that_two_instrumentations_tell_count_once_a_span_a_request(start: Callable[..., Running]) -> None:
    """Children first; parents first, and the worker is killed meanwhile; and all of it sent again."""
    running = start(
        init_email="ada@example.com",
        init_password="correct horse battery",
        init_project="Apart",
        init_public_key="pk-assay-apart",
        init_secret_key=_SECRET,
        store_secret="apart-test-store",
    )
    running.until(lambda: "Assay answers at" in running.said(), 90)
    now = time.time_ns()
    upwards = _apart("openinference", now - 7200 * _SECOND_NS, of=1)
    downwards = _apart("openinference", now - 3600 * _SECOND_NS, of=2)[::-1]
    _send(running, upwards)
    print(f"children first: {_until(running, _wanted('openinference', 1)):.1f} s")
    _send(running, downwards)
    running.kill("worker --pool")
    print(f"parents first, worker killed: {_until(running, _wanted('openinference', 2)):.1f} s")
    _send(running, [*downwards, *upwards])
    time.sleep(1)
    print(f"sent again: {_until(running, _wanted('openinference', 2)):.1f} s")
    assert running.stop() == 0
