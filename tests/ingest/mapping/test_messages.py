"""Messages of whatever form clients send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ingest.mapping.messages import messages_of

_NAMES = {
    "type", "text", "content", "parts", "toolUse", "toolResult", "functionCall", "function_call", "functionResponse",
    "input", "arguments", "id", "name", "image", "source", "function", "thought", "reasoning", "foo",
}  # fmt: skip


@pytest.mark.parametrize("address", [["x", "https://x.org/a.png"], 7, True, {"url": ["x"]}])
def test_an_image_whose_address_is_none_costs_nobody_the_request(address: Any) -> None:
    """What stands there is kept as it came."""
    found = messages_of([{"role": "user", "content": [{"type": "image_url", "image_url": address}]}], "user")
    assert len(found[0].parts) == 1


def test_a_whole_response_is_read_for_what_it_says() -> None:
    """OpenAI's Agents SDK tells a streamed generation as the whole object that the Responses API gives."""
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It ships tomorrow."}]}
    call = {"type": "function_call", "call_id": "c1", "name": "lookup", "arguments": '{"order": 1}'}
    found = messages_of([{"id": "r1", "object": "response", "output": [said, call]}], "assistant")
    assert [message.role for message in found] == ["assistant", "assistant"]
    assert [part.content for part in found[0].parts] == ["It ships tomorrow."]
    assert [(part.type, part.name, part.id) for part in found[1].parts] == [("tool_call", "lookup", "c1")]


@pytest.mark.parametrize(
    ("sent", "kind", "identity", "name", "inner"),
    [
        (
            {"toolUse": {"toolUseId": "c1", "name": "track", "input": {"order": 7}}},
            "tool_call",
            "c1",
            "track",
            {"order": 7},
        ),
        ({"functionCall": {"name": "track", "args": {"order": 7}}}, "tool_call", "", "track", {"order": 7}),
        ({"function_call": {"id": "c1", "name": "track", "args": {}}}, "tool_call", "c1", "track", {}),
        ({"toolCallId": "c1", "toolName": "track", "input": "{}"}, "tool_call", "c1", "track", "{}"),
        ({"type": "custom_tool_call", "call_id": "c1", "name": "run", "input": "ls"}, "tool_call", "c1", "run", "ls"),
        ({"toolResult": {"toolUseId": "c1", "content": [{"text": "there"}]}}, "tool_call_response", "c1", "", "there"),
        ({"functionResponse": {"name": "track", "response": {"r": 2}}}, "tool_call_response", "", "track", {"r": 2}),
        ({"function_response": {"name": "track", "response": "x"}}, "tool_call_response", "", "track", "x"),
    ],
)
@pytest.mark.parametrize("key", ["content", "parts"])
def test_calls_and_results_of_every_provider_are_read(
    key: str, sent: dict[str, Any], kind: str, identity: str, name: str, inner: Any
) -> None:
    """Bedrock's and Gemini's parts say by a name what others say by a type."""
    ((part,),) = [message.parts for message in messages_of([{"role": "assistant", key: [sent]}], "assistant")]
    assert (part.type, part.id, part.name) == (kind, identity, name)
    assert (part.arguments if kind == "tool_call" else part.response) == inner


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"text": "hm", "thought": True}, "hm"),
        ({"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}, "hm"),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, "hm"),
        ({"type": "thinking", "thinking": "hm", "signature": "s"}, "hm"),
    ],
)
def test_thoughts_are_reasoning(sent: dict[str, Any], text: str) -> None:
    """Whichever way a provider writes what a model thought."""
    (message,) = messages_of([{"role": "model", "parts": [sent]}], "assistant")
    assert [(part.type, part.content) for part in message.parts] == [("reasoning", text)]


@pytest.mark.parametrize(
    "sent",
    [
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"type": "web_search_call", "id": "w", "action": {"query": "parcels"}},
        {"type": "text", "cacheControl": {"kind": "ephemeral"}},
        {"cachePoint": {"kind": "default"}},
        {"type": "reasoning", "encrypted_content": "gAAA"},
        {"type": "function", "function": {"name": "track", "parameters": {"order": "string"}}},
    ],
)
def test_a_part_of_an_unknown_kind_can_be_read(sent: dict[str, Any]) -> None:
    """It is kept as JSON, never as a text without words."""
    (message,) = messages_of([{"role": "user", "content": [sent]}], "user")
    (part,) = message.parts
    for text in _texts({name: value for name, value in sent.items() if name not in {"type", "id"}}):
        assert text in part.content


def test_a_message_of_an_unknown_form_can_be_read() -> None:
    """A message without any content that we know says what it holds; one that holds nothing says nothing."""
    found = messages_of(
        [{"role": "user", "blocks": ["hi"]}, {"role": "assistant", "content": None, "name": "a"}], "user"
    )
    assert [[(part.type, part.content) for part in message.parts] for message in found] == [
        [("unknown", '{"blocks":["hi"]}')],
        [],
    ]


def test_calls_that_langchain_has_only_from_the_provider_are_read() -> None:
    """They stand beside an empty content."""
    call = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": "{}"}}
    (message,) = messages_of({"role": "assistant", "content": "", "additional_kwargs": {"tool_calls": [call]}}, "user")
    assert [(part.type, part.id, part.name) for part in message.parts] == [("tool_call", "c1", "track")]


def test_a_content_of_parts_is_gemini_s() -> None:
    """A response of ADK has its parts one object deeper."""
    (message,) = messages_of(
        {"content": {"role": "model", "parts": [{"text": "hi"}]}, "finish_reason": "STOP"}, "assistant"
    )
    assert ([part.content for part in message.parts], message.finish_reason) == (["hi"], "STOP")


_words = some.text(some.characters(categories=["L"]), min_size=1, max_size=6)
_values = some.recursive(
    _words, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(_words, inner, max_size=3), max_leaves=8
)


@given(content=some.dictionaries(some.sampled_from(sorted(_NAMES)), _values, min_size=1, max_size=4))
@settings(max_examples=500, deadline=None)
def test_no_part_loses_all_its_words(content: dict[str, Any]) -> None:
    """Whatever stands in a part, it becomes one that says something, unless all that it says is what it is called."""
    (message,) = messages_of([{"role": "user", "content": [content]}], "user")
    told = {name: value for name, value in content.items() if name not in {"type", "id", "name", "status"}}
    if any(_texts(told)):
        assert any(part.content or part.arguments or part.response or part.name or part.id for part in message.parts)
        assert not any(part.type == "text" and not part.content for part in message.parts)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
