"""Which recorded requests can be sent again, and that those which cannot say why not."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.replay.recorded import read
from analytics.replay.wire import body_of, plainer
from backend.errors import BadRequest
from backend.store.client import Store
from backend.telemetry.message import Message, Part, dump
from tests.analytics.pipeline.building import put, span
from tests.analytics.replay.conftest import QUESTION, RULES, record, said
from tests.conftest import Cast
from tests.frontend.pages.conftest import START, nanos

FILE = f"attachment:{'0' * 64}?type=image%2Fpng&size=12"
ASKED = Message(role="assistant", parts=(Part(type="tool_call", id="c1", name="find", arguments={"q": "é"}),))
TOLD = Message(role="tool", parts=(Part(type="tool_call_response", id="c1", response={"state": "sent"}),))


def _messages(*parts: Part) -> list[Message]:
    return [said("system", RULES), Message(role="user", parts=parts)]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"messages": []}, "were not recorded"),
        ({"messages": _messages(Part(type="blob", content="AAAA", mime_type="image/png"))}, "image, audio or a file"),
        ({"messages": _messages(Part(type="uri", content="https://example.com/x.png"))}, "image, audio or a file"),
        ({"messages": _messages(Part(type="text", content=FILE))}, "refers to an attachment"),
        ({"messages": _messages(Part(type="text", content="x" * 1_000_001))}, "sends at most 1,000,000"),
        ({"input_messages": "[1]"}, "cannot be read"),
        ({"operation": "invoke_agent"}, "no call of a model"),
        ({"answer": "", "output_messages": dump([ASKED])}, "call of a tool"),
        ({"attributes": {"assay.masked": '{"EMAIL": ["bcdfg"]}'}}, "1 value of this trace was masked"),
        ({"attributes": {"assay.masked": '{"EMAIL": ["bcdfg", "bcdfh"]}'}}, "2 values of this trace were masked"),
        ({"attributes": {"assay.dropped": "1"}}, "not stored, by the project's policy"),
    ],
)
def test_what_cannot_be_sent_as_it_was_says_why(store: Store, cast: Cast, fields: dict[str, Any], why: str) -> None:
    """No part of it is guessed."""
    turn_id = record(store, cast.project.pk, **fields)
    with pytest.raises(BadRequest, match=why):
        read(cast.project.pk, turn_id)


def test_a_trace_that_sampling_left_out_is_gone(store: Store, cast: Cast, turn_id: str) -> None:
    """Its question and answer stay, its request does not."""
    fate = {"trace_id": "r1", "fate": "left_out", "reason": "", "rate": 0.1, "decided_at": nanos(START), "spans": 2}
    store.insert("trace_fate", ["project_id", *fate], [[cast.project.pk], *[[value] for value in fate.values()]])
    with pytest.raises(BadRequest, match="left out by sampling"):
        read(cast.project.pk, turn_id)


def test_a_tool_that_failed_would_fail_again(store: Store, cast: Cast) -> None:
    """Its result stands in the request."""
    turn_id = record(store, cast.project.pk)
    failed = '[{"name": "find", "arguments": "{}", "span_id": "tool", "status": "error"}]'
    store.command(f"ALTER TABLE turn UPDATE tool_calls = '{failed}' WHERE 1 SETTINGS mutations_sync = 1")
    with pytest.raises(BadRequest, match="the tool find failed before the answer"):
        read(cast.project.pk, turn_id)


def test_calls_and_results_keep_their_ids(store: Store, cast: Cast) -> None:
    """In the form of chat completions, with the tools that were offered and none to be called; reasoning stays here."""
    thought = Message(role="assistant", parts=(Part(type="reasoning", content="hm"), *ASKED.parts))
    tools = '[{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]'
    messages = [said("system", RULES), said("user", QUESTION), thought, TOLD]
    turn_id = record(store, cast.project.pk, messages=messages, tool_definitions=tools)
    recorded = read(cast.project.pk, turn_id)
    body = body_of(recorded, recorded.messages, recorded.model)
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q":"é"}'}}
    assert body["messages"][2:] == [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": '{"state":"sent"}'},
    ]
    assert (body["tools"][0]["function"]["name"], body["tool_choice"]) == ("find", "none")


def test_calls_without_ids_are_answered_in_order(store: Store, cast: Cast) -> None:
    """Each result belongs to the call before it."""
    calls = Message(role="assistant", parts=tuple(Part(type="tool_call", name=name) for name in ("one", "two")))
    results = Message(role="tool", parts=tuple(Part(type="tool_call_response", response=text) for text in ("1", "2")))
    turn_id = record(store, cast.project.pk, messages=[said("user", QUESTION), calls, results])
    recorded = read(cast.project.pk, turn_id)
    _, asked, first, second = body_of(recorded, recorded.messages, "m")["messages"]
    ids = [call["id"] for call in asked["tool_calls"]]
    assert len(set(ids)) == 2
    assert [(one["tool_call_id"], one["content"]) for one in (first, second)] == list(zip(ids, "12", strict=True))


def test_models_that_reason_are_asked_in_their_words() -> None:
    """Once, after a 400."""
    plain = plainer({"model": "m", "messages": [], "temperature": 0.3, "max_tokens": 600})
    assert plain == {"model": "m", "messages": [], "max_completion_tokens": 600}
    assert plainer(plain) is None


def test_a_turn_is_found_by_its_id_alone(store: Store, cast: Cast, turn_id: str) -> None:
    """Another project's turn is none, and ids with dots keep theirs."""
    dotted = record(store, cast.project.pk, "a.b.c")
    assert read(cast.project.pk, dotted).turn.turn_id == "a.b.c.0"
    put(store, cast.project.pk, [span("r1", "late", at=START, operation="retrieval")])
    assert read(cast.project.pk, turn_id).model == "gpt-4o"
    elsewhere = cast.stranger.memberships.get().project
    with pytest.raises(Exception, match="there is no turn"):
        read(elsewhere.pk, turn_id)
