"""Content in log records finds its span, whichever comes first."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import Any

import pytest

from backend.errors import BadRequest
from backend.store.client import Store
from backend.store.query import Query
from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.message import load_messages
from ingest.protocols.otlp_http import OtlpHttp
from ingest.protocols.otlp_logs import NO_CONTENT, NO_FINDING, NO_SPAN, OtlpLogs
from ingest.protocols.otlp_metrics import OtlpMetrics
from tests.ingest.otlp.clients import SENT, spans
from tests.ingest.serving import Server
from tests.ingest.wire.captured import outcome, requests, spans_of

_JSON = "application/json"
_TRACE, _SPAN = "a1" * 16, "b2" * 8


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": _value(item)} for key, item in value.items()]}}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _logs(*records: dict[str, Any]) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def _record(event: str, body: Any = None, span: str = _SPAN, **attributes: Any) -> dict[str, Any]:
    pairs = [{"key": key.replace("__", "."), "value": _value(value)} for key, value in attributes.items()]
    told = {"traceId": _TRACE, "spanId": span, "eventName": event, "timeUnixNano": "5", "attributes": pairs}
    return told if body is None else told | {"body": _value(body)}


def _bare_span(span: str = _SPAN, **attributes: str) -> bytes:
    said = {"gen_ai.operation.name": "chat"} | {key.replace("__", "."): value for key, value in attributes.items()}
    told = {
        "traceId": _TRACE,
        "spanId": span,
        "name": "chat m",
        "startTimeUnixNano": "1795000000000000000",
        "endTimeUnixNano": "1795000001000000000",
        "attributes": [{"key": key, "value": _value(value)} for key, value in said.items()],
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [told]}]}]}).encode()


_ASKED = _record("gen_ai.user.message", {"content": "why?"})
_ANSWERED = _record("gen_ai.choice", {"finish_reason": "stop", "message": {"role": "assistant", "content": "because"}})


@pytest.mark.parametrize("client", ["otel_genai_new-event", "otel_genai_v2-event", "otel_genai_v2-legacy"])
def test_every_call_that_answered_has_its_messages(client: str) -> None:
    """With content only in log records, no chat is left without what was asked and answered."""
    chats = [
        span for span in spans(client) if span.operation == op.CHAT and span.scope_name != "com.anthropic.sdk.python"
    ]
    assert len(chats) >= 5
    for span in chats:
        assert load_messages(span.input_messages)[-1].role in {"user", "tool"}
        assert span.status == "error" or load_messages(span.output_messages)[0].role == "assistant"


@pytest.mark.parametrize("client", ["otel_genai_new-event", "otel_genai_v2-legacy"])
def test_order_and_repetition_change_nothing(client: str) -> None:
    """Records before spans, spans before records, twice: the same spans."""
    parts = [part for request in requests(client, SENT) for part in request.decoded().parts]
    wanted = sorted(spans_of(parts), key=lambda span: span.span_id)
    assert wanted
    for seed in range(3):
        mixed = parts * 2
        random.Random(seed).shuffle(mixed)
        assert sorted(spans_of(mixed), key=lambda span: span.span_id) == wanted


def test_content_on_the_span_is_not_told_again() -> None:
    """A client that sends content on the span and in records gets its spans once."""
    found = outcome("openlit", SENT)
    names = [(span.trace_id, span.span_id) for span in found.spans]
    assert len(names) == len(set(names))


def test_a_record_in_the_callers_span_is_found_by_the_response_it_names() -> None:
    """Only where exactly one bare span of the trace has that response."""
    said = '[{"role":"assistant","parts":[{"type":"text","content":"yes"}]}]'
    record = _record(sc.GEN_AI_EVENT_DETAILS, span="c3" * 8, gen_ai__response__id="r1", gen_ai__output__messages=said)
    logs = OtlpLogs().decode(_logs(record), _JSON).parts
    one = OtlpHttp().decode(_bare_span(gen_ai__response__id="r1"), _JSON).parts
    other = OtlpHttp().decode(_bare_span("d4" * 8, gen_ai__response__id="r1"), _JSON).parts
    assert [span.output_text for span in spans_of([*logs, *one])] == ["yes"]
    assert spans_of([*logs, *one, *other]) == []


def test_an_evaluation_result_becomes_a_score() -> None:
    """With its number, word and reason, and what it is about."""
    record = _record(
        sc.GEN_AI_EVENT_EVALUATION,
        gen_ai__evaluation__name="relevance",
        gen_ai__evaluation__score__value=0.5,
        gen_ai__evaluation__score__label="partly",
        gen_ai__evaluation__explanation="one of two",
    )
    (score,) = OtlpLogs().decode(_logs(record), _JSON).scores
    assert (score.name, score.value, score.label, score.explanation) == ("relevance", 0.5, "partly", "one of two")
    assert (score.trace_id, score.span_id) == (_TRACE, _SPAN)


def test_what_is_not_kept_is_counted_by_reason() -> None:
    """Lines of a log, records without a span, evaluations that found nothing."""
    homeless = _ASKED | {"traceId": "", "spanId": ""}
    found = OtlpLogs().decode(_logs(_record(""), homeless, _record(sc.GEN_AI_EVENT_EVALUATION), _ASKED), _JSON)
    assert found.rejected == [(NO_CONTENT, 1), (NO_SPAN, 1), (NO_FINDING, 1)]
    assert len(found.parts) == 1


@dataclass(frozen=True, slots=True)
class _Row:
    input_text: str
    output_text: str


_TEXTS = Query(
    "test_content",
    "SELECT input_text, output_text FROM span FINAL WHERE project_id = {project_id:UInt32}"
    " AND trace_id = {trace_id:String} AND span_id = {span_id:String}",
    _Row,
)


def test_logs_before_their_span_are_joined_in_the_store(server: Server, store: Store) -> None:
    """Over a real server: the messages are there soon after the span came, and a resend of the span keeps them."""
    assert server.post(_logs(_ASKED, _ANSWERED), "/v1/logs", content_type=_JSON).json() == {}
    wanted = {"project_id": 1, "trace_id": _TRACE, "span_id": _SPAN}
    for _ in range(2):
        assert server.post(_bare_span(), content_type=_JSON).status_code == 200
        deadline = time.monotonic() + 20
        while store.fetch(_TEXTS, **wanted) != [_Row("why?", "because")] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert store.fetch(_TEXTS, **wanted) == [_Row("why?", "because")]


def test_a_stream_that_logfire_tells_twice_is_one_call() -> None:
    """The log that has the answer is the call, as long as its stream; the span that ended before is a plain step."""
    found = spans("logfire")
    logs = [span for span in found if span.name.startswith("streaming response")]
    assert len(logs) == 3
    assert all(span.operation == op.CHAT and span.output_text and span.cost_usd for span in logs)
    took = [(span.end_time - span.start_time) / 1e9 for span in logs]
    assert took == pytest.approx([float(span.attributes["duration"]) for span in logs], abs=1e-6)
    opened = [
        span for span in found if span.scope_name in {"logfire.openai", "logfire.anthropic"} and not span.operation
    ]
    assert len(opened) == 3
    assert all(span.input_messages and not span.input_text for span in opened)
    calls = [span for span in found if span.scope_name.startswith("logfire.") and span.operation == op.CHAT]
    assert all(span.output_messages or span.status == "error" for span in calls)


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        (OtlpHttp, {"resource_spans": [{"scope_spans": []}]}), (OtlpHttp, {"resourceLogs": []}),
        (OtlpLogs, {"resourceSpans": []}), (OtlpLogs, {"logs": ["a"]}), (OtlpMetrics, {"resource_metrics": [{}]}),
    ],
)  # fmt: skip
def test_what_stands_under_another_name_is_no_success(
    protocol: type[OtlpHttp | OtlpLogs | OtlpMetrics], told: dict[str, Any]
) -> None:
    """It would be lost; an empty request, and one whose list is empty, hold nothing that could be."""
    with pytest.raises(BadRequest, match=f"but {next(iter(told))}"):
        protocol().decode(json.dumps(told).encode(), "application/json")
    name = {OtlpHttp: "resourceSpans", OtlpLogs: "resourceLogs", OtlpMetrics: "resourceMetrics"}[protocol]
    for nothing in ({}, {name: []}, {name: None}):
        decoded = protocol().decode(json.dumps(nothing).encode(), "application/json")
        assert (decoded.spans, decoded.parts, decoded.rejected, decoded.counted) == ([], [], [], 0)
