"""Requests of real OpenTelemetry clients in, spans out."""

from __future__ import annotations

import json

import pytest

from backend.telemetry import operation as op
from backend.telemetry.message import load_documents, load_messages
from backend.telemetry.span import Span
from ingest.routing import match
from tests.ingest.otlp.clients import CLIENTS, SENT, golden, spans, told
from tests.ingest.wire.captured import outcome

# The SDK's own span beside an instrumentation's, and Logfire's two spans of a streamed call: these carry half each.
_HALVES = {"com.anthropic.sdk.python", "logfire.openai", "logfire.anthropic"}
_NO_CONTENT = {"otel_genai_new-default"}
_EMPTY = {"otel_genai_v2-event", "otel_genai_v2-span"}  # send a message with a picture as one without parts
_NO_CACHE = {
    "otel_genai_v2-event", "otel_genai_v2-legacy", "otel_genai_v2-span", "openai_agents-openinference", "smolagents",
    "langwatch",
}  # fmt: skip
_STREAMS_UNCOUNTED = {"traceloop_old"}
_BY_HAND = {("langwatch", "gpt-4o")}  # no model was called: the script says what one might have counted
# What a client itself leaves out: OpenLIT counts one token more at a streamed call, Vercel 5 leaves caches out.
_OTHER_COUNTS = {"vercel_ai5", "traceloop", "langfuse_js5", "mlflow-otlp", "mlflow", "openlit"}


def _answered(client: str) -> list[Span]:
    return [
        span
        for span in spans(client)
        if span.operation == op.CHAT
        and span.status != "error"
        and span.scope_name not in _HALVES
        and not span.name.endswith(".predict")  # LlamaIndex's wrapping of a call
    ]


@pytest.mark.parametrize("client", CLIENTS)
def test_requests_become_the_spans_that_were_reviewed(client: str) -> None:
    """Every field of every span is as the client's golden file says."""
    assert told(client) == json.loads(golden(client).read_text())


@pytest.mark.parametrize("client", CLIENTS)
def test_each_call_has_its_model_and_the_tokens_that_the_model_counted(client: str) -> None:
    """The model behind the captures counts 120 in and 30 out, and buckets add up to that whichever way it was told."""
    calls = [span for span in _answered(client) if (client, span.request_model) not in _BY_HAND]
    assert calls
    for span in calls:
        assert span.request_model or span.response_model
        cached, written = span.cached_input_tokens, span.cache_write_input_tokens
        if client in _STREAMS_UNCOUNTED and not span.visible_output_tokens:
            assert span.status == "ok"  # only these tell that they went well
            continue
        if client not in _OTHER_COUNTS or span.request_model.startswith("gpt"):
            whole = (span.uncached_input_tokens + cached + written, span.visible_output_tokens)
            assert (whole[0], whole[1] + span.reasoning_output_tokens) == (120, 30), span.name
        if client not in _NO_CACHE | _OTHER_COUNTS:
            assert (cached, written) in {(64, 0), (64, 16)}, span.name


@pytest.mark.parametrize("client", sorted(set(CLIENTS) - _NO_CONTENT))
def test_each_call_has_its_messages(client: str) -> None:
    """What was asked and answered stands in messages, in every vocabulary."""
    for span in _answered(client):
        assert client in _EMPTY or any(message.parts for message in load_messages(span.input_messages)), span.name
        assert load_messages(span.output_messages)[-1].role == "assistant", span.name


@pytest.mark.parametrize("client", sorted(set(CLIENTS) - {"logfire"}))
def test_retrievals_and_tools_are_in_their_places(client: str) -> None:
    """Documents, arguments and results can be read without looking at attributes."""
    for span in spans(client):
        if span.operation == op.RETRIEVAL:
            assert span.retrieval_query, span.name
            assert load_documents(span.documents) or span.name.endswith("._retrieve"), span.name
        elif span.operation == op.EXECUTE_TOOL:
            assert span.tool_name, span.name
            assert "A-1001" in span.tool_arguments, span.name
            assert "ships tomorrow" in span.tool_result, span.name


@pytest.mark.parametrize(
    "client",
    ["langfuse3", "langfuse4", "langfuse5", "langfuse_js5", "langsmith-otel", "traceloop", "vercel_ai5",
     "openinference", "openinference-grpc", "litellm-langfuse_otel", "openlit", "otel_genai_new-span"],
)  # fmt: skip
def test_conversation_and_user_are_found(client: str) -> None:
    """Under whichever name a client tells them."""
    found = spans(client)
    assert {span.conversation_id for span in found} - {""} == {"sess-42"}
    assert {span.user_id for span in found} - {""} == {"user-7"}


def test_logfire_announces_nothing_and_its_feedback_is_a_score() -> None:
    """Spans that only announce another are not stored; annotations become scores of the span that they hang on."""
    found = outcome("logfire", SENT)
    assert not [
        span for span in found.spans if span.attributes.get("logfire.span_type") in {"pending_span", "annotation"}
    ]
    (score,) = {score.score_id: score for score in found.scores}.values()
    assert (score.name, score.value, score.explanation, score.author) == ("helpfulness", 1.0, "nice", "user-7")
    assert score.span_id in {span.span_id for span in found.spans}


@pytest.mark.parametrize("prefix", ["", "/api/public/otel", "/otel", "/api/otel"])
@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_each_sdk_finds_its_address(prefix: str, signal: str) -> None:
    """Langfuse, LangSmith and LangWatch send OTLP below paths of their own."""
    found = match("POST", f"{prefix}/v1/{signal}")
    assert found is not None
    assert found.protocol.name == {"traces": "otlp_http", "logs": "otlp_logs", "metrics": "otlp_metrics"}[signal]
