"""Bytes in, spans out: bodies that real clients sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.telemetry import operation as op
from backend.telemetry.message import load_documents, load_messages
from backend.telemetry.span import Span
from tests.ingest.payloads import FOLDER, golden, payloads, shown, spans

_REAL = [FOLDER / "otel_genai/messages.protobuf.gz", FOLDER / "otel_genai/messages.json"]
_REAL += [FOLDER / "otel_genai/langchain.protobuf", FOLDER / "openinference/openai.protobuf"]


@pytest.mark.parametrize("path", payloads(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_body_becomes_the_spans_that_were_reviewed(path: Path) -> None:
    """Every field of every span of a captured body is as its golden file says."""
    assert [shown(span) for span in spans(path)] == json.loads(golden(path).read_text())


def _answered(path: Path) -> list[Span]:
    return [span for span in spans(path) if span.operation == op.CHAT and span.status != "error"]


@pytest.mark.parametrize("path", _REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_tokens_are_what_the_model_counted(path: Path) -> None:
    """The model behind the captures counts 120 in and 30 out at each call, in buckets that do not overlap."""
    assert _answered(path)
    for span in _answered(path):
        cached, written = span.cached_input_tokens, span.cache_write_input_tokens
        assert span.uncached_input_tokens + cached + written == 120
        assert span.visible_output_tokens + span.reasoning_output_tokens == 30
        assert (cached, written, span.reasoning_output_tokens) in {(64, 0, 12), (64, 16, 0)}


@pytest.mark.parametrize("path", _REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_messages_documents_and_tools_are_in_their_places(path: Path) -> None:
    """Each real client's chat, retrieval and tool spans can be read without looking at attributes."""
    found = spans(path)
    for span in _answered(path):
        if span.scope_name != "com.anthropic.sdk.python":  # this one sends no content
            assert load_messages(span.input_messages)[-1].parts
            assert load_messages(span.output_messages)[0].role == "assistant"
            assert span.request_model
            assert span.response_model
    tools = [span for span in found if span.operation == op.EXECUTE_TOOL]
    assert {span.tool_name for span in tools} == {"lookup_order"}
    assert all("A-1001" in span.tool_arguments and "ships tomorrow" in span.tool_result for span in tools)
    retrievals = [span for span in found if span.operation == op.RETRIEVAL]
    assert all(span.retrieval_query and load_documents(span.documents) for span in retrievals)


def test_both_encodings_say_the_same() -> None:
    """The same program gives the same spans by protobuf and by JSON, but for ids, times and numbers of a run."""
    differs = {"trace_id", "span_id", "parent_span_id", "start_time", "end_time", "time_to_first_token_ms"}
    differs |= {"resource_attributes"}
    sides = [
        [{name: value for name, value in shown(span).items() if name not in differs} for span in spans(path)]
        for path in _REAL[:2]
    ]
    for span in (*sides[0], *sides[1]):
        for name in ("server.port", "url.full"):
            span.get("attributes", {}).pop(name, None)
    assert sides[0] == sides[1]


def test_a_resend_becomes_the_same_rows() -> None:
    """Reading a body twice gives the same spans, with absurd times too, so that they replace themselves."""
    for path in payloads():
        assert spans(path) == spans(path)
