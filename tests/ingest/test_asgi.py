"""The face for SDKs over a real web server: what is stored, and what is refused in which words."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import time
import zlib

import httpx
import pytest
from backports import zstd
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from backend.store.client import Store
from tests.ingest.payloads import FOLDER
from tests.ingest.rows import count, request
from tests.ingest.serving import Server

JSON = "application/json"
_DEEP = b'{"arrayValue":{"values":[' * 5000
_NESTED = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":' + _DEEP


def _message(answer: httpx.Response) -> str:
    if answer.headers["content-type"] == JSON:
        return str(answer.json()["message"])
    return str(Status.FromString(answer.content).message)


def test_success_means_safe_and_soon_stored(server: Server, store: Store) -> None:
    """Soon after the answer, which is bare, the spans are in the tables that pages read."""
    answer = server.post(request(5))
    assert (answer.status_code, answer.content) == (200, b"")
    assert count(store).spans == count(store).previews == 5


def test_a_retry_changes_no_number(server: Server, store: Store) -> None:
    """The same body three times counts once everywhere."""
    body = (FOLDER / "otel_genai/messages.protobuf.gz").read_bytes()
    assert server.post(body, content_encoding="gzip").status_code == 200
    once = count(store)
    for _ in range(2):
        assert server.post(body, content_encoding="gzip").status_code == 200
    assert count(store) == once
    assert once.tokens > 0


def test_absurd_times_do_not_double_on_retry(server: Server, store: Store) -> None:
    """A span from 1970 is stored once however often it is sent."""
    body = (FOLDER / "otel_edge/ancient.protobuf.gz").read_bytes()
    for _ in range(3):
        assert server.post(body, content_encoding="gzip").status_code == 200
    assert count(store).spans == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "identity"])
def test_encodings_are_read(server: Server, store: Store, encoding: str) -> None:
    """A body may come compressed or plain."""
    packers = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress, "identity": bytes}
    packed = packers[encoding](request(3))
    assert server.post(packed, content_encoding=encoding).status_code == 200
    assert count(store).spans == 3


def test_a_chunked_body_without_a_length_is_read(server: Server, store: Store) -> None:
    """OpenTelemetry's JavaScript exporters send no Content-Length."""
    body = (FOLDER / "otel_genai/messages.json").read_bytes()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": f"Bearer {server.secret}", "Content-Type": JSON}
    pieces = (body[place : place + 1000] for place in range(0, len(body), 1000))
    connection.request("POST", "/v1/traces", body=pieces, headers=headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (200, {})
    server.settle()
    assert count(store).spans == 21
    connection.close()


def test_both_forms_of_the_key_are_taken(server: Server, store: Store) -> None:
    """Bearer with the secret, and Basic with public and secret, lead to the key's own project."""
    basic = base64.b64encode(b"pk-two:sk-two").decode()
    assert server.post(request(2), authorization=f"Basic {basic}").status_code == 200
    assert (count(store, 1).spans, count(store, 2).spans) == (0, 2)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer wrong", "Bearer", "sk-three", "Basic !!!", "Basic " + base64.b64encode(b"pk-two:sk-one").decode(),
     "Basic " + base64.b64encode(b"sk-one").decode(), "Digest sk-one"],
)  # fmt: skip
def test_a_wrong_key_is_refused(server: Server, store: Store, authorization: str) -> None:
    """No key, an unknown one, or a secret under another's name: 401 in the request's encoding, nothing stored."""
    answer = server.post(request(1), authorization=authorization)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert "key" in _message(answer) or "base64" in _message(answer)
    assert "www-authenticate" in answer.headers
    assert count(store).spans == 0


def test_the_last_use_of_a_key_is_noted(server: Server) -> None:
    """Within a moment, so that people see which keys are in use."""
    assert server.post(request(1)).status_code == 200
    used = """
import django; django.setup()
from backend.projects.models import *
print(ApiKey.objects.get(public_key="pk-one").last_used_at)"""
    deadline = time.monotonic() + 5
    while server.run(used).strip() == "None":
        assert time.monotonic() < deadline


def test_the_good_spans_of_a_mixed_batch_are_kept(server: Server, store: Store) -> None:
    """Partial success names how many were refused and why, in both encodings."""
    answer = server.post(request(4, broken=3))
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, partial.rejected_spans) == (200, 3)
    assert "span id" in partial.error_message
    assert count(store).spans == 4
    one = {"traceId": "a" * 32, "spanId": "b" * 15, "name": "n", "startTimeUnixNano": "1795000000000000000"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}).encode()
    told = server.post(body, content_type=JSON).json()["partialSuccess"]
    assert told["rejectedSpans"] == "1"


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"", {}, 400, ["empty"]),
        (b"\xff\xff\xff", {}, 400, ["3 bytes", "protobuf", "ExportTraceServiceRequest"]),
        (b"{", {"content_type": JSON}, 400, ["JSON", "1 bytes"]),
        (b"[]", {"content_type": JSON}, 400, ["Expected `object`"]),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":3}]}]}]}', {"content_type": JSON}, 400,
         ["$.resourceSpans[0].scopeSpans[0].spans[0].name"]),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"x"}]}]}]}', {"content_type": JSON}, 400,
         ["startTimeUnixNano", "'x'"]),
        (b'{"resourceSpans":' * 100_000, {"content_type": JSON}, 400, ["Expected `array"]),
        (_NESTED, {"content_type": JSON}, 400, ["nested too deeply"]),
        (b"x", {"content_type": "text/plain"}, 415, ["text/plain", "application/x-protobuf"]),
        (b"x", {"content_type": ""}, 415, ["missing"]),
        (b"x", {"content_encoding": "br"}, 415, ["br", "gzip"]),
        (b"x" * 10, {"content_encoding": "gzip"}, 400, ["gzip", "10 bytes"]),
        (b"x" * 10, {"content_encoding": "zstd"}, 400, ["zstd", "10 bytes"]),
        (zstd.compress(b"x" * 3 * 2**20), {"content_encoding": "zstd"}, 413, ["2.0 MiB", "after decompression"]),
        (gzip.compress(b"x" * 1000)[:-9], {"content_encoding": "gzip"}, 400, ["middle"]),
        (b"x" * (2**21 + 1), {}, 413, ["2.0 MiB", "ASSAY_INGEST_BODY_LIMIT_MIB"]),
        (gzip.compress(b"\0" * 2**28), {"content_encoding": "gzip"}, 413,
         ["0.2 MiB", "2.0 MiB after decompression", "ASSAY_INGEST_BODY_LIMIT_MIB"]),
    ],
)  # fmt: skip
def test_bad_input_is_named(
    server: Server, body: bytes, headers: dict[str, str], status: int, words: list[str]
) -> None:
    """Each fault gets its own 4xx, whose words name the fault and, where there is one, the limit."""
    answer = server.post(body, **headers)
    assert answer.status_code == status
    for word in words:
        assert word in _message(answer)
    json_asked = headers.get("content_type", "application/x-protobuf") != "application/x-protobuf"
    assert answer.headers["content-type"] == (JSON if json_asked else "application/x-protobuf")


def test_only_post_is_served(server: Server) -> None:
    """A browser that looks at the address is told how it is used."""
    answer = httpx.get(f"{server.url}/v1/traces")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_hundred_thousand_attributes_are_survived(server: Server, store: Store) -> None:
    """A span with far too many attributes is stored with as many as the setting says."""
    message = ExportTraceServiceRequest.FromString(request(1))
    span = message.resource_spans[0].scope_spans[0].spans[0]
    for number in range(100_000):
        span.attributes.add(key=f"k{number}").value.int_value = 1
    assert server.post(message.SerializeToString()).status_code == 200
    assert count(store).spans == 1


def test_metrics_are_accepted_and_other_logs_are_said_to_be_rejected(server: Server) -> None:
    """What SDKs send unasked never makes them retry, and what is not stored is not passed off as stored."""
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "a"}, {"name": "b"}]}]}]}
    answer = server.post(json.dumps(metrics).encode(), "/v1/metrics", content_type=JSON)
    assert (answer.status_code, answer.json()) == (200, {})
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, {}, {}]}]}]}
    told = server.post(json.dumps(logs).encode(), "/v1/logs", content_type=JSON).json()["partialSuccess"]
    assert told["rejectedLogRecords"] == "3"
    assert "not about a model's call" in told["errorMessage"]
    assert server.post(b"", "/v1/logs").status_code == 200


def test_other_addresses_reach_the_pages(server: Server) -> None:
    """What is not for SDKs is passed on."""
    assert httpx.get(f"{server.url}/no-such-page", timeout=60).status_code in {302, 404}
