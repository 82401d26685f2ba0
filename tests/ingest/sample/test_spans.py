"""A turn as spans: the conventions' names, and JSON that can be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.trace import SpanKind

from backend.telemetry import operation, semconv
from ingest.sample.script import Conversation, Kind, ModelCall, Turn
from ingest.sample.spans import Sketch, child, root
from ingest.sample.texts import shop

_TYPES = {"string": str, "number": (int, float), "integer": int}
_PART_KEYS = {
    "text": {"type", "content"},
    "tool_call": {"type", "id", "name", "arguments"},
    "tool_call_response": {"type", "id", "response"},
}


@pytest.fixture(scope="session")
def sketches(month: list[Conversation]) -> list[tuple[Conversation, Turn, list[Sketch]]]:
    """Every turn of every fifth conversation and of all with a fault, drawn."""
    return [
        (talk, turn, [root(talk, turn), *(child(talk, step) for step in turn.steps)])
        for at, talk in enumerate(month)
        for turn in talk.turns
        if at % 5 == 0 or turn.faults
    ]


def _operation(sketch: Sketch) -> Any:
    return sketch.attributes[semconv.GEN_AI_OPERATION_NAME]


def _check_messages(text: Any) -> None:
    messages = json.loads(text)
    assert messages
    for message in messages:
        assert message["role"] in {"user", "assistant", "tool"}
        assert message["parts"]
        for part in message["parts"]:
            assert set(part) == _PART_KEYS[part["type"]]


def test_each_span_names_its_operation(sketches: list[tuple[Conversation, Turn, list[Sketch]]]) -> None:
    """The root is the agent's, the others are searches, chats and tools; names begin with the operation."""
    for _, _, (top, *steps) in sketches:
        assert _operation(top) == operation.INVOKE_AGENT
        assert {_operation(step) for step in steps} <= {operation.RETRIEVAL, operation.CHAT, operation.EXECUTE_TOOL}
        assert all(sketch.name.startswith(f"{_operation(sketch)} ") for sketch in (top, *steps))


def test_the_root_tells_conversation_user_question_and_answer(
    sketches: list[tuple[Conversation, Turn, list[Sketch]]],
) -> None:
    """A reader of the root alone knows who asked what and what came back."""
    for talk, turn, (top, *_) in sketches:
        assert top.attributes[semconv.GEN_AI_CONVERSATION_ID] == talk.id
        assert top.attributes[semconv.USER_ID] == talk.user_id
        asked = json.loads(str(top.attributes[semconv.GEN_AI_INPUT_MESSAGES]))
        assert asked == [{"role": "user", "parts": [{"type": "text", "content": turn.ask}]}]
        assert (semconv.GEN_AI_OUTPUT_MESSAGES in top.attributes) == (turn.failure is None)


def test_messages_are_in_the_conventions_form(sketches: list[tuple[Conversation, Turn, list[Sketch]]]) -> None:
    """Roles and parts have exactly the keys that belong to them, also where an answer is empty."""
    for _, _, drawn in sketches:
        for sketch in drawn:
            for name in (semconv.GEN_AI_INPUT_MESSAGES, semconv.GEN_AI_OUTPUT_MESSAGES):
                if name in sketch.attributes:
                    _check_messages(sketch.attributes[name])
            if semconv.GEN_AI_SYSTEM_INSTRUCTIONS in sketch.attributes:
                system = json.loads(str(sketch.attributes[semconv.GEN_AI_SYSTEM_INSTRUCTIONS]))
                assert all(part["type"] == "text" and part["content"] for part in system)


def test_chats_carry_models_tokens_and_finish_reasons(
    sketches: list[tuple[Conversation, Turn, list[Sketch]]],
) -> None:
    """A call that answered tells model, usage and reason; one that failed tells only what was asked."""
    for _, turn, (_, *drawn) in sketches:
        for step, sketch in zip(turn.steps, drawn, strict=True):
            if not isinstance(step, ModelCall):
                continue
            told = sketch.attributes
            assert sketch.kind is SpanKind.CLIENT
            assert told[semconv.GEN_AI_PROMPT_VERSION] in shop().setting.prompts
            assert (semconv.GEN_AI_RESPONSE_MODEL in told) == (step.failure is None)
            if step.failure is None:
                assert str(told[semconv.GEN_AI_RESPONSE_MODEL]).startswith(str(told[semconv.GEN_AI_REQUEST_MODEL]))
                assert isinstance(told[semconv.GEN_AI_USAGE_INPUT_TOKENS], int)
                assert len(told[semconv.GEN_AI_RESPONSE_FINISH_REASONS]) == 1  # type: ignore[arg-type]


def test_tools_get_arguments_of_their_types(sketches: list[tuple[Conversation, Turn, list[Sketch]]]) -> None:
    """Each argument that is required is there in its type, and a call's id is the one the model gave."""
    for _, _, drawn in sketches:
        asked = [str(sketch.attributes.get(semconv.GEN_AI_OUTPUT_MESSAGES, "")) for sketch in drawn]
        for sketch in drawn:
            if _operation(sketch) != operation.EXECUTE_TOOL:
                continue
            tool = shop().tools[str(sketch.attributes[semconv.GEN_AI_TOOL_NAME])]
            given = json.loads(str(sketch.attributes[semconv.GEN_AI_TOOL_CALL_ARGUMENTS]))
            assert set(given) == set(tool.parameters)
            assert all(
                isinstance(given[key], _TYPES[kind]) and given[key] != "" for key, kind in tool.parameters.items()
            )
            assert any(str(sketch.attributes[semconv.GEN_AI_TOOL_CALL_ID]) in text for text in asked)
            if sketch.failure is None:
                assert isinstance(json.loads(str(sketch.attributes[semconv.GEN_AI_TOOL_CALL_RESULT])), dict)


def test_searches_carry_query_and_documents(sketches: list[tuple[Conversation, Turn, list[Sketch]]]) -> None:
    """Documents have id, text and score and come best first."""
    for _, _, drawn in sketches:
        for sketch in drawn:
            if _operation(sketch) == operation.RETRIEVAL:
                found = json.loads(str(sketch.attributes[semconv.GEN_AI_RETRIEVAL_DOCUMENTS]))
                assert all(set(item) == {"id", "score", "content"} and item["content"] for item in found)
                assert [item["score"] for item in found] == sorted((item["score"] for item in found), reverse=True)
                assert sketch.attributes[semconv.GEN_AI_RETRIEVAL_QUERY_TEXT]


def test_no_span_tells_of_its_fault(sketches: list[tuple[Conversation, Turn, list[Sketch]]]) -> None:
    """The ground truth stays at home: no attribute is named after a fault or has one as its value."""
    for _, _, drawn in sketches:
        for sketch in drawn:
            told = {*sketch.attributes, *map(str, sketch.attributes.values())}
            assert not {kind.value for kind in Kind} & told
