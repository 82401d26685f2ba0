"""OTLP as files: what the OpenTelemetry Collector's file exporter writes, or the bodies of requests."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from backend.errors import BadRequest
from ingest.imports.forms.base import Form
from ingest.mapping.values import from_json
from ingest.otlp.answers import JSON, PROTOBUF
from ingest.protocols.base import Decoded, Protocol
from ingest.protocols.otlp_http import OtlpHttp
from ingest.protocols.otlp_logs import OtlpLogs
from ingest.protocols.otlp_metrics import OtlpMetrics

_SIGNALS: Final[dict[str, type[Protocol]]] = {
    "resourceSpans": OtlpHttp, "resourceLogs": OtlpLogs, "resourceMetrics": OtlpMetrics,
}  # fmt: skip
_ID: Final = 16


class OtlpJson(Form):
    """OTLP requests in JSON, one a line: spans, log records, metrics."""

    name = "otlp"
    order = 10

    def knows(self, told: dict[str, Any]) -> bool:
        """By its resources."""
        return any(isinstance(told.get(name), list) for name in _SIGNALS)

    def decoded(self, record: bytes) -> Decoded:
        """Read one request."""
        try:
            told = from_json(record)
        except ValueError as fault:
            raise BadRequest(f"no JSON: {str(fault)[:200]}") from None
        signals = _SIGNALS.keys() & told.keys() if isinstance(told, dict) else set()
        if len(signals) != 1:
            raise BadRequest(f"no OTLP request: an object with one of {', '.join(_SIGNALS)}")
        return _SIGNALS[signals.pop()]().decode(record, JSON)


class OtlpProtobuf(Form):
    """OTLP requests in protobuf: one, or many with their lengths before them, which may be JSON too."""

    name = "otlp-protobuf"

    def knows(self, told: dict[str, Any]) -> bool:
        """Never by an object: a file that is no text is of this form."""
        return False

    def decoded(self, record: bytes) -> Decoded:
        """Read one request."""
        if record.lstrip()[:1] == b"{":
            return OtlpJson().decoded(record)
        return _signal(record)().decode(record, PROTOBUF)


def _signal(record: bytes) -> type[Protocol]:
    """What a request holds: nothing says so, but only spans begin with an id of 16 bytes, and only records with a time.

    Where none fits they are taken for spans, which are then refused with the reason.
    """
    traces: Any = _read(ExportTraceServiceRequest, record)
    spans = (span for one in traces.resource_spans for scope in one.scope_spans for span in scope.spans)
    if any(len(span.trace_id) == _ID and span.start_time_unix_nano for span in spans):
        return OtlpHttp
    logs: Any = _read(ExportLogsServiceRequest, record)
    told = (one for group in logs.resource_logs for scope in group.scope_logs for one in scope.log_records)
    if any(one.time_unix_nano or one.observed_time_unix_nano for one in told):
        return OtlpLogs
    metrics: Any = _read(ExportMetricsServiceRequest, record)
    counts = (one for group in metrics.resource_metrics for scope in group.scope_metrics for one in scope.metrics)
    return OtlpMetrics if any(one.WhichOneof("data") for one in counts) else OtlpHttp


def _read(kind: type[Message], record: bytes) -> Message:
    """The request; an empty one where it is none of this kind."""
    try:
        return kind.FromString(record)
    except DecodeError:
        return kind()
