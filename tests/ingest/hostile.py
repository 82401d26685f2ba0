"""Bodies of ten MiB that hold as many things as bytes allow, read as a request is, each in a process of its own.

``python -m tests.ingest.hostile`` prints a line of JSON for each: its name, MiB of memory it took, CPU seconds, and
what became of it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from unittest.mock import patch

SIZE = 10 * 2**20
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
Make = Callable[[], bytes]


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _packed(inner: bytes) -> bytes:
    """The one scope of the one resource of a request."""
    return _field(1, _field(2, inner))


_IDS = _field(1, b"a" * 16) + _field(2, b"b" * 8)


def _many(before: str, one: str, after: str) -> Make:
    def make() -> bytes:
        return (before + ",".join([one] * (SIZE // (len(one) + 1))) + after).encode()

    return make


def _message(text: str) -> bytes:
    return _packed(
        _field(2, _IDS + _field(9, _field(1, b"gen_ai.input.messages") + _field(2, _field(1, text.encode()))))
    )


_RUN = '{"id":"11111111-1111-4111-8111-111111111111","trace_id":"11111111-1111-4111-8111-111111111111","name":"a"}'
_EVENT = '{"id":"a","type":"trace-create","timestamp":"2026-01-01T00:00:00Z","body":{"id":"b"}}'
_SPAN = '{"type":"span","trace_id":"t","span_id":"s","name":"n","start_time":"2026-01-01T00:00:00Z"}'
_PARTS = b'--b\r\nContent-Disposition: form-data; name="post.1"\r\n\r\n{}\r\n'
_END = b"--b--\r\n"

BODIES: dict[str, tuple[str, str, Make]] = {
    "spans of two bytes": ("otlp_http", _PROTOBUF, lambda: _packed(b"\x12\x00" * (SIZE // 2))),
    "resources of two bytes": ("otlp_http", _PROTOBUF, lambda: b"\x0a\x00" * (SIZE // 2)),
    "spans in groups": ("otlp_http", _PROTOBUF, lambda: b"\x0b" * (SIZE // 2) + _packed(b"\x12\x00" * (SIZE // 4))),
    "spans of ids alone": ("otlp_http", _PROTOBUF, lambda: _packed(_field(2, _IDS) * (SIZE // 30))),
    "attributes of two bytes": ("otlp_http", _PROTOBUF, lambda: _packed(_field(2, _IDS + b"\x4a\x00" * (SIZE // 2)))),
    "events of two bytes": ("otlp_http", _PROTOBUF, lambda: _packed(_field(2, _IDS + b"\x5a\x00" * (SIZE // 2)))),
    "attributes of an event": (
        "otlp_http", _PROTOBUF, lambda: _packed(_field(2, _IDS + _field(11, b"\x1a\x00" * (SIZE // 2)))),
    ),
    "messages that are empty": ("otlp_http", _PROTOBUF, lambda: _message("[" + "{}," * (SIZE // 3) + "{}]")),
    "spans that are empty": ("otlp_http", _JSON, _many('{"resourceSpans":[{"scopeSpans":[{"spans":[', "{}", "]}]}]}")),
    "lists in lists": ("otlp_http", _JSON, lambda: b"[" * SIZE),
    "log records of two bytes": ("otlp_logs", _PROTOBUF, lambda: _packed(b"\x12\x00" * (SIZE // 2))),
    "metrics of two bytes": ("otlp_metrics", _PROTOBUF, lambda: _packed(b"\x12\x00" * (SIZE // 2))),
    "events of nothing": ("langfuse_ingestion", _JSON, _many('{"batch":[', "{}", "]}")),
    "small events": ("langfuse_ingestion", _JSON, _many('{"batch":[', _EVENT, "]}")),
    "numbers instead of events": ("langfuse_ingestion", _JSON, _many('{"batch":[', "7", "]}")),
    "small runs": ("langsmith_batch", _JSON, _many('{"post":[', _RUN, "]}")),
    "small parts": ("langsmith_multipart", "multipart/form-data", lambda: _PARTS * (SIZE // len(_PARTS)) + _END),
    "small traces": ("opik_batch", _JSON, _many('{"traces":[', '{"id":"a"}', "]}")),
    "small calls": ("posthog", _JSON, _many('{"batch":[', '{"event":"$ai_trace","properties":{}}', "]}")),
    "lines of events": ("events", "application/x-ndjson", lambda: (_SPAN + "\n").encode() * (SIZE // len(_SPAN))),
}  # fmt: skip


def measure(name: str) -> dict[str, str | float]:
    """Read one body as ``ingest.taking`` does, and say what it took."""
    from backend.errors import AssayError
    from backend.registry import discover
    from ingest.protocols.base import Protocol, Request
    from ingest.taking import take

    protocol, content_type, make = BODIES[name]
    body = make()
    headers = {"content-type": "multipart/form-data; boundary=b" if protocol == "langsmith_multipart" else content_type}
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        with patch("ingest.taking.own_prices") as prices:
            prices.return_value.of.return_value = ()
            request = Request(body, content_type, headers)
            taken = take(discover("ingest.protocols", Protocol)[protocol](), request, 1, encoding="", limit=2 * SIZE)
        outcome = f"taken: {taken.size}"
    except AssayError as refused:
        outcome = f"{refused.status}: {refused}"
    took = time.process_time() - began
    return {
        "name": name, "mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, "cpu_s": took,
        "outcome": outcome,
    }  # fmt: skip


def main() -> None:
    """Measure all."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    fresh = multiprocessing.get_context("fork")
    for name in BODIES:
        with fresh.Pool(1) as one:
            print(json.dumps(one.apply(measure, (name,))), flush=True)


if __name__ == "__main__":
    main()
