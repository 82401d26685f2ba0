"""Clients that send small traces, again and again until each is acknowledged, as an SDK's exporter does."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TOKENS = 7
EMPTY_EVERY = 5


@dataclass
class Load:
    """A number of clients and what was acknowledged to them.

    Attributes:
        url: address of the web server.
        secret: the project's key.
        acknowledged: numbers of traces that were answered with 200.
        retries: how often a trace had to be sent again.
    """

    url: str
    secret: str
    acknowledged: set[int] = field(default_factory=set)
    retries: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: int = 0

    def start(self, clients: int = 3) -> Load:
        """Begin to send."""
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Begin no new trace; return when each that was begun is acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a trace was not acknowledged within a minute"

    def _client(self) -> None:
        with httpx.Client(timeout=10, headers={"Authorization": f"Bearer {self.secret}"}) as client:
            while not self._stop.is_set():
                with self._lock:
                    self._next += 1
                    number = self._next
                self._send(client, number)
                time.sleep(0.05)

    def _send(self, client: httpx.Client, number: int) -> None:
        body = trace(number)
        while True:
            try:
                answer = client.post(f"{self.url}/v1/traces", content=body, headers=_PROTOBUF)
                if answer.status_code == 200:
                    break
                assert answer.status_code in {429, 502, 503, 504}, f"{answer.status_code}: clients would drop this"
            except httpx.TransportError:
                pass
            self.retries += 1
            time.sleep(0.2)
        with self._lock:
            self.acknowledged.add(number)


_PROTOBUF = {"Content-Type": "application/x-protobuf"}


def trace(number: int) -> bytes:
    """A turn of two spans: an answer and what it looked up; every fifth answer is empty."""
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    answer = "" if number % EMPTY_EVERY == 0 else f"Parcel {number} arrives tomorrow before noon."
    for span_id, name, words in (
        (1, "chat small", {"input.value": f"Where is my parcel {number}?", "output.value": answer}),
        (2, "retrieval parcels", {"input.value": f"parcel {number}"}),
    ):
        span = scope.spans.add()
        span.trace_id = number.to_bytes(16, "big")
        span.span_id = (number * 4 + span_id).to_bytes(8, "big")
        if span_id > 1:
            span.parent_span_id = (number * 4 + 1).to_bytes(8, "big")
        span.name = name
        span.start_time_unix_nano = _BEGAN + number * 10**6
        span.end_time_unix_nano = span.start_time_unix_nano + 5 * 10**8
        for key, text in {"gen_ai.operation.name": name.split()[0], **words}.items():
            span.attributes.add(key=key).value.string_value = text
        if span_id == 1:
            span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = TOKENS
    return bytes(message.SerializeToString())


# An hour ago: inside every page's default period, and no trace is younger than the clock.
_BEGAN = time.time_ns() - 3600 * 10**9
