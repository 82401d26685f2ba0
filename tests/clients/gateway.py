"""Something between clients and Assay: the first requests that bring spans go to another server."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from ingest.routing import match

_HOP = {"connection", "content-length", "transfer-encoding", "host", "date", "server", "content-encoding"}


class Gateway(ThreadingHTTPServer):
    """Passes requests on, and remembers what was answered to those that bring spans.

    Attributes:
        answers: (path, status) of each of these.
        bodies: how many times each body was sent.
    """

    def __init__(self, good: str, broken: str, first: int) -> None:
        """Listen on a loopback port.

        Args:
            good: address of the server that answers.
            broken: address of the one that the first requests go to.
            first: how many do.
        """
        super().__init__(("127.0.0.1", 0), _Pass)
        self.answers: list[tuple[str, int]] = []
        self.bodies: Counter[bytes] = Counter()
        self._good, self._broken, self._first = good, broken, first
        self._guard = threading.Lock()

    def target(self, method: str, path: str) -> str:
        """Where a request goes."""
        with self._guard:
            if match(method, path) is None or self._first == 0:
                return self._good
            self._first -= 1
            return self._broken

    @property
    def url(self) -> str:
        """Its own address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Pass(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def _pass(self) -> None:
        path = self.path.partition("?")[0]
        body = self._chunks() if "transfer-encoding" in self.headers else self._sized()
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in _HOP - {"content-encoding"}
        }
        target = self.server.target(self.command, path)
        answer = httpx.request(self.command, target + self.path, content=body, headers=headers, timeout=60)
        if match(self.command, path) is not None:
            self.server.answers.append((path, answer.status_code))
            self.server.bodies[body] += 1
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = _pass

    def _sized(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def gateway(good: str, broken: str, first: int) -> Iterator[Gateway]:
    """A gateway that runs until the block ends."""
    found = Gateway(good, broken, first)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        found.shutdown()
        found.server_close()
