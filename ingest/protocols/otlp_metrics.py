"""OTLP metrics, which most SDKs send unasked."""

from __future__ import annotations

from typing import Any, ClassVar

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from backend.errors import AssayError
from ingest.otlp import answers, json, protobuf
from ingest.otlp.addresses import addresses
from ingest.protocols.base import Answer, Decoded, Protocol


class OtlpMetrics(Protocol):
    """OpenTelemetry metrics over HTTP: accepted and counted, not stored."""

    name = "otlp_metrics"
    paths: ClassVar[tuple[str, ...]] = addresses("metrics")

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Count the metrics."""
        answers.check_type(content_type)
        if content_type == answers.JSON:
            return Decoded(counted=json.count(body, "resourceMetrics", "scopeMetrics", "metrics"))
        request: Any = protobuf.parsed(ExportMetricsServiceRequest, body)
        return Decoded(
            counted=sum(len(scope.metrics) for one in request.resource_metrics for scope in one.scope_metrics)
        )

    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """Plain success: an exporter that is told of a loss logs a warning at every export."""
        return answers.accepted(ExportMetricsServiceResponse(), content_type, rejected, "rejected_data_points")

    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """A google.rpc.Status."""
        return answers.refused(content_type, error)
