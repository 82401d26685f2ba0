"""Nothing that a real client sent is lost: each text, number and truth of its bodies is found in what is stored."""

from __future__ import annotations

import msgspec
import pytest

from backend.telemetry import operation as op
from backend.telemetry.message import load_messages, text_of
from backend.telemetry.span import Span
from tests.ingest.losses import APIS, Losses, exports, of_api, of_export, of_otlp, spans_of_export
from tests.ingest.otlp.clients import CLIENTS, spans

# Bodies of broken or hostile values, of updates alone and of scores: hardly anything is looked for there.
_FEW = {"edge_langfuse2", "edge_langsmith", "edge_opik", "langfuse5", "langsmith_files", "mlflow_files"}


@pytest.mark.parametrize("client", CLIENTS)
def test_attributes_of_spans_are_all_kept(client: str) -> None:
    """Of every OpenTelemetry client: in a field or among the attributes or events."""
    losses = of_otlp(client)
    assert losses.lost == []
    assert losses.sent > 50


@pytest.mark.parametrize("client", APIS)
def test_records_of_other_apis_are_all_kept(client: str) -> None:
    """Of every client of a wire API: requests and responses, settings, metadata, faults."""
    losses = of_api(client)
    assert losses.lost == []
    assert losses.sent > 50 or client in _FEW | {"mlflow"}  # MLflow's are spans of OpenTelemetry


@pytest.mark.parametrize("framework", exports())
def test_exported_traces_are_all_kept(framework: str) -> None:
    """Of twenty frameworks, as Langfuse exports them."""
    losses = of_export(framework)
    assert losses.lost == []
    assert losses.sent > 10


def test_a_loss_is_found() -> None:
    """A value that stands nowhere in a span is told with the names that lead to it."""
    call = next(span for span in spans("strands") if span.operation == op.EXECUTE_TOOL)
    told = {"toolUse": {"input": {"order_id": "A-1001", "express": True}, "note": '[1, "by hand"]'}}
    losses = Losses()
    losses.look(told, [call])
    assert (losses.sent, losses.lost) == (
        4,
        [("toolUse.input.express", "true"), ("toolUse.note[]", "1"), ("toolUse.note[]", "by hand")],
    )
    bare = Losses()
    bare.look(told, [msgspec.structs.replace(call, tool_arguments="", input_text="", tool_result="", output_text="")])
    assert ("toolUse.input.order_id", "A-1001") in bare.lost


def test_google_adk_comes_out_with_its_calls_and_answers() -> None:
    """Instructions stand in the request's settings, parts one object deeper, calls without a type."""
    calls = {text_of(load_messages(call.output_messages)[-1]): call for call in _calls("google-adk-2025-08-28")}
    answered, asked = calls["Hello Langfuse 👋!\n"], calls[""]
    for call in (answered, asked):
        assert load_messages(call.input_messages)[0].role == "system"
        assert call.finish_reasons == ("STOP",)
        assert "say_hello" in call.tool_definitions
    assert [(part.type, part.name) for part in load_messages(asked.output_messages)[-1].parts] == [
        ("tool_call", "say_hello")
    ]
    said = [part for message in load_messages(answered.input_messages) for part in message.parts]
    assert {"tool_call", "tool_call_response"} <= {part.type for part in said}


@pytest.mark.parametrize(
    ("framework", "asked", "answered"),
    [
        ("google-gemini-2025-08-01", "What is Langfuse?", "**Langfuse** is"),
        ("vertex-ai-2025-08-01", "What is Langfuse?", "**Langfuse** is"),
        ("llamaindex-2025-06-05", "What is Langfuse?", "Langfuse is a tool"),
        ("pydantic-ai-2025-06-06", "What is Langfuse?", "Langfuse is a tool"),
        ("microsoft-agent-2025-12-17", "What's the weather in Tokyo?", ""),
        ("langgraph-js-2025-10-30", "What's the weather in San Francisco?", "It's always sunny"),
        ("vercel-aisdk-2025-11-17", "What is the weather like today in San Francisco?", ""),
        ("openai-agents-2025-09-30", "What's the weather in Tokyo?", "The weather in Tokyo"),
    ],
)
def test_questions_and_answers_are_found(framework: str, asked: str, answered: str) -> None:
    """A reader sees what was asked and answered, not the object that it came in."""
    calls = _calls(framework)
    assert any(call.input_text == asked for call in calls)
    assert any(call.output_text.startswith(answered) for call in calls)


def _calls(framework: str) -> list[Span]:
    return [span for span in spans_of_export(framework) if span.operation == op.CHAT]
