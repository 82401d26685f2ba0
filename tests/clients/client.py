"""Running one of the real clients, and what the store has of its calls."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from backend.store.client import Store
from backend.store.query import Query
from tests.ingest.conftest import Server
from tests.present import clients_javascript, clients_openai3, clients_python

SCRIPTS = Path(__file__).parent / "scripts"
JAVASCRIPT = Path(__file__).parent / "js"


@dataclass(frozen=True, slots=True)
class Chat:
    """A model's call as it is stored."""

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


_CHATS = Query(
    "test_client_chats",
    "SELECT name, input_text, output_text, conversation_id, user_id, uncached_input_tokens, cached_input_tokens,"
    " visible_output_tokens, reasoning_output_tokens, cost_usd FROM span FINAL"
    " WHERE project_id = {project_id:UInt32} AND operation = 'chat'",
    Chat,
)


def play(name: str, product: Server, model_url: str, *, url: str = "", secret: str = "", well: bool = True) -> str:
    """Run a client to its end, until what it sent is stored, and return what it printed.

    Args:
        name: of its script; with ``_js`` behind it where it is in JavaScript, and ``openai3/`` before it where it needs
            OpenAI's SDK of version 3, which has an environment of its own.
        product: the server it sends to.
        model_url: the stand-in for a model's provider.
        url: another address of the server.
        secret: another key.
        well: whether the end must be a good one.
    """
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(product.home), "BASE_URL": url or product.url,
        "SECRET": secret or product.secret, "PUBLIC_KEY": product.public_key, "MODEL_URL": model_url,
        "NO_PROXY": "127.0.0.1", "OTEL_BSP_SCHEDULE_DELAY": "200",
    }  # fmt: skip
    command, script, cwd = [clients_python(), str(SCRIPTS / f"{name}.py")], "", None
    if name.startswith("openai3/"):
        command = [clients_openai3(), str(SCRIPTS.parent / f"{name}.py")]
    if name.endswith("_js"):  # from its input, so that it finds its packages where it runs
        script = (JAVASCRIPT / f"{name.removesuffix('_js')}.mjs").read_text()
        command, cwd = ["node", "--input-type=module"], clients_javascript()
    done = subprocess.run(
        command, input=script, cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0 or not well, said[-3000:]
    product.settle()
    return said


def chats(store: Store, seconds: float = 20) -> list[Chat]:
    """The calls that are stored, once one has its answer."""
    deadline = time.monotonic() + seconds
    found: list[Chat] = []
    while not any(row.output_text for row in found) and time.monotonic() < deadline:
        time.sleep(0.2)
        found = store.fetch(_CHATS, project_id=1)
    return found
