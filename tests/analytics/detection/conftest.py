"""A model that a test makes answer as it wants, over HTTP, and a project whose judges ask it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from analytics.detection import asking
from backend.detection.choices import Author
from backend.detection.endpoint import Settings, set_endpoint
from backend.detection.models import JudgeEndpoint
from backend.env import Env, env
from tests.conftest import Cast

WHO = Author("owner@example.com")


class Model:
    """A server that speaks like OpenAI's and answers as a test wants."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.says: Callable[[dict[str, Any]], tuple[int, Any]] = self.flags
        self.url = ""

    def flags(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Follow the system message, as a model should."""
        return 200, self.reply(body, verdict="flag", confidence=0.9, reason="It promises one.", quote="a refund")

    def reply(self, body: dict[str, Any], **said: Any) -> dict[str, Any]:
        """A completion with the mark that the system message asks for."""
        mark = body["messages"][0]["content"].partition('"mark" is exactly "')[2][:12]
        content = json.dumps({"mark": mark, "verdict": "clear", "confidence": 0.8, "reason": "", "quote": ""} | said)
        return self.completion(content)

    def completion(self, content: str | None) -> dict[str, Any]:
        """A completion with any content."""
        return {
            "choices": [{"message": {"role": "assistant", "content": content}}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 50},
        }


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """The server on loopback, and settings that allow such."""
    made = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.seen.append(body | {"path": self.path})
            made.keys.append(self.headers.get("Authorization", ""))
            status, answer = made.says(body)
            sent = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/v1"
    allowed = Env(judge_private_targets=True, home=env().home)
    monkeypatch.setattr(asking, "env", lambda: allowed)
    yield made
    server.shutdown()


@pytest.fixture
def endpoint(cast: Cast, model: Model, monkeypatch: pytest.MonkeyPatch) -> JudgeEndpoint:
    """The endpoint of the project, with a key and prices."""
    monkeypatch.setenv("JUDGE_KEY_TEST", "sk-judge")
    new = Settings(
        base_url=model.url, model="small-1", key_variable="JUDGE_KEY_TEST", is_enabled=True, calls_a_day=10,
        input_usd=2.0, output_usd=10.0,
    )  # fmt: skip
    return set_endpoint(cast.project, new, WHO)
