"""Plays planned conversations through the real OpenTelemetry SDK to a real OTLP endpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Span, Status, StatusCode

from backend.errors import AssayError
from backend.telemetry import semconv
from ingest.sample.outline import digest
from ingest.sample.script import Conversation, Turn
from ingest.sample.spans import Sketch, child, root
from ingest.sample.texts import shop

BATCH_SPANS: Final = 500  # about 3 MB before compression
_TIMEOUT_S: Final = 60  # the exporter tries again within it when the endpoint is busy
_EXPORTER_LOG: Final = logging.getLogger("opentelemetry.exporter.otlp.proto.http")

Progress = Callable[[int, int], None]


def _in_silence(done: int, total: int) -> None:
    """Tell nobody."""


class SampleRefused(AssayError):
    """The endpoint did not take the sample project's spans."""

    code = "sample_refused"


def play(plan: Sequence[Conversation], endpoint: str, key: str, on_progress: Progress = _in_silence) -> int:
    """Send conversations and return the number of spans.

    Args:
        plan: what ``plan`` made.
        endpoint: address of Assay without the path.
        key: secret key of the project.
        on_progress: told after each conversation how many are done and how many there are.

    Raises:
        SampleRefused: a batch was not taken; the message says why.
    """
    with Player(endpoint, key) as player:
        for done, conversation in enumerate(plan, start=1):
            for turn in conversation.turns:
                player.play(conversation, turn)
            on_progress(done, len(plan))
    return player.sent


class Player:
    """An OpenTelemetry SDK that replays turns at the times and with the ids of the plan.

    Args:
        endpoint: address of Assay without the path.
        key: secret key of the project.
        batch_spans: how many spans travel together.
    """

    def __init__(self, endpoint: str, key: str, batch_spans: int = BATCH_SPANS) -> None:
        self._outbox = _Outbox(endpoint, key, batch_spans)
        self._ids = _PlannedIds()
        self._tracers: dict[tuple[str, str], trace.Tracer] = {}

    @property
    def sent(self) -> int:
        """How many spans the endpoint has taken."""
        return self._outbox.sent

    def play(self, conversation: Conversation, turn: Turn) -> None:
        """Make the spans of a turn, children before the root as a live program would."""
        self._ids.begin(turn.trace_id)
        tracer = self._tracer(conversation.environment, conversation.release)
        top = root(conversation, turn)
        span = _start(tracer, top, Context())
        inside = trace.set_span_in_context(span, Context())
        for step in turn.steps:
            sketch = child(conversation, step)
            _end(_start(tracer, sketch, inside), sketch)
        _end(span, top)

    def flush(self) -> None:
        """Send what waits."""
        self._outbox.send()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self._outbox.close()

    def _tracer(self, environment: str, release: str) -> trace.Tracer:
        """One provider an environment and release, as each would be a process of its own."""
        if (environment, release) not in self._tracers:
            resource = Resource.create(
                {
                    semconv.SERVICE_NAME: shop().setting.agent,
                    semconv.SERVICE_VERSION: release,
                    semconv.DEPLOYMENT_ENVIRONMENT_NAME: environment,
                    SERVICE_INSTANCE_ID: digest("instance", environment, release)[:12],  # the SDK would draw one
                }
            )
            provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
            provider.add_span_processor(self._outbox)
            self._tracers[environment, release] = provider.get_tracer("larkfell.agent", release)
        return self._tracers[environment, release]


def span_id(trace_id: str, number: int) -> str:
    """Id of a turn's span; number 0 is the root, the steps follow in order."""
    return digest("span", trace_id, str(number))[:16]


def _start(tracer: trace.Tracer, sketch: Sketch, context: Context) -> Span:
    return tracer.start_span(
        sketch.name, context, sketch.kind, attributes=dict(sketch.attributes), start_time=sketch.started_ns
    )


def _end(span: Span, sketch: Sketch) -> None:
    if failure := sketch.failure:
        span.set_attribute(semconv.ERROR_TYPE, failure.error_type)
        span.set_status(Status(StatusCode.ERROR, failure.message))
        event = {semconv.EXCEPTION_TYPE: failure.exception, semconv.EXCEPTION_MESSAGE: failure.message}
        span.add_event(semconv.EXCEPTION_EVENT, event, timestamp=sketch.ended_ns)
    span.end(sketch.ended_ns)


class _PlannedIds(IdGenerator):
    """Hands out the ids of the plan, so that playing it again sends the same spans."""

    def begin(self, trace_id: str) -> None:
        """Turn to the next trace."""
        self._trace_id = trace_id
        self._spans = 0

    def generate_trace_id(self) -> int:
        return int(self._trace_id, 16)

    def generate_span_id(self) -> int:
        number, self._spans = self._spans, self._spans + 1
        return int(span_id(self._trace_id, number), 16)


class _Outbox(SpanProcessor):
    """Collects ended spans of all providers and sends them in large batches, seeing to it that they arrive."""

    def __init__(self, endpoint: str, key: str, batch_spans: int) -> None:
        self._url = f"{endpoint.rstrip('/')}/v1/traces"
        self._exporter = OTLPSpanExporter(
            endpoint=self._url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=_TIMEOUT_S,
            compression=Compression.Gzip,
        )
        self._batch_spans = batch_spans
        self._waiting: list[ReadableSpan] = []
        self._why = _LastWords()
        _EXPORTER_LOG.addHandler(self._why)
        self.sent = 0

    def on_end(self, span: ReadableSpan) -> None:
        self._waiting.append(span)
        if len(self._waiting) >= self._batch_spans:
            self.send()

    def send(self) -> None:
        """Send what waits; raises SampleRefused where the endpoint does not take it."""
        if not self._waiting:
            return
        if self._exporter.export(self._waiting) is not SpanExportResult.SUCCESS:
            raise SampleRefused(
                f"{self._url} did not take {len(self._waiting)} spans after {self.sent} others: "
                f"{self._why.text or 'no reason given'}; playing again with the same seed sends the same ids"
            )
        self.sent += len(self._waiting)
        self._waiting = []

    def close(self) -> None:
        """Let go of the connection."""
        _EXPORTER_LOG.removeHandler(self._why)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped


class _LastWords(logging.Handler):
    """Keeps the exporter's last complaint: its result says only that it failed."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()
