"""What single frameworks and older instrumentations write in a way of their own."""

from __future__ import annotations

import pytest

from backend.telemetry.message import load_messages
from ingest.mapping.compose import source_of
from tests.ingest.mapping.composed import composed as _span


def test_a_numbered_message_may_hold_its_parts_as_text() -> None:
    """OpenLLMetry's older form writes a list of parts as JSON; what a user types stays the text that it is."""
    parts = '[{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": "https://x/a.png"}}]'
    told = {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": parts, "llm.request.type": "chat"}
    span = _span(told)
    (message,) = load_messages(span.input_messages)
    assert [(part.type, part.content) for part in message.parts] == [
        ("text", "what is it?"),
        ("uri", "https://x/a.png"),
    ]
    assert (span.input_text, span.attributes) == ("what is it?", {})
    typed = '[{"name": "a"}]'
    assert _span({**told, "gen_ai.prompt.0.content": typed}).input_text == typed
    detailed = parts.replace('a.png"', 'a.png", "detail": "low"')
    assert _span({**told, "gen_ai.prompt.0.content": detailed}).attributes == {"gen_ai.prompt.0.content": detailed}


def test_a_decorated_tool_is_called_as_its_function() -> None:
    """OpenLLMetry's spans have their kind behind the name."""
    told = {"traceloop.span.kind": "tool", "traceloop.entity.name": "track", "traceloop.entity.input": "{}"}
    assert _span(told, name="track.tool").tool_name == "track"


@pytest.mark.parametrize(
    ("sent", "provider"),
    [
        ("OpenAI", "openai"),
        ("openai.chat", "openai"),
        ("aws.bedrock", "aws.bedrock"),
        ("AWS", "aws"),
        ("Langchain", ""),
    ],
)
def test_a_provider_has_one_name(sent: str, provider: str) -> None:
    """Whatever letters an instrumentation writes it in, so that one provider is one value to filter by."""
    assert _span({"gen_ai.operation.name": "chat", "gen_ai.system": sent}).provider == provider


def test_smolagents_task_and_arguments_are_read() -> None:
    """An agent is given a task beside its settings, a tool its arguments beside smolagents' own."""
    task = '{"task": "Where is it?", "stream": false, "max_steps": null}'
    agent = _span({"openinference.span.kind": "AGENT", "input.value": task})
    assert (agent.input_text, agent.attributes) == ("Where is it?", {"input.value": task})
    given = '{"args": [], "sanitize_inputs_outputs": true, "kwargs": {"order": 7}}'
    tool = _span({"openinference.span.kind": "TOOL", "tool.name": "track", "input.value": given})
    assert (tool.tool_arguments, tool.attributes) == ('{"order":7}', {"input.value": given})


def test_the_version_of_strands_is_no_release() -> None:
    """Strands writes its own version over that of the service."""
    resource = [("service.name", "shop"), ("service.version", "1.62.0")]
    span = _span({}, source=source_of(resource, "strands.telemetry.tracer", "", []))
    assert (span.release, span.resource_attributes) == ("", {"service.version": "1.62.0"})
    assert _span({}, source=source_of(resource, "lib", "", [])).release == "1.62.0"
    assert _span({"assay.release": "2"}, source=source_of(resource, "strands.x", "", [])).release == "2"


@pytest.mark.parametrize("total", ["gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens"])
def test_a_total_tells_what_stands_beside(total: str) -> None:
    """Bedrock counts the cached beside the input, and instrumentations that pass that on tell its total too."""
    told = {
        "gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read_input_tokens": 64, "gen_ai.usage.cache_write_input_tokens": 16,
    }  # fmt: skip
    beside, within = _span({**told, total: 210}), _span({**told, total: 130})
    assert (beside.uncached_input_tokens, within.uncached_input_tokens) == (100, 20)
    assert beside.attributes == {total: "210"}
    thinking = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 60}
    thinking["gen_ai.usage.reasoning_tokens"] = 50
    apart, inside = _span({**thinking, total: 210}), _span({**thinking, total: 160})
    assert [(span.visible_output_tokens, span.reasoning_output_tokens) for span in (apart, inside)] == [
        (60, 50), (10, 50),
    ]  # fmt: skip


def test_anthropic_through_vercels_sdk_before_6() -> None:
    """Its counts leave out what was cached, or count it beside the input; Anthropic's own table stands beside them."""
    usage = '{"input_tokens": 100, "output_tokens": 30, "cache_read_input_tokens": 64, "cache_creation": '
    usage += '{"ephemeral_1h_input_tokens": 16, "ephemeral_5m_input_tokens": 0}, "cache_creation_input_tokens": 16}'
    told = {
        "ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": "anthropic.messages",
        "ai.usage.promptTokens": 100, "ai.usage.completionTokens": 30, "gen_ai.usage.input_tokens": 100,
        "ai.response.providerMetadata": f'{{"anthropic": {{"usage": {usage}, "stopSequence": null}}}}',
    }  # fmt: skip
    call = _span(told)
    assert (call.uncached_input_tokens, call.cached_input_tokens, call.cache_write_input_tokens) == (100, 64, 16)
    assert (call.hour_cache_write_input_tokens, call.visible_output_tokens) == (16, 30)
    assert call.attributes["ai.response.providerMetadata"] == told["ai.response.providerMetadata"]
    openai = _span(told | {"ai.response.providerMetadata": '{"openai": {"responseId": "r"}}'})
    assert (openai.uncached_input_tokens, openai.visible_output_tokens) == (100, 30)


def test_logfire_before_5_tells_a_call_as_request_and_response() -> None:
    """Of Anthropic nothing else, not even tokens; of OpenAI single counts without what was cached."""
    asked = '{"messages": [{"role": "user", "content": "hi"}], "model": "claude-sonnet-4-5", "max_tokens": 9'
    asked += ', "system": "x"}'
    usage = '{"input_tokens": 40, "output_tokens": 30, "cache_read_input_tokens": 64}'
    answered = f'{{"message": {{"role": "assistant", "content": "yo"}}, "usage": {usage}}}'
    template = "Message with {request_data[model]!r}"
    call = _span({"logfire.msg_template": template, "request_data": asked, "response_data": answered}, name=template)
    assert (call.operation, call.request_model, call.max_tokens) == ("chat", "claude-sonnet-4-5", 9)
    assert (call.input_text, call.output_text) == ("hi", "yo")
    assert [message.role for message in load_messages(call.input_messages)] == ["system", "user"]
    assert (call.uncached_input_tokens, call.cached_input_tokens, call.visible_output_tokens) == (40, 64, 30)
    usage = '{"prompt_tokens": 120, "completion_tokens": 30, "prompt_tokens_details": {"cached_tokens": 64}}'
    answered = f'{{"message": {{"role": "assistant", "content": "yo"}}, "usage": {usage}}}'
    counts = {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30, "response_data": answered}
    openai = _span({"logfire.msg_template": "Chat Completion with {request_data[model]!r}", **counts})
    assert (openai.uncached_input_tokens, openai.cached_input_tokens) == (56, 64)
    streamed = _span({
        "logfire.msg_template": "streaming response from {request_data[model]!r} took {duration:.2f}s",
        "request_data": asked, "response_data": '{"combined_chunk_content": "yo", "chunk_count": 2}',
    })  # fmt: skip
    assert (streamed.operation, streamed.input_text, streamed.output_text) == ("chat", "hi", "yo")
    other = _span(
        {"logfire.msg_template": "sold {n}", "request_data": '{"n": 3}', "logfire.tags": ["shop"]}, name="sold 3"
    )
    assert (other.operation, other.attributes) == ("", {"logfire.msg_template": "sold {n}", "request_data": '{"n": 3}'})


def test_pydantic_ai_tells_parts_of_its_counts_as_details() -> None:
    """Sound always, and what was written to a cache before OpenTelemetry had a name for it."""
    details = {"cache_read_tokens": 64, "cache_write_tokens": 16, "input_audio_tokens": 10, "output_audio_tokens": 8}
    told = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30}
    call = _span({**told, **{f"gen_ai.usage.details.{name}": count for name, count in details.items()}})
    assert (call.uncached_input_tokens, call.cached_input_tokens, call.cache_write_input_tokens) == (30, 64, 16)
    assert (call.audio_input_tokens, call.visible_output_tokens, call.audio_output_tokens) == (10, 22, 8)
