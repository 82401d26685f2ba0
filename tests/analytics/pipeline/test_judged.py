"""The columns that detectors read: what stood around a turn is brought along from its spans and its conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from analytics.detectors.base import Document, Exchange, ToolSchema
from analytics.detectors.usage import Use
from analytics.pipeline import judged
from analytics.pipeline.surroundings import answer_schema, tool_schemas
from backend.store.client import Store
from tests.analytics.pipeline.building import NOON, chat, put, span

SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
REQUEST = json.dumps([
    {"role": "system", "parts": [{"type": "text", "content": "You sell lamps."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]},
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "track", "arguments": {"id": 4}}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"state": "sent"}}]},
])  # fmt: skip
ASKED = json.dumps([
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "track", "arguments": {"id": 4}}]}
])  # fmt: skip


def test_a_turn_brings_its_instructions_tools_and_documents(
    project: int, store: Store, run: Callable[[int], None]
) -> None:
    """From the call that answered; the retriever's documents with their span."""
    tools = json.dumps([{"type": "function", "function": {"name": "track", "parameters": SCHEMA}}])
    spans = chat(
        "t", "Where is it?", '{"city": "Bonn"}', input_messages=REQUEST, tool_definitions=tools, user_id="ada",
        attributes={"llm.invocation_parameters": json.dumps(
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}}
        )},
    )  # fmt: skip
    put(store, project, spans)
    run(project)
    _, columns = judged.read(project, ["t"])
    (turn,) = columns
    assert (turn.system_text, turn.model, turn.user_id) == ("You sell lamps.", "gpt-4o-2024-08-06", "ada")
    assert (turn.latency_ms, turn.cost_usd) == (1000, 0.002)
    assert turn.documents == [Document("Parcels take two days.", "d1", 0.9, "find")]
    assert [tool.name for tool in turn.tools] == ["track"]
    assert json.loads(turn.tools[0].parameters) == json.loads(turn.response_schema) == SCHEMA
    assert (turn.input_vector, turn.output_vector) == (None, None)


def test_results_of_tools_come_from_their_spans_or_from_the_next_request(
    project: int, store: Store, run: Callable[[int], None]
) -> None:
    """Clients that run tools without a span still tell what came back."""
    put(store, project, [
        span("t", "root", ms=900, operation="invoke_agent", input_text="Where is it?", output_text="Sent."),
        span("t", "ask", "root", at_ms=10, operation="chat", input_text="Where is it?", output_messages=ASKED),
        span("t", "tool", "root", at_ms=120, operation="execute_tool", tool_name="look", tool_arguments="{}",
             tool_result="out of order", status="error"),
        span("t", "say", "root", at_ms=300, operation="chat", input_text="Where is it?", output_text="Sent.",
             input_messages=REQUEST),
    ])  # fmt: skip
    run(project)
    _, columns = judged.read(project, ["t"])
    (turn,) = columns
    assert [(call.name, call.result, call.is_error) for call in turn.tool_calls] == [
        ("look", "out of order", True),
        ("track", '{"state":"sent"}', False),
    ]
    assert turn.cite_result(1, 1, 8).quote == '"state"'


def test_results_of_earlier_turns_come_from_the_request(project: int, store: Store, run: Callable[[int], None]) -> None:
    """What the model saw again; results of the turn's own calls stay with these."""
    own = {"role": "assistant", "parts": [{"type": "tool_call", "id": "c2", "name": "track", "arguments": {"id": 5}}]}
    back = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c2", "response": "lost"}]}
    request = json.dumps([*json.loads(REQUEST), {"role": "user", "parts": []}, own, back])
    put(store, project, [
        span("t", "root", ms=900, operation="invoke_agent", input_text="And the other?", output_text="It is lost."),
        span("t", "ask", "root", at_ms=10, operation="chat", input_text="And the other?", input_messages=REQUEST,
             output_messages=json.dumps([own])),
        span("t", "say", "root", at_ms=300, operation="chat", input_text="And the other?", output_text="It is lost.",
             input_messages=request),
    ])  # fmt: skip
    run(project)
    _, (turn,) = judged.read(project, ["t"])
    assert turn.seen == ['{"state":"sent"}']
    assert [call.result for call in turn.tool_calls] == ["lost"]


def test_the_turns_beside_it_are_those_of_its_conversation(
    project: int, store: Store, run: Callable[[int], None]
) -> None:
    """In order of time; another conversation's are not among them."""
    for place, (said, answered) in enumerate([("one", "A."), ("two", "B."), ("three", "C.")]):
        at = NOON + timedelta(minutes=place)
        put(store, project, chat(f"t{place}", said, answered, conversation_id="talk", at=at))
    put(store, project, chat("x", "other", "X.", conversation_id="elsewhere", at=NOON + timedelta(seconds=30)))
    run(project)
    _, columns = judged.read(project, ["t1"])
    (turn,) = columns
    assert turn.earlier == (Exchange("one", "A."),)
    assert turn.later == (Exchange("three", "C."),)


def test_vectors_come_only_when_asked_for(project: int, store: Store, run: Callable[[int], None]) -> None:
    """Question and answer each get one; nothing is embedded twice."""
    put(store, project, chat("t", "Where is it?", "It is here."))
    run(project)
    _, columns = judged.read(project, ["t"], with_vectors=True)
    (turn,) = columns
    assert turn.input_vector is not None
    assert turn.output_vector is not None
    assert float(np.linalg.norm(turn.output_vector)) == pytest.approx(1, abs=1e-5)


def test_who_else_said_what_an_answer_names(project: int, store: Store, run: Callable[[int], None]) -> None:
    """Another user's order and address; not one's own, and nothing that came from this conversation."""
    put(store, project, chat("t1", "my order is lf 94513, mail Mara.Oduya@fastpost.net", "Thanks.", user_id="ben"))
    put(store, project, chat("t2", "and order LF-70001?", "It left.", user_id="ada"))
    told = "LF-94513 for mara.oduya@fastpost.net left, LF-70001 and LF-80002 did not."
    put(store, project, chat("t3", "Where is my parcel?", told, user_id="ada"))
    put(store, project, chat("t4", "Where is LF-94513?", told, user_id="cem"))
    run(project)
    _, columns = judged.read(project, ["t3", "t4"], with_peers=True)
    found = {turn.trace_id: turn.peers.owners for turn in columns if turn.peers}
    assert found["t3"] == {"lf94513": 2, "mara.oduya@fastpost.net": 1}
    assert found["t4"] == {"mara.oduya@fastpost.net": 1, "lf70001": 1}


def test_what_a_user_used_by_a_turn_stands_beside_other_users_days(
    project: int, store: Store, run: Callable[[int], None]
) -> None:
    """In order of time, of one day, without the user's own days among the others."""
    for user in range(24):
        for place in range(1 + user % 3):
            put(store, project, chat(f"o{user}.{place}", "Is it new?", "Yes.", user_id=f"other{user}"))
    for place in range(32):
        at = NOON - timedelta(seconds=60 * (40 - place))
        put(store, project, chat(f"u{place}", f"What is in box {place}?", "A lamp.", user_id="ada", at=at))
    put(store, project, chat("before", "Hello?", "Yes?", user_id="ada", at=NOON - timedelta(days=1)))
    run(project)
    _, columns = judged.read(project, ["u29", "u5", "o3.0"], with_peers=True)
    found = {turn.trace_id: turn.peers.usage for turn in columns if turn.peers}
    assert found == {"u29": {"requests": Use(29, 30, 3, 3, 3, 24)}, "u5": {}, "o3.0": {}}


def test_peers_are_the_recent_answers_of_the_same_model(project: int, store: Store, run: Callable[[int], None]) -> None:
    """Their figures, and the questions that got the same answer; older turns and other models are not among them."""
    answer = "Thank you for reaching out to us! Your request matters and our team of experts will look into it. " * 2
    asked = ("Where is my lamp?", "Can I pay by card?", "Do you ship abroad?", "My kettle leaks")
    for place, question in enumerate(asked):
        put(store, project, chat(f"t{place}", question, answer, at=NOON + timedelta(minutes=place)))
    put(store, project, chat("old", "Is it new?", answer, at=NOON - timedelta(days=20)))
    put(store, project, chat("x", "Who else?", "Nobody.", response_model="other", at=NOON))
    run(project)
    _, columns = judged.read(project, ["t3"], with_peers=True)
    (turn,) = columns
    assert turn.peers is not None
    limits = turn.peers.limits["latency_ms"]
    assert (turn.peers.group, limits.count, limits.p99) == ("answers of gpt-4o-2024-08-06", 4, 1000)
    assert turn.peers.limits["cost_usd"].median == 0.002
    assert sorted(turn.peers.twins) == sorted(asked)


@pytest.mark.parametrize(
    "definitions",
    [
        [{"type": "function", "name": "track", "parameters": SCHEMA}],
        [{"type": "function", "function": {"name": "track", "parameters": SCHEMA}}],
        [{"name": "track", "description": "?", "input_schema": SCHEMA}],
        [{"toolSpec": {"name": "track", "inputSchema": {"json": SCHEMA}}}],
        {"tools": [{"name": "track", "parameters": SCHEMA}]},
        [{"function_declarations": [{"name": "track", "parameters": SCHEMA}]}],
        [json.dumps({"name": "track", "parameters": SCHEMA})],
    ],
    ids=["OpenTelemetry", "OpenAI", "Anthropic", "Bedrock", "wrapped", "Google", "as text"],
)
def test_tool_definitions_are_read_in_every_form(definitions: object) -> None:
    """Name and schema, whoever wrote them."""
    (tool,) = tool_schemas(json.dumps(definitions))
    assert tool.name == "track"
    assert json.loads(tool.parameters) == SCHEMA


def test_what_is_no_definition_or_schema_is_left_out() -> None:
    """Any JSON, or none, may stand where a client should have put one."""
    for text in ("", "{", "7", "[7, null]", '[{"name": 7}]', '{"function": null}', "[" * 5000):
        assert list(tool_schemas(text)) == []
        assert answer_schema(text) == ""
    assert list(tool_schemas('[{"name": "a"}]')) == [ToolSchema("a", "")]
    assert answer_schema('{"format": "json", "response_format": {"type": "json_object"}}') == ""
