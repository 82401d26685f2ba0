"""OTLP over HTTP: what OpenTelemetry SDKs and collectors send."""

from __future__ import annotations

from typing import ClassVar

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from backend.errors import AssayError, BadRequest
from ingest.otlp import answers, asides, json, protobuf
from ingest.otlp.addresses import addresses
from ingest.protocols.base import Answer, Decoded, Protocol
from ingest.wire import otlp_content


class OtlpHttp(Protocol):
    """OpenTelemetry traces over HTTP, in protobuf or JSON."""

    name = "otlp_http"
    paths: ClassVar[tuple[str, ...]] = addresses("traces")

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read an ExportTraceServiceRequest."""
        answers.check_type(content_type)
        if not body:
            raise BadRequest(
                "body is empty: an OTLP request without spans is a client's fault, or a proxy that lost the body"
                " of a chunked request"
            )
        spans = (json if content_type == answers.JSON else protobuf).spans(body, self.name)
        steps, scores, announced = asides.parted(spans)
        return Decoded(steps, parts=otlp_content.bare_spans(steps), scores=scores, counted=announced)

    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """An ExportTraceServiceResponse, with partial success where spans were rejected."""
        return answers.accepted(ExportTraceServiceResponse(), content_type, rejected, "rejected_spans")

    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """A google.rpc.Status."""
        return answers.refused(content_type, error)
