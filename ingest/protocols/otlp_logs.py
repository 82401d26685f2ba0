"""OTLP logs, which carry message content in some modes of some SDKs."""

from __future__ import annotations

from typing import Any, ClassVar

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from backend.errors import AssayError
from ingest.otlp import answers, json, protobuf
from ingest.protocols.base import Answer, Decoded, Protocol

REASON = "log records: logs are not stored yet; send message content on spans (docs/ingest.md)"


class OtlpLogs(Protocol):
    """OpenTelemetry logs over HTTP: counted and, by OTLP's partial success, said to be rejected."""

    name = "otlp_logs"
    paths: ClassVar[tuple[str, ...]] = ("/v1/logs",)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Count the records."""
        answers.check_type(content_type)
        if content_type == answers.JSON:
            count = json.count(body, "resourceLogs", "scopeLogs", "logRecords")
        else:
            request: Any = protobuf.parsed(ExportLogsServiceRequest, body)
            count = sum(len(scope.log_records) for one in request.resource_logs for scope in one.scope_logs)
        return Decoded(rejected=[(REASON, count)] if count else [])

    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """Success with a count of what is not kept: an error would make SDKs retry or fall silent."""
        return answers.accepted(ExportLogsServiceResponse(), content_type, rejected, "rejected_log_records")

    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """A google.rpc.Status."""
        return answers.refused(content_type, error)
