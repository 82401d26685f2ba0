"""The real SDKs against the running product: what each sends comes out right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from backend.store.client import Store
from backend.store.query import Query
from tests.clients.client import chats
from tests.clients.model import ANSWER

pytestmark = [pytest.mark.clients, pytest.mark.slow]


_SAYS_WHO = {"langfuse", "langsmith", "opik", "posthog", "mlflow", "langfuse_js"}


@dataclass(frozen=True, slots=True)
class _Judged:
    name: str
    value: float | None
    trace_id: str


_SCORES = Query(
    "test_client_scores",
    "SELECT name, value, trace_id FROM score FINAL WHERE project_id = {project_id:UInt32} ORDER BY name",
    _Judged,
)


@dataclass(frozen=True, slots=True)
class _Agent:
    conversation_id: str
    user_id: str


_AGENTS = Query(
    "test_client_agents",
    "SELECT conversation_id, user_id FROM span FINAL"
    " WHERE project_id = {project_id:UInt32} AND operation = 'invoke_agent'",
    _Agent,
)

_SHOWN = Query(
    "test_client_media",
    "SELECT input_text AS name, NULL AS value, trace_id FROM span AS s FINAL"
    " WHERE project_id = {project_id:UInt32} AND s.name = 'shown'",
    _Judged,
)


def _shown(store: Store) -> str:
    """What the span with the picture says, once it is stored."""
    deadline = time.monotonic() + 20
    while not (found := store.fetch(_SHOWN, project_id=1)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found[0].name if found else ""


@pytest.mark.parametrize(
    "client",
    ["langfuse", "langsmith", "opik", "posthog", "litellm", "logfire", "openinference", "openllmetry", "mlflow"],
)
def test_a_call_comes_out_right(run: Callable[[str], str], store: Store, client: str) -> None:
    """Question, answer, disjoint buckets and cost; who asked where, in the clients that say it of a call."""
    _comes_out_right(run(client), store, client)


@pytest.mark.javascript
@pytest.mark.parametrize("client", ["vercel_js", "langfuse_js"])
def test_a_call_from_javascript_comes_out_right(run: Callable[[str], str], store: Store, client: str) -> None:
    """The same of SDKs in JavaScript: Vercel's AI SDK over OpenTelemetry's exporter of JSON, and Langfuse's."""
    said = run(client)
    assert ANSWER in said
    _comes_out_right(said, store, client)
    if client == "vercel_js":  # it tells who asked of the agent around the call
        assert store.fetch(_AGENTS, project_id=1) == [_Agent("sess-42", "user-7")]


def _comes_out_right(said: str, store: Store, client: str) -> None:
    assert "ERROR" not in said
    (chat,) = chats(store)
    assert (chat.input_text, chat.output_text) == ("Where is my order?", ANSWER)
    assert (chat.uncached_input_tokens, chat.cached_input_tokens) == (56, 64)
    assert chat.visible_output_tokens + chat.reasoning_output_tokens == 30
    assert chat.cost_usd
    if client in _SAYS_WHO:
        assert (chat.conversation_id, chat.user_id) == ("sess-42", "user-7")
        found = [(row.value, bool(row.trace_id)) for row in store.fetch(_SCORES, project_id=1) if row.name == "thumb"]
        assert found == [(1.0, True)]
    if client == "langfuse":  # its script runs an experiment too, on a dataset that it makes
        assert [row.value for row in store.fetch(_SCORES, project_id=1) if row.name == "right"] == [1.0, 1.0, 1.0]
        assert "@@@langfuseMedia:type=image/png|id=" in _shown(store)  # and a picture, which it puts aside first
