"""Files of the OpenTelemetry Collector: spans, log records and metrics, in either encoding, compressed or not."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from django.core.management import CommandError, call_command
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.store.client import Store
from backend.store.query import Query
from ingest.imports.records import form_of
from tests.conftest import Cast
from tests.ingest.otlp.clients import SENT
from tests.ingest.wire.captured import requests

_KINDS: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest, "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    input_text: str
    output_text: str


_CALLS = Query(
    "test_dumped_calls",
    "SELECT input_text, output_text FROM span FINAL WHERE project_id = {project_id:UInt32} AND operation = 'chat'"
    " AND status != 'error' ORDER BY start_time",
    _Row,
)


def _metrics() -> bytes:
    """Two metrics whose name is as long as a trace's id, which they must not be taken for."""
    request = ExportMetricsServiceRequest()
    for _ in range(2):
        metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="gen_ai.tokens.ab")
        metric.gauge.data_points.add(as_int=3, time_unix_nano=1_795_000_000 * 10**9)
    assert len(metric.name) == 16
    return request.SerializeToString()


def _messages() -> list[tuple[str, bytes]]:
    """A real application's export in event mode, whose content comes as log records, and metrics."""
    sent = [(request.path, request.body) for request in requests("otel_genai_new-event", SENT)]
    return [*sent, ("/v1/metrics", _metrics())]


def _as_json(path: str, body: bytes) -> bytes:
    """What the Collector writes: JSON of OTLP, whose ids are hexadecimal."""

    def mended(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: _hex(item) if name.endswith("Id") and isinstance(item, str) else mended(item)
                    for name, item in value.items()}  # fmt: skip
        return [mended(item) for item in value] if isinstance(value, list) else value

    return json.dumps(mended(MessageToDict(_KINDS[path].FromString(body)))).encode()


def _hex(text: str) -> str:
    return base64.b64decode(text).hex()


def _sized(messages: list[bytes]) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in messages)


def _written(how: str) -> bytes:
    told = _messages()
    lines = b"\n".join(_as_json(path, body) for path, body in told)
    return {
        "protobuf": lambda: _sized([body for _, body in told]),
        "protobuf zstd": lambda: _sized([zstd.compress(body) for _, body in told]),
        "json": lambda: lines,
        "json zstd": lambda: _sized([zstd.compress(line) for line in lines.split(b"\n")]),
        "json in one zstd": lambda: zstd.compress(lines),
        "json in one gzip": lambda: gzip.compress(lines),
    }[how]()


def _import(file: Path) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import", str(file), "--project", "acme", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    "how", ["protobuf", "protobuf zstd", "json", "json zstd", "json in one zstd", "json in one gzip"]
)
def test_a_dump_of_all_signals_comes_in(store: Store, cast: Cast, tmp_path: Path, how: str) -> None:
    """Spans are stored with the content that stands in log records; metrics are counted and said."""
    file = tmp_path / "dump"
    file.write_bytes(_written(how))
    assert form_of(file) == ("otlp" if how in {"json", "json in one zstd", "json in one gzip"} else "otlp-protobuf")
    said, _ = _import(file)
    assert "0 bad lines" in said
    assert "2 metrics and the like that are not stored" in said
    calls = store.fetch(_CALLS, project_id=cast.project.pk)
    assert len(calls) >= 5
    assert {call.input_text[:14] for call in calls} >= {"Context: Refun"}
    assert sum(call.output_text.startswith("Your order A-1001 ships tomorrow") for call in calls) >= 3
    _import(file)
    assert store.fetch(_CALLS, project_id=cast.project.pk) == calls


def test_other_log_records_are_said(cast: Cast, tmp_path: Path) -> None:
    """Lines of a log that tell of no model's call are not stored, and not passed over in silence."""
    record = {"timeUnixNano": "1795000000000000000", "body": {"stringValue": "started"}}
    file = tmp_path / "dump.json"
    file.write_text(json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record, record]}]}]}))
    assert form_of(file) == "otlp"
    said, told = _import(file)
    assert "1 bad lines" in said
    assert "line 1: 2 log records that are not about a model's call" in told


@pytest.mark.parametrize("cut", [20, -5])
def test_a_damaged_zstd_is_said(cast: Cast, tmp_path: Path, cut: int) -> None:
    """Wherever it ends."""
    for name, content in (("whole", zstd.compress(_written("json"))), ("each", _written("protobuf zstd"))):
        file = tmp_path / name
        file.write_bytes(content[:cut])
        with pytest.raises(CommandError, match=r"damaged|ends in the middle|are imported"):
            _import(file)


def test_what_is_no_request_is_said(cast: Cast, tmp_path: Path) -> None:
    """A line of a dump that holds nothing of OTLP's."""
    file = tmp_path / "dump.json"
    file.write_text('{"resourceSpans": []}\n{"resourceSpans": [], "resourceLogs": []}\n{}\n[1\n')
    said, told = _import(file)
    assert "3 bad lines" in said
    assert "line 2: no OTLP request" in told
    assert "line 4: no JSON" in told
