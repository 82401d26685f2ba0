"""Real agents and frameworks against the running product: every step where it belongs, with what it said."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from backend.store.client import Store
from backend.store.query import Query
from tests.clients.model import ANSWER, ARGUMENTS, CLAUDE, MODEL, TOOL

pytestmark = [pytest.mark.clients, pytest.mark.slow]

QUESTION = "Where is my order?"
SHIPS = "A-1001 ships tomorrow"


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    operation: str
    trace_id: str
    span_id: str
    parent_span_id: str
    provider: str
    request_model: str
    response_model: str
    input_text: str
    output_text: str
    input_messages: str
    output_messages: str
    conversation_id: str
    user_id: str
    uncached_input_tokens: int
    cached_input_tokens: int
    cache_write_input_tokens: int
    visible_output_tokens: int
    reasoning_output_tokens: int
    cost_usd: float | None
    tool_name: str
    tool_arguments: str
    tool_result: str

    @property
    def input_tokens(self) -> int:
        """All that went in."""
        return self.uncached_input_tokens + self.cached_input_tokens + self.cache_write_input_tokens

    @property
    def output_tokens(self) -> int:
        """All that came out."""
        return self.visible_output_tokens + self.reasoning_output_tokens


_STEPS = Query(
    "test_client_steps",
    f"SELECT {', '.join(_Step.__dataclass_fields__)} FROM span FINAL"
    " WHERE project_id = {project_id:UInt32} ORDER BY start_time, end_time DESC",
    _Step,
)


class _Trace:
    """All steps of the one trace that a client told."""

    def __init__(self, store: Store, chats: int, seconds: float = 20) -> None:
        """Wait until so many calls of a model are there, with their messages."""
        deadline = time.monotonic() + seconds
        self.steps: list[_Step] = []
        while len([one for one in self.of("chat") if one.output_messages]) < chats and time.monotonic() < deadline:
            time.sleep(0.2)
            self.steps = store.fetch(_STEPS, project_id=1)
        assert len({one.trace_id for one in self.steps}) == 1
        self._by_id = {one.span_id: one for one in self.steps}

    def of(self, operation: str) -> list[_Step]:
        """Steps of an operation, by their beginning."""
        return [one for one in self.steps if one.operation == operation]

    def above(self, step: _Step) -> list[str]:
        """Names of the steps that one stands in, the nearest first."""
        found = []
        while step.parent_span_id:
            step = self._by_id[step.parent_span_id]
            found.append(step.name)
        return found


def _parts(messages: str) -> list[tuple[str, dict[str, Any]]]:
    """Role and part of each, in their order."""
    return [(message["role"], part) for message in json.loads(messages) for part in message["parts"]]


def _arguments(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "client",
    [
        "openlit",
        pytest.param("openai3/genai_span", marks=pytest.mark.openai3),
        pytest.param("openai3/genai_event", marks=pytest.mark.openai3),
    ],
)
def test_a_call_stands_in_its_turn(run: Callable[[str], str], store: Store, client: str) -> None:
    """OpenTelemetry's own instrumentation with messages on spans or in log records, and OpenLIT's with both."""
    run(client)
    trace = _Trace(store, 1)
    (chat,) = trace.of("chat")
    assert (chat.provider, chat.request_model, chat.response_model) == ("openai", "gpt-4o-mini", MODEL)
    assert [(role, part["content"]) for role, part in _parts(chat.input_messages)] == [("user", QUESTION)]
    assert [(role, part["content"]) for role, part in _parts(chat.output_messages)] == [("assistant", ANSWER)]
    assert (chat.input_text, chat.output_text) == (QUESTION, ANSWER)
    assert (chat.uncached_input_tokens, chat.cached_input_tokens, chat.output_tokens) == (56, 64, 30)
    assert chat.cost_usd
    assert trace.above(chat) == ["turn"]
    (turn,) = (one for one in trace.steps if one.name == "turn")
    assert (turn.conversation_id, turn.user_id) == ("sess-42", "user-7")


_ABOVE = {
    "openai3/agents_native": (["turn", "support", "task"], ["turn", "support", "task"]),
    "openai3/agents_openinference": (["turn", "support", "Agent workflow", "turn"],) * 2,
    "openai3/pydantic_agent": (["invoke_agent support", "turn"],) * 2,
    "openai3/langchain_agent": (["model", "support"], ["tools", "support"]),
}
_SAYS_NO_CACHED = {"openai3/agents_openinference"}
_KNOWS_MODEL_ASKED_ALONE = {"openai3/agents_native", "openai3/agents_openinference"}


@pytest.mark.openai3
@pytest.mark.parametrize("client", _ABOVE)
def test_an_agent_calls_its_tool(run: Callable[[str], str], store: Store, client: str) -> None:
    """OpenAI's Agents by their own exporter and by OpenInference, Pydantic AI, and LangChain by OpenInference."""
    assert ANSWER in run(client)
    trace = _Trace(store, 2)
    chats, (tool,) = trace.of("chat"), trace.of("execute_tool")
    assert len(chats) == 2
    for chat in chats:
        assert (chat.conversation_id, chat.input_text) == ("sess-42", QUESTION)
        answered = "gpt-4o-mini" if client in _KNOWS_MODEL_ASKED_ALONE else MODEL
        assert (chat.request_model, chat.response_model) == ("gpt-4o-mini", answered)
        assert (chat.input_tokens, chat.output_tokens) == (120, 30)
        assert chat.cached_input_tokens == (0 if client in _SAYS_NO_CACHED else 64)
        assert chat.cost_usd
        assert trace.above(chat) == _ABOVE[client][0]
    _calls_its_tool(chats[0], chats[1], tool)
    assert trace.above(tool) == _ABOVE[client][1]


def _calls_its_tool(first: _Step, second: _Step, tool: _Step) -> None:
    ((_, call),) = _parts(first.output_messages)
    assert (call["type"], call["name"], _arguments(call["arguments"])) == ("tool_call", TOOL, ARGUMENTS)
    assert (tool.tool_name, tool.tool_result, tool.output_text) == (TOOL, SHIPS, SHIPS)
    assert ARGUMENTS["order_id"] in tool.tool_arguments
    asked = _parts(second.input_messages)
    assert [(role, part.get("content")) for role, part in asked[:2]] == [("system", "Be kind."), ("user", QUESTION)]
    assert [part["type"] for _, part in asked[2:]] == ["tool_call", "tool_call_response"]
    assert (asked[3][1]["id"], asked[3][1]["response"]) == (asked[2][1]["id"], SHIPS)
    assert second.output_text == ANSWER


@pytest.mark.openai3
def test_a_call_that_two_tell_counts_once(run: Callable[[str], str], store: Store) -> None:
    """Anthropic's SDK tells its calls by itself, below the span of OpenInference."""
    assert ANSWER in run("openai3/claude")
    trace = _Trace(store, 1)
    (chat,) = trace.of("chat")
    assert (chat.provider, chat.request_model, chat.response_model) == ("anthropic", "claude-sonnet-4-5", CLAUDE)
    assert [(role, part["content"]) for role, part in _parts(chat.input_messages)] == [
        ("system", "Be kind."), ("user", QUESTION),
    ]  # fmt: skip
    assert chat.output_text == ANSWER
    told = (chat.uncached_input_tokens, chat.cached_input_tokens, chat.cache_write_input_tokens, chat.output_tokens)
    assert told == (40, 64, 16, 30)
    assert [one.name for one in trace.steps] == ["turn", "messages.create", "anthropic.messages.create"]
    assert sum(one.input_tokens + one.output_tokens for one in trace.steps) == 150
    assert trace.above(trace.steps[2]) == ["messages.create", "turn"]
