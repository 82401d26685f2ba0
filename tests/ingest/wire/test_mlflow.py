"""MLflow's tracing with a tracking server: what its SDK sends comes out as the OTLP of others does."""

from __future__ import annotations

import json

import pytest

from backend.errors import BadRequest
from backend.telemetry import operation as op
from ingest.protocols.base import Request
from ingest.protocols.mlflow_traces import MlflowAssessment, MlflowSpans, MlflowTrace
from ingest.wire.mlflow import span_part, trace_of
from tests.ingest.wire.captured import outcome, spans_of


def test_a_trace_has_its_calls_with_numbers_and_who_asked() -> None:
    """Session and user stand in one message, the spans in another: each span has both."""
    found = outcome("mlflow")
    assert found.rejected == []
    told = [span for span in found.spans if span.conversation_id]
    assert {(span.conversation_id, span.user_id) for span in told} == {("sess-42", "user-7")}
    assert {span.operation for span in told} == {
        op.INVOKE_WORKFLOW,
        op.EMBEDDINGS,
        op.RETRIEVAL,
        op.CHAT,
        op.EXECUTE_TOOL,
    }
    chats = [span for span in told if span.operation == op.CHAT]
    assert {span.response_model for span in chats} == {"gpt-4o-mini-2024-07-18"}
    assert {(span.uncached_input_tokens, span.cached_input_tokens, span.visible_output_tokens) for span in chats} == {
        (56, 64, 30)
    }
    assert all(span.cost_usd for span in chats)
    assert any(span.output_text.startswith("Your order A-1001 ships tomorrow") for span in chats)
    assert any("Refunds take 5 days" in span.documents for span in told if span.operation == op.RETRIEVAL)
    roots = [span for span in told if not span.parent_span_id]
    assert {span.attributes["mlflow.tag.env"] for span in roots} == {"staging"}
    assert all(span.parent_span_id in {root.span_id for root in roots} for span in told if span not in roots)


def test_failures_and_feedback_are_kept() -> None:
    """The fake model refuses one call; a person's thumb is a score of the trace."""
    found = outcome("mlflow")
    failed = [span for span in found.spans if span.status == "error" and span.operation == op.CHAT]
    assert [span.request_model for span in failed] == ["fail-400"]
    (score,) = found.scores
    assert (score.name, score.value, score.explanation) == ("user-feedback", 1.0, "thumbs up")
    assert score.trace_id in {span.trace_id for span in found.spans}


def test_spans_may_come_before_their_trace() -> None:
    """They are shown, and get the session when it comes; ids in hexadecimal are read as well."""
    trace_id = "ab" * 16
    part = span_part(trace_id, {"span_id": "0x" + "1" * 16, "name": "turn", "start_time": 10, "end_time": 20}, 1)
    assert part is not None
    (span,) = spans_of([part])
    assert (span.trace_id, span.span_id, span.start_time, span.conversation_id) == (trace_id, "1" * 16, 10, "")
    body = {"trace": {"trace_info": {"trace_id": f"tr-{trace_id}", "trace_metadata": {"mlflow.trace.session": "c1"}}}}
    decoded = MlflowTrace().decode(json.dumps(body).encode(), "application/json")
    (span,) = spans_of([part, *decoded.parts])
    assert span.conversation_id == "c1"
    assert decoded.answer is not None
    tags = json.loads(decoded.answer.body)["trace"]["trace_info"]["tags"]
    assert tags["mlflow.artifactLocation"] == f"mlflow-artifacts:/1/traces/tr-{trace_id}"


def test_what_cannot_be_meant_is_refused() -> None:
    """A trace without id, spans that are no list, an assessment of nothing; a span without id is counted."""
    with pytest.raises(BadRequest, match="trace_id"):
        MlflowTrace().decode(b'{"trace": {"trace_info": {}}}', "")
    where = {"trace_id": "tr-" + "ab" * 16}
    with pytest.raises(BadRequest, match="list of spans"):
        MlflowSpans().decode_request(Request(b'{"spans": 7}', "", parameters=where))
    with pytest.raises(BadRequest, match="assessment_name"):
        MlflowAssessment().decode_request(Request(b'{"assessment": {"feedback": {"value": 1}}}', "", parameters=where))
    decoded = MlflowSpans().decode_request(Request(b'{"spans": [{"span_id": "x"}]}', "", parameters=where))
    assert (decoded.parts, decoded.rejected) == ([], [("spans without an id of eight bytes", 1)])
    assert trace_of("tr-") == ""
