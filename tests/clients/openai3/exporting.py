"""OpenTelemetry's exporters of spans and log records to the product, which the scripts here share."""

import os

from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_HEADERS = {"authorization": f"Bearer {os.environ['SECRET']}"}
WHO = {"session.id": "sess-42", "user.id": "user-7"}
spans, logs = TracerProvider(), LoggerProvider()
# At the end alone: that two spans tell one call shows where both come in one request.
spans.add_span_processor(
    BatchSpanProcessor(
        OTLPSpanExporter(os.environ["BASE_URL"] + "/v1/traces", headers=_HEADERS), schedule_delay_millis=60_000
    )
)
logs.add_log_record_processor(
    BatchLogRecordProcessor(OTLPLogExporter(os.environ["BASE_URL"] + "/v1/logs", headers=_HEADERS))
)
trace.set_tracer_provider(spans)
_logs.set_logger_provider(logs)


def turn():
    """A span around what the client does, which says who asks in which conversation."""
    return trace.get_tracer("shop").start_as_current_span("turn", attributes=WHO)


def end():
    """Send what waits."""
    logs.shutdown()
    spans.shutdown()
