"""A stand-in for a model's provider: the chat API of OpenAI with one answer and known counts."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "It ships tomorrow."
MODEL = "gpt-4o-mini-2024-07-18"
USAGE = {
    "prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 12},
}  # fmt: skip


class _Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer any question with the one answer; a model named ``fail`` with a refusal."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if str(asked.get("model")).startswith("fail"):
            return self._send(400, {"error": {"message": "no such model", "type": "invalid_request_error"}})
        message = {"role": "assistant", "content": ANSWER}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        base = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_795_000_000, "model": MODEL}
        return self._send(200, {**base, "choices": [choice], "usage": USAGE})

    def _send(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def started() -> ThreadingHTTPServer:
    """The provider, on a loopback port of its own; ``shutdown`` ends it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Chat)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
