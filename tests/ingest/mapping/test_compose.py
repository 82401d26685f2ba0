"""Attributes of whichever vocabulary end in their fields, and nothing a client sent is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.telemetry import operation as op
from backend.telemetry.message import load_documents, load_messages, text_of
from ingest.mapping.compose import source_of
from tests.ingest.mapping.composed import START
from tests.ingest.mapping.composed import composed as _span


@pytest.mark.parametrize(
    ("attributes", "name", "expected"),
    [
        ({"gen_ai.operation.name": "chat"}, "n", op.CHAT),
        ({"gen_ai.operation.name": "Generate_Content"}, "n", op.GENERATE_CONTENT),
        ({"openinference.span.kind": "LLM"}, "n", op.CHAT),
        ({"openinference.span.kind": "RETRIEVER"}, "n", op.RETRIEVAL),
        ({"openinference.span.kind": "CHAIN"}, "n", op.INVOKE_WORKFLOW),
        ({"openinference.span.kind": "LLM", "gen_ai.operation.name": "embeddings"}, "n", op.CHAT),
        ({"gen_ai.request.model": "m"}, "embeddings m", op.EMBEDDINGS),
        ({"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 3}, "openai.create", op.CHAT),
        ({"gen_ai.tool.name": "track"}, "my tool", op.EXECUTE_TOOL),
        ({"gen_ai.operation.name": "brew_coffee"}, "n", op.OTHER),
        ({"http.method": "GET"}, "chat with me", op.OTHER),
        ({"user.id": "u"}, "chat with me", op.OTHER),
    ],
)
def test_the_operation_is_found(attributes: dict[str, Any], name: str, expected: str) -> None:
    """By the kind, the operation's name, the span's name, or what it carries; a foreign span has none."""
    assert _span(attributes, name=name).operation == expected


def test_an_unknown_operation_stays_readable() -> None:
    """A word we do not know is kept among the attributes."""
    assert _span({"gen_ai.operation.name": "brew_coffee"}).attributes == {"gen_ai.operation.name": "brew_coffee"}


def test_buckets_never_overlap() -> None:
    """Cached, written and reasoning tokens are parts of the totals, and leave the attributes."""
    span = _span(
        {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30,
         "gen_ai.usage.cache_read.input_tokens": 64, "gen_ai.usage.cache_creation.input_tokens": 16,
         "gen_ai.usage.reasoning.output_tokens": 12}
    )  # fmt: skip
    assert (span.uncached_input_tokens, span.cached_input_tokens, span.cache_write_input_tokens) == (40, 64, 16)
    assert (span.visible_output_tokens, span.reasoning_output_tokens) == (18, 12)
    assert span.attributes == {}


def test_parts_larger_than_the_whole_stood_beside_it() -> None:
    """A client that counts as Anthropic does loses nothing, and what it said can be read."""
    counts = {"gen_ai.usage.input_tokens": 40, "gen_ai.usage.cache_read.input_tokens": 64}
    span = _span({"gen_ai.operation.name": "chat", **counts})
    assert (span.uncached_input_tokens, span.cached_input_tokens) == (40, 64)
    assert span.attributes == {name: str(value) for name, value in counts.items()}


@pytest.mark.parametrize("operation", ["invoke_agent", "execute_tool", "invoke_workflow"])
def test_usage_of_an_agent_is_not_counted_again(operation: str) -> None:
    """Only model calls fill the buckets; what an agent repeats stays an attribute."""
    span = _span({"gen_ai.operation.name": operation, "gen_ai.usage.input_tokens": 120})
    assert span.uncached_input_tokens == 0
    assert span.attributes == {"gen_ai.usage.input_tokens": "120"}


@pytest.mark.parametrize(
    ("sent", "counted"), [("12", 12), (12.0, 12), ("12.5", None), (-1, None), (True, None), ("x", None), (2**64, None)]
)
def test_a_count_of_another_type_is_read_or_kept(sent: Any, counted: int | None) -> None:
    """Numbers as text count; what is no count stays an attribute."""
    span = _span({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": sent})
    assert span.uncached_input_tokens == (counted or 0)
    assert ("gen_ai.usage.input_tokens" in span.attributes) == (counted is None)


def test_the_most_specific_vocabulary_fills_a_field() -> None:
    """Where two vocabularies say different things the higher rank wins, and the other's word stays."""
    span = _span({"gen_ai.request.model": "a", "llm.request.model_name": "b", "openinference.span.kind": "LLM"})
    assert (span.request_model, span.vocabulary) == ("b", "openinference")
    assert span.attributes == {"gen_ai.request.model": "a"}
    assert _span({"llm.request.model_name": "b", "gen_ai.request.model": "b"}).attributes == {}


def test_messages_of_the_current_form_are_stored_as_they_came() -> None:
    """JSON that has the stored form is not written anew, so even what we do not know of is kept."""
    text = '[{"role": "user",  "parts": [{"type": "text", "content": "hi", "lang": "en"}], "name": null}]'
    span = _span({"gen_ai.operation.name": "chat", "gen_ai.input.messages": text})
    assert span.input_messages == text
    assert span.input_text == "hi"


def test_system_instructions_come_first() -> None:
    """The system's words stand before the messages."""
    parts = '[{"type":"text","content":"Be brief."}]'
    messages = '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'
    span = _span({"gen_ai.system_instructions": parts, "gen_ai.input.messages": messages})
    assert [(m.role, text_of(m)) for m in load_messages(span.input_messages)] == [
        ("system", "Be brief."),
        ("user", "hi"),
    ]


@pytest.mark.parametrize(
    "sent",
    [
        [{"role": "user", "content": "hi"}],
        [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        [{"role": "human", "content": "hi"}],
        {"role": "user", "content": "hi"},
        "hi",
        [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}],
        [{"message": {"role": "user", "content": "hi"}}],
    ],
)
def test_providers_own_forms_are_read(sent: Any) -> None:
    """Whatever form messages have, the reader's is the same and the client's is kept."""
    text = sent if isinstance(sent, str) else json.dumps(sent)
    span = _span({"gen_ai.operation.name": "chat", "gen_ai.input.messages": text})
    assert (span.input_text, load_messages(span.input_messages)[0].role) == ("hi", "user")
    assert span.attributes["gen_ai.input.messages"] == text


def test_structured_messages_are_read() -> None:
    """Messages may come as lists and maps, not as text."""
    sent = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    assert _span({"gen_ai.operation.name": "chat", "gen_ai.input.messages": sent}).input_text == "hi"


def test_events_of_the_older_form_are_messages() -> None:
    """One event a message, with its content in the event's attributes or as JSON in one of them."""
    call = [{"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"order":7}'}}]
    events = [
        ("gen_ai.system.message", START, {"content": "Be brief."}),
        ("gen_ai.user.message", START, {"gen_ai.event.content": '{"content":"Where is it?"}'}),
        ("gen_ai.assistant.message", START, {"tool_calls": json.dumps(call)}),
        ("gen_ai.tool.message", START, {"content": "on its way", "id": "c1"}),
        ("gen_ai.choice", START, {"index": 0, "finish_reason": "stop", "message": '{"content":"On its way."}'}),
    ]
    span = _span({"gen_ai.operation.name": "chat"}, events=events)
    messages = load_messages(span.input_messages)
    assert [message.role for message in messages] == ["system", "user", "assistant", "tool"]
    assert (messages[2].parts[0].name, messages[2].parts[0].arguments) == ("track", '{"order":7}')
    assert (messages[3].parts[0].id, messages[3].parts[0].response) == ("c1", "on its way")
    assert (span.input_text, span.output_text, span.finish_reasons) == ("Where is it?", "On its way.", ("stop",))
    assert span.events == ""


def test_a_tool_s_events_are_its_arguments_and_result() -> None:
    """Strands tells what a tool was given and gave as messages, the one an object and the other Bedrock's parts."""
    events = [
        ("gen_ai.tool.message", START, {"role": "tool", "content": '{"order": 7}', "id": "c1"}),
        ("gen_ai.choice", START, {"message": '[{"text": "on its way"}]', "id": "c1"}),
    ]
    span = _span({"gen_ai.operation.name": "execute_tool"}, name="execute_tool track", events=events)
    assert (span.tool_name, span.tool_call_id) == ("track", "c1")
    assert (span.tool_arguments, span.tool_result) == ('{"order":7}', "on its way")
    assert span.events == ""


def test_what_messages_do_not_say_of_an_event_stays() -> None:
    """An event that becomes a message keeps what the message has no place for."""
    choice = {"message": '[{"text": "hi"}]', "tool.result": '[{"text": "7"}]', "finish_reason": "stop"}
    span = _span({"gen_ai.operation.name": "chat"}, events=[("gen_ai.choice", START, choice)])
    assert span.output_text == "hi"
    left = [{"name": "gen_ai.choice", "time": START, "attributes": {"tool.result": [{"text": "7"}]}}]
    assert json.loads(span.events) == left


def test_messages_of_the_current_form_are_read_from_an_event() -> None:
    """The convention lets them stand in an event of the span; the attributes win where both are told."""
    said = '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]'
    answered = '[{"role":"assistant","parts":[{"type":"text","content":"yes"}],"finish_reason":"stop"}]'
    told = {"gen_ai.input.messages": said, "gen_ai.output.messages": answered, "server.address": "x"}
    events = [("gen_ai.client.inference.operation.details", START, told)]
    span = _span({"gen_ai.operation.name": "chat", "gen_ai.output.messages": answered}, events=events)
    assert (span.input_messages, span.input_text, span.output_text) == (said, "hi", "yes")
    assert json.loads(span.events)[0]["attributes"] == {"gen_ai.output.messages": answered, "server.address": "x"}


def test_an_exception_is_the_error() -> None:
    """What was thrown gives type and message where the status says neither, and the event stays."""
    thrown = {"exception.type": "ValueError", "exception.message": "bad", "exception.stacktrace": "..."}
    span = _span({}, status="error", events=[("exception", START + 5, thrown)])
    assert (span.error_type, span.status_message) == ("ValueError", "bad")
    assert json.loads(span.events) == [{"name": "exception", "time": START + 5, "attributes": thrown}]


def test_the_first_token_event_gives_its_time() -> None:
    """OpenInference tells the first token as an event."""
    span = _span({"openinference.span.kind": "LLM"}, events=[("First Token Stream Event", START + 250_000_000, {})])
    assert span.time_to_first_token_ms == 250.0


def test_vectors_are_left_out_with_their_length() -> None:
    """An embedding's numbers are not stored, neither as attributes nor in the raw output; its text is."""
    vector = [0.5] * 1536
    span = _span(
        {"openinference.span.kind": "EMBEDDING", "embedding.embeddings.0.embedding.text": "parcel",
         "embedding.embeddings.0.embedding.vector": vector,
         "output.value": json.dumps({"data": [{"embedding": vector}]})}
    )  # fmt: skip
    assert span.input_text == "parcel"
    assert span.attributes["embedding.embeddings.0.embedding.vector"] == "[1536 numbers left out]"
    assert span.attributes["output.value"] == '{"data":[{"embedding":"[1536 numbers left out]"}]}'


def test_documents_keep_their_order() -> None:
    """Rank is the place in the list, also beyond nine and however the attributes are ordered."""
    attributes: dict[str, Any] = {"openinference.span.kind": "RETRIEVER", "input.value": "q"}
    for number in reversed(range(12)):
        attributes[f"retrieval.documents.{number}.document.id"] = f"d{number}"
        attributes[f"retrieval.documents.{number}.document.score"] = 1 - number / 100
        attributes[f"retrieval.documents.{number}.document.metadata"] = '{"page": 2}'
    documents = load_documents(_span(attributes).documents)
    assert [document.id for document in documents] == [f"d{number}" for number in range(12)]
    assert documents[3].score == pytest.approx(0.97)
    assert documents[0].metadata == {"page": 2}


def test_the_resource_says_where() -> None:
    """Service, release and environment come from the resource, unless the span itself says otherwise."""
    resource = [
        ("service.name", "shop"),
        ("service.version", "1.2"),
        ("deployment.environment.name", "live"),
        ("os", "x"),
    ]
    source = source_of(resource, "lib", "3", [("k", 1)])
    span = _span({"assay.release": "2.0"}, source=source)
    assert (span.service_name, span.release, span.environment) == ("shop", "2.0", "live")
    assert (span.scope_name, span.scope_version, span.resource_attributes) == ("lib", "3", {"os": "x"})
    assert span.attributes == {"otel.scope.k": "1"}


def test_what_is_not_mapped_stays_as_text() -> None:
    """Every value has a text: structures are JSON, truths and numbers in full, bytes base64."""
    span = _span({"a": [1, "x"], "b": {"c": None}, "d": True, "e": 1.5, "f": b"\xff", "g": 2**62, "h": float("nan")})
    assert span.attributes == {
        "a": '[1,"x"]', "b": '{"c":null}', "d": "true", "e": "1.5", "f": "/w==", "g": str(2**62), "h": "nan",
    }  # fmt: skip
