"""A stand-in for models' providers: the chat APIs of OpenAI and Anthropic with one answer and known counts."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "It ships tomorrow."
MODEL = "gpt-4o-mini-2024-07-18"
CLAUDE = "claude-sonnet-4-5-20250929"
TOOL, ARGUMENTS = "lookup_order", {"order_id": "A-1001"}
USAGE = {
    "prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 12},
}  # fmt: skip
CLAUDE_USAGE = {
    "input_tokens": 40, "cache_creation_input_tokens": 16, "cache_read_input_tokens": 64, "output_tokens": 30,
}  # fmt: skip


class _Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer any question with the one answer, after a call of the tool where one is offered.

        A model named ``fail`` is refused.
        """
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if str(asked.get("model")).startswith("fail"):
            return self._send(400, {"error": {"message": "no such model", "type": "invalid_request_error"}})
        if self.path.endswith("/messages"):
            return self._send(200, _claude(asked))
        return self._stream(asked) if asked.get("stream") else self._send(200, _completion(asked))

    def _send(self, status: int, value: dict[str, Any]) -> None:
        self._write(status, "application/json", json.dumps(value).encode())

    def _stream(self, asked: dict[str, Any]) -> None:
        whole = _completion(asked)
        (choice,) = whole.pop("choices")
        usage = whole.pop("usage")
        said = {"role": "assistant", "content": choice["message"]["content"]}
        base = {**whole, "object": "chat.completion.chunk"}
        chunks = [
            {"choices": [{"index": 0, "delta": said, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage},
        ]
        lines = [*(json.dumps({**base, **chunk}) for chunk in chunks), "[DONE]"]
        self._write(200, "text/event-stream", "".join(f"data: {line}\n\n" for line in lines).encode())

    def _write(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _calls_tool(asked: dict[str, Any]) -> bool:
    """Whether a tool is offered and none has answered yet."""
    return bool(asked.get("tools")) and "tool_result" not in json.dumps(asked) and all(
        message["role"] != "tool" for message in asked["messages"]
    )  # fmt: skip


def _completion(asked: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": ANSWER}
    if calls := _calls_tool(asked):
        function = {"name": TOOL, "arguments": json.dumps(ARGUMENTS)}
        message = {"role": "assistant", "content": None}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
    base = {"id": f"chatcmpl-{len(asked['messages'])}", "object": "chat.completion", "created": 1_795_000_000}
    return {**base, "model": MODEL, "choices": [choice], "usage": USAGE}


def _claude(asked: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"type": "text", "text": ANSWER}
    if calls := _calls_tool(asked):
        content = {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": ARGUMENTS}
    base = {"id": f"msg_{len(asked['messages'])}", "type": "message", "role": "assistant", "model": CLAUDE}
    return {
        **base, "content": [content], "stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None,
        "usage": CLAUDE_USAGE,
    }  # fmt: skip


def started() -> ThreadingHTTPServer:
    """The provider, on a loopback port of its own; ``shutdown`` ends it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Chat)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
