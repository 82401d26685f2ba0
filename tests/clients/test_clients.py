"""The real SDKs against the running product: what each sends comes out right."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.store.client import Store
from backend.store.query import Query
from tests.clients.model import ANSWER, started
from tests.ingest.conftest import Server, provisioned
from tests.present import clients_python

pytestmark = [pytest.mark.clients, pytest.mark.slow]
SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    input_text: str
    output_text: str
    conversation_id: str
    user_id: str
    uncached_input_tokens: int
    cached_input_tokens: int
    visible_output_tokens: int
    reasoning_output_tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class _Judged:
    name: str
    value: float | None
    trace_id: str


_CHATS = Query(
    "test_client_chats",
    "SELECT name, input_text, output_text, conversation_id, user_id, uncached_input_tokens, cached_input_tokens,"
    " visible_output_tokens, reasoning_output_tokens, cost_usd FROM span FINAL"
    " WHERE project_id = {project_id:UInt32} AND operation = 'chat'",
    _Row,
)
_SCORES = Query(
    "test_client_scores",
    "SELECT name, value, trace_id FROM score FINAL WHERE project_id = {project_id:UInt32} ORDER BY name",
    _Judged,
)


@pytest.fixture(scope="module")
def product(migrated_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A web server that takes bodies as large as by default."""
    server = provisioned(tmp_path_factory.mktemp("clients"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def run(product: Server, store: Store) -> Iterator[Callable[[str], str]]:
    """Run a client to its end, which must be a good one, and return what it printed."""
    model = started()

    def run(name: str) -> str:
        environ = {
            "PATH": os.environ["PATH"], "HOME": str(product.home), "BASE_URL": product.url, "SECRET": product.secret,
            "PUBLIC_KEY": product.public_key, "MODEL_URL": f"http://127.0.0.1:{model.server_port}/v1",
            "NO_PROXY": "127.0.0.1", "OTEL_BSP_SCHEDULE_DELAY": "200",
        }  # fmt: skip
        command = [clients_python(), str(SCRIPTS / f"{name}.py")]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-3000:]
        return said

    yield run
    model.shutdown()


def _chats(store: Store, seconds: float = 20) -> list[_Row]:
    deadline = time.monotonic() + seconds
    found: list[_Row] = []
    while not any(row.output_text for row in found) and time.monotonic() < deadline:
        time.sleep(0.2)
        found = store.fetch(_CHATS, project_id=1)
    return found


@pytest.mark.parametrize(
    "client", ["langfuse", "langsmith", "opik", "posthog", "litellm", "logfire", "openinference", "openllmetry"]
)
def test_a_call_comes_out_right(run: Callable[[str], str], store: Store, client: str) -> None:
    """Question, answer, disjoint buckets and cost; who asked where, in the clients that say it of a call."""
    said = run(client)
    assert "ERROR" not in said
    (chat,) = _chats(store)
    assert (chat.input_text, chat.output_text) == ("Where is my order?", ANSWER)
    assert (chat.uncached_input_tokens, chat.cached_input_tokens) == (56, 64)
    assert chat.visible_output_tokens + chat.reasoning_output_tokens == 30
    assert chat.cost_usd
    if client in {"langfuse", "langsmith", "opik", "posthog"}:
        assert (chat.conversation_id, chat.user_id) == ("sess-42", "user-7")
        found = [(row.value, bool(row.trace_id)) for row in store.fetch(_SCORES, project_id=1) if row.name == "thumb"]
        assert found == [(1.0, True)]
    if client == "langfuse":  # its script runs an experiment too, on a dataset that it makes
        assert [row.value for row in store.fetch(_SCORES, project_id=1) if row.name == "right"] == [1.0, 1.0, 1.0]
