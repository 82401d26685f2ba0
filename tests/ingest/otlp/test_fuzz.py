"""No body, however broken, does more than be refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.errors import AssayError
from backend.store.rows import span_rows
from ingest import body as bodies
from ingest import steps
from ingest.mapping.draft import table
from ingest.protocols.otlp_http import OtlpHttp
from ingest.protocols.otlp_logs import OtlpLogs
from ingest.protocols.otlp_metrics import OtlpMetrics
from tests.ingest.fuzzed import bent, stored
from tests.ingest.payloads import FOLDER, plain

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_NAMES = [*table().rules, *(f"{prefix}0.{rest}" for prefix in table().prefixes for rest in
          ("message.role", "message.content", "message.tool_calls.0.tool_call.function.name", "document.score",
           "embedding.vector", "message", "0", "x.y.z", ""))]  # fmt: skip
_ROUNDS = settings(max_examples=150, deadline=None)


def _texts(rows: bytes) -> set[str]:
    """All characters of all values, as a reader of the rows sees them."""
    found: set[str] = set()
    waiting: list[Any] = [json.loads(line) for line in rows.splitlines()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.update(value)
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend([*value, *value.values()])
    return found


def _take(body: bytes, content_type: str) -> None:
    """Decode, step and encode; only our own errors may come out."""
    try:
        kept, _ = steps.run(OtlpHttp().decode(body, content_type).spans)
    except AssayError as refused:
        assert 400 <= refused.status < 500
        assert str(refused)
    else:
        rows = span_rows(1, kept)
        assert rows.text.count(b"\n") == rows.count
        assert "\x00" not in _texts(rows.text)


@_ROUNDS
@given(some.binary(max_size=400))
def test_noise_is_refused_or_read(body: bytes) -> None:
    """Random bytes crash neither encoding, of spans, of logs or of metrics."""
    for encoding in (PROTOBUF, JSON):
        _take(body, encoding)
        _take_aside(body, encoding)


def _take_aside(body: bytes, content_type: str) -> None:
    """Decode as logs and as metrics; what comes out can be stored or is refused by us."""
    for protocol in (OtlpLogs(), OtlpMetrics()):
        try:
            decoded = protocol.decode(body, content_type)
        except AssayError as refused:
            assert 400 <= refused.status < 500
        else:
            stored(decoded)


def _logs(pairs: list[tuple[str, Any]], text: Any, at: int) -> bytes:
    record = {
        "timeUnixNano": str(at), "traceId": "A" * 32, "spanId": "b" * 16, "eventName": pairs[0][0] if pairs else "",
        "body": _wire(text), "attributes": [{"key": key, "value": _wire(value)} for key, value in pairs],
    }  # fmt: skip
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()


_PAYLOADS = [plain(FOLDER / "openinference/openai.protobuf"), plain(FOLDER / "otel_genai/messages.json")]


@_ROUNDS
@given(some.sampled_from(_PAYLOADS), some.data())
def test_a_damaged_body_is_refused_or_read(payload: tuple[bytes, str], data: some.DataObject) -> None:
    """Real bodies with bytes changed, cut out or put in crash nothing."""
    body = bytearray(payload[0])
    for _ in range(data.draw(some.integers(1, 6))):
        place = data.draw(some.integers(0, len(body) - 1))
        body[place : place + data.draw(some.integers(0, 3))] = data.draw(some.binary(max_size=3))
    _take(bytes(body), payload[1])


_TEXTS = some.text(some.characters(codec=None), max_size=12)
_SURROGATES = some.sampled_from(
    ["\ud83d", "a\x00b", "[", '{"', '[{"role":1}]', "null", "[[[]]]", '{"parts":[{}]}', "1e999"]
)
_PLAIN = some.one_of(
    _TEXTS, _SURROGATES, some.integers(-(2**70), 2**70), some.floats(), some.booleans(), some.none()
)  # fmt: skip
_TREES = some.recursive(
    _PLAIN, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3)
)
_MESSAGES = _TREES.map(json.dumps)


def _wire(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": str(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_wire(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": _wire(item)} for key, item in value.items()]}}
    return {} if value is None else {"stringValue": value}


@_ROUNDS
@given(
    some.lists(some.tuples(some.sampled_from(_NAMES) | some.text(max_size=6), _TREES | _MESSAGES), max_size=12),
    some.integers(-(2**66), 2**66), some.integers(-(2**66), 2**66), some.text(max_size=5),
)  # fmt: skip
@example([("embedding.embeddings.0.embedding.vector", 0)], 1, 2, "a vector that is a number")
def test_any_value_under_any_name_is_read(pairs: list[tuple[str, Any]], start: int, end: int, name: str) -> None:
    """Whatever a client puts under the names we know, a span comes out that can be stored."""
    span = {
        "traceId": "A" * 32, "spanId": "b" * 16, "name": name, "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end), "attributes": [{"key": key, "value": _wire(value)} for key, value in pairs],
        "events": [{"name": "gen_ai.user.message", "attributes": [{"key": k, "value": _wire(v)} for k, v in pairs]}],
    }  # fmt: skip
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    kept, refused = steps.run(OtlpHttp().decode(body, JSON).spans)
    assert (len(kept), refused) == (1, [])
    assert "\x00" not in _texts(span_rows(1, kept).text)


_LOGGED = some.sampled_from([
    "event.name", "gen_ai.user.message", "gen_ai.choice", "gen_ai.evaluation.result", "gen_ai.input.messages",
    "gen_ai.client.inference.operation.details", "gen_ai.evaluation.name", "gen_ai.evaluation.score.value",
    "gen_ai.evaluation.score.label", "gen_ai.system_instructions",
])  # fmt: skip


@_ROUNDS
@given(
    some.lists(some.tuples(_LOGGED | some.text(max_size=6), _TREES | _MESSAGES | _LOGGED), max_size=8),
    _TREES, some.integers(-(2**66), 2**66),
)  # fmt: skip
def test_any_log_record_is_read(pairs: list[tuple[str, Any]], text: Any, at: int) -> None:
    """Whatever stands in a log record, content that can be stored comes out, a count, or a refusal."""
    _take_aside(_logs(pairs, text, at), JSON)


@_ROUNDS
@given(some.data())
def test_any_value_at_any_place_of_a_request_is_survived(data: some.DataObject) -> None:
    """Lists where objects belong, texts where numbers do: in spans, logs and metrics."""
    whole = json.loads(_logs([("gen_ai.choice", "x")], {"message": {"content": "x"}}, 1))
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "sum": {"dataPoints": []}}]}]}]}
    _take_aside(bent(data.draw(some.sampled_from([whole, metrics])), data), JSON)


@_ROUNDS
@given(some.binary(max_size=300), some.sampled_from(["gzip", "deflate", "", "identity", "br", "zstd"]))
def test_decompression_ends_in_a_body_or_a_refusal(body: bytes, encoding: str) -> None:
    """Noise that calls itself compressed is refused, and nothing is larger than the limit."""
    try:
        assert len(bodies.decompress(body, encoding, 1000)) <= 1000
    except AssayError as refused:
        assert refused.status in {400, 413, 415}


def test_deep_values_are_survived() -> None:
    """JSON nested a thousand levels deep, under names that are parsed, ends in a span or a refusal."""
    deep = "[" * 100_000
    closed = "[" * 5000 + "]" * 5000
    for text in (deep, closed, '{"parts":' * 3000 + "1" + "}" * 3000):
        request = ExportTraceServiceRequest()
        span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"a" * 16, span_id=b"b" * 8)
        for name in ("gen_ai.input.messages", "gen_ai.system_instructions", "gen_ai.retrieval.documents",
                     "llm.invocation_parameters", "retrieval.documents.0.document.metadata"):  # fmt: skip
            span.attributes.add(key=name).value.string_value = text
        _take(request.SerializeToString(), PROTOBUF)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.gz")), ids=lambda path: path.name)
def test_every_captured_edge_is_read(path: Any) -> None:
    """NUL, surrogates, odd types, broken JSON: real clients sent them, and each gives its span."""
    kept, refused = steps.run(OtlpHttp().decode(*plain(path)).spans)
    assert kept
    assert refused == []
