"""What other APIs tell of a model's call: instructions and tools are read, settings stay in the attributes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.telemetry.message import load_messages, text_of
from backend.telemetry.span import Span
from tests.ingest.wire.captured import Captured, spans_of

_START, _END = "2026-11-22T17:00:00Z", "2026-11-22T17:00:02Z"
_ANTHROPIC = {
    "model": "claude-sonnet-4-5", "system": "Be kind", "messages": [{"role": "user", "content": "hi"}],
    "temperature": 0.7, "tools": [{"name": "track", "input_schema": {"type": "object"}}], "stop_sequences": ["END"],
}  # fmt: skip
_BEDROCK = {
    "messages": [{"role": "user", "content": [{"text": "hi"}]}], "system": [{"text": "Be kind"}],
    "inferenceConfig": {"temperature": 0.7}, "toolConfig": {"tools": [{"toolSpec": {"name": "track"}}]},
}  # fmt: skip
_GEMINI = {
    "model": "gemini-2.5-flash", "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
    "config": {"system_instruction": {"role": "user", "parts": [{"text": "Be kind"}]}, "temperature": 0.7,
               "tools": [{"function_declarations": [{"name": "track"}]}]},
}  # fmt: skip
_RESPONSES = {
    "instructions": "Be kind", "input": "hi", "temperature": 0.7, "tools": [{"type": "function", "name": "track"}],
}  # fmt: skip
_ANSWERS: list[Any] = [
    {"content": [{"type": "text", "text": "yes"}, {"type": "tool_use", "id": "c1", "name": "track", "input": {"a": 1}}],
     "role": "assistant", "stop_reason": "tool_use", "container": "kept"},
    {"output": {"message": {"role": "assistant", "content": [
        {"text": "yes"}, {"toolUse": {"toolUseId": "c1", "name": "track", "input": {"a": 1}}}]}}, "trace": "kept"},
    {"candidates": [{"content": {"role": "model", "parts": [
        {"text": "yes"}, {"function_call": {"id": "c1", "name": "track", "args": {"a": 1}}}]}, "safety": "kept"}]},
    {"object": "response", "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]},
        {"type": "function_call", "call_id": "c1", "name": "track", "arguments": '{"a":1}'}], "truncation": "kept"},
]  # fmt: skip
_FORMS = list(zip([_ANTHROPIC, _BEDROCK, _GEMINI, _RESPONSES], _ANSWERS, strict=True))


def _sent(path: str, told: dict[str, Any]) -> Span:
    decoded = Captured("POST", path, "application/json", json.dumps(told).encode()).decoded()
    (span,) = [*decoded.spans, *spans_of(decoded.parts)]
    return span


def _langsmith(asked: Any, answered: Any) -> Span:
    run = {"id": "r", "trace_id": "r", "run_type": "llm", "start_time": _START, "end_time": _END}
    return _sent("/runs/batch", {"post": [{**run, "inputs": asked, "outputs": answered}]})


def _langfuse(asked: Any, answered: Any) -> Span:
    body = {"id": "o", "traceId": "t", "startTime": _START, "endTime": _END, "input": asked, "output": answered}
    return _sent("/api/public/ingestion", {"batch": [{"id": "e", "type": "generation-create", "body": body}]})


def _opik(asked: Any, answered: Any) -> Span:
    span = {"id": "s", "trace_id": "t", "type": "llm", "start_time": _START, "end_time": _END}
    return _sent("/opik/api/v1/private/spans/batch", {"spans": [{**span, "input": asked, "output": answered}]})


def _posthog(asked: Any, answered: Any) -> Span:
    said = {"$ai_trace_id": "t", "$ai_span_id": "s", "$ai_input": asked, "$ai_output_choices": answered}
    event = {"event": "$ai_generation", "timestamp": _END, "properties": said}
    return _sent("/batch/", {"api_key": "k", "batch": [event]})


@pytest.mark.parametrize("tell", [_langsmith, _langfuse, _opik, _posthog])
@pytest.mark.parametrize(("asked", "answered"), _FORMS, ids=["anthropic", "bedrock", "gemini", "responses"])
def test_a_request_is_read_whole(tell: Any, asked: dict[str, Any], answered: dict[str, Any]) -> None:
    """In each provider's form by each API: what the model was told, asked, offered, and what it gave back."""
    span = tell(asked, answered)
    inputs, outputs = load_messages(span.input_messages), load_messages(span.output_messages)
    assert [(message.role, text_of(message)) for message in inputs] == [("system", "Be kind"), ("user", "hi")]
    assert (span.input_text, span.output_text) == ("hi", "yes")
    calls = [part for message in outputs for part in message.parts if part.type == "tool_call"]
    assert [(call.id, call.name) for call in calls] == [("c1", "track")]
    assert calls[0].arguments in ({"a": 1}, '{"a":1}')
    assert "track" in span.tool_definitions
    left = {name: value for name, value in span.attributes.items() if name.startswith(("input.", "output."))}
    assert "0.7" in str(left)
    assert "kept" in str(left)
    assert not any(word in str(left) for word in ("Be kind", "hi", "yes", "track"))


def test_what_is_left_stands_under_its_own_name() -> None:
    """Each setting of a request is an attribute of its own."""
    span = _langsmith(_ANTHROPIC, _ANSWERS[0])
    assert span.attributes["input.temperature"] == "0.7"
    assert span.attributes["input.stop_sequences"] == '["END"]'
    assert span.attributes["output.container"] == "kept"
    assert "input.system" not in span.attributes


def test_a_request_that_holds_no_message_stays() -> None:
    """Whatever it is."""
    span = _opik({"depth": {"k": 3}}, {"vectors": [0.25] * 9})
    assert span.input_text == '{"depth":{"k":3}}'
    assert "[9 numbers left out]" in str(span.attributes) + span.output_messages


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"model": "m", "contents": "hi"}, "hi"),
        ({"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}], "k": 3}, "hi"),
        ({"messages": [{"role": "tool", "content": ""}], "k": 3}, '{"messages":[{"role":"tool","content":""}],"k":3}'),
    ],
)
def test_a_step_shows_what_it_was_asked(sent: Any, text: str) -> None:
    """A chain or agent that was given a model's request shows its question, and keeps all of it."""
    span = {"id": "s", "trace_id": "t", "type": "general", "start_time": _START, "input": sent}
    found = _sent("/opik/api/v1/private/spans/batch", {"spans": [span]})
    assert found.input_text == text
    assert json.loads(found.attributes.get("input.value", found.input_text)) == sent


def test_a_run_keeps_how_its_model_was_called() -> None:
    """LangChain tells the tools and settings beside the messages, and what happened as events."""
    run = {
        "id": "r", "trace_id": "r", "run_type": "llm", "start_time": _START, "end_time": _END,
        "inputs": {"messages": [[{"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"],
                                  "kwargs": {"content": "hi", "id": "m1"}}]]},
        "extra": {"invocation_params": {"tools": [{"name": "track"}], "top_p": 0.5}, "batch_size": 4},
        "serialized": {"repr": "ChatOpenAI()"},
        "events": [{"name": "start", "time": _START}, *({"name": "new_token", "time": _END, "kwargs": {"token": token}}
                                                        for token in ("ye", "s"))],
    }  # fmt: skip
    span = _sent("/runs/batch", {"post": [run]})
    assert (span.input_text, span.tool_definitions) == ("hi", '[{"name":"track"}]')
    assert span.attributes["extra.invocation_params"] == '{"top_p":0.5}'
    assert span.attributes["extra.batch_size"] == "4"
    assert span.attributes["serialized"] == '{"repr":"ChatOpenAI()"}'
    assert span.attributes["input.messages"] == '[[{"kwargs":{"id":"m1"}}]]'
    assert [(event["name"], event["attributes"]) for event in json.loads(span.events)] == [
        ("start", {}), ("new_token", {"kwargs": {"token": "ye"}}),
    ]  # fmt: skip


def _run(**told: Any) -> Span:
    run = {"id": "r", "trace_id": "r", "name": "n", "run_type": "llm", "start_time": _START, "end_time": _END}
    return _sent("/runs/batch", {"post": [{**run, **told}]})


def test_langchains_answer_tells_its_model_and_why_it_ended() -> None:
    """It stands beside the message, or in its metadata; a detector of answers cut off reads it."""
    about = {"finish_reason": "length", "model_name": "gpt-4o-mini-2024-07-18"}
    for beside, within in (({"finish_reason": "length"}, {"model_name": about["model_name"]}), (None, about)):
        kwargs = {"content": "yo", "type": "ai", "response_metadata": within}
        message = {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "messages", "AIMessage"],
            "kwargs": kwargs,
        }
        call = _run(outputs={"generations": [[{"text": "yo", "generation_info": beside, "message": message}]]})
        assert (call.finish_reasons, call.response_model) == (("length",), "gpt-4o-mini-2024-07-18")


@pytest.mark.parametrize(
    "given",
    [
        {"output": "seen"},
        {"output": {"content": "seen", "type": "tool", "tool_call_id": "c"}},
        {
            "output": {
                "lc": 1,
                "type": "constructor",
                "id": ["ToolMessage"],
                "kwargs": {"content": "seen", "type": "tool"},
            }
        },
        {"type": "tool", "data": {"content": "seen", "type": "tool"}},
        "seen",
    ],
)
def test_a_tools_result_is_what_it_gave(given: Any) -> None:
    """Without what decorators and LangChain put around it; that stays among the attributes."""
    tool = _run(run_type="tool", inputs={"args": {"order": 7}}, outputs=given)
    assert (tool.tool_arguments, tool.tool_result, tool.output_text) == ('{"order":7}', "seen", "seen")
    assert tool.attributes["input.value"] == '{"args":{"order":7}}'
    assert ("output.value" in tool.attributes) == (given != "seen")


@pytest.mark.parametrize(
    ("output", "ended"),
    [
        ({"output": {"message": {"role": "assistant", "content": [{"text": "yo"}]}}, "stopReason": "max_tokens"},
         "max_tokens"),
        ({"object": "response", "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"},
          "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yo"}]}]},
         "max_output_tokens"),
    ],
)  # fmt: skip
def test_why_an_answer_ended_may_stand_beside_it(output: dict[str, Any], ended: str) -> None:
    """Bedrock and OpenAI's Responses say it of the whole, and a detector of answers cut off reads it."""
    call = _run(outputs=output)
    assert (call.output_text, call.finish_reasons) == ("yo", (ended,))
