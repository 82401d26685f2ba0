"""OTLP logs, which carry message content in some modes of some SDKs."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from backend.errors import AssayError
from backend.telemetry import semconv as sc
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from ingest import bounds
from ingest.otlp import answers, log_records
from ingest.otlp.addresses import addresses
from ingest.protocols.base import Answer, Decoded, Protocol
from ingest.wire import otlp_content

NO_CONTENT: Final = "log records that are not about a model's call"
NO_SPAN: Final = "log records without the trace and span they belong to"
NO_FINDING: Final = "evaluation results without a name or a score"


class OtlpLogs(Protocol):
    """OpenTelemetry logs over HTTP: content of model calls and evaluations; other logs are said to be rejected."""

    name = "otlp_logs"
    paths: ClassVar[tuple[str, ...]] = addresses("logs")

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read an ExportLogsServiceRequest."""
        answers.check_type(content_type)
        read = log_records.from_json if content_type == answers.JSON else log_records.from_protobuf
        rejected: Counter[str] = Counter()
        parts: list[WirePart] = []
        scores: list[Score] = []
        for place, record in enumerate(read(body)):
            bounds.check_items(place + 1, "log records")
            if not otlp_content.has_content(record):
                rejected[NO_CONTENT] += 1
            elif not record.trace_id.strip("0") or not record.span_id.strip("0"):
                rejected[NO_SPAN] += 1
            elif record.event != sc.GEN_AI_EVENT_EVALUATION:
                parts.append(otlp_content.part_of(record, place))
            elif (score := otlp_content.score_of(record)) is not None:
                scores.append(score)
            else:
                rejected[NO_FINDING] += 1
        return Decoded(parts=parts, scores=scores, rejected=list(rejected.items()))

    def accept(self, content_type: str, rejected: list[tuple[str, int]]) -> Answer:
        """Success with a count of what is not kept: an error would make SDKs retry or fall silent."""
        return answers.accepted(ExportLogsServiceResponse(), content_type, rejected, "rejected_log_records")

    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """A google.rpc.Status."""
        return answers.refused(content_type, error)
