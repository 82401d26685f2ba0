"""Answers as a ClickHouse server writes them: status, headers, pieces, and an exception in the middle of them."""

from __future__ import annotations

import secrets
import string
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from backend.store.embedded.answers import Counts
from backend.store.embedded.errors import Fault
from backend.store.embedded.request import Request

_PART = 1 << 18
_TYPES = (
    ("jsoneachrow", "application/x-ndjson; charset=UTF-8"),
    ("ndjson", "application/x-ndjson; charset=UTF-8"),
    ("json", "application/json; charset=UTF-8"),
    ("csv", "text/csv; charset=UTF-8"),
    ("tabseparated", "text/tab-separated-values; charset=UTF-8"),
    ("tsv", "text/tab-separated-values; charset=UTF-8"),
    ("native", "application/octet-stream"),
    ("rowbinary", "application/octet-stream"),
    ("parquet", "application/octet-stream"),
    ("arrow", "application/octet-stream"),
    ("orc", "application/octet-stream"),
    ("avro", "application/octet-stream"),
)


class Reply:
    """The answer to one request."""

    def __init__(self, send: Callable[[MutableMapping[str, Any]], Awaitable[None]], version: str) -> None:
        self._send = send
        self._version = version
        self._tag = ""
        self._headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Server-Display-Name": "assay",
            "X-ClickHouse-Timezone": "UTC",
        }

    def describe(self, request: Request, format_: str, encoding: str) -> None:
        """Name the query, its format and the packing in the headers that are sent later."""
        self._headers["X-ClickHouse-Query-Id"] = _printable(request.query_id)
        if format_:
            self._headers["X-ClickHouse-Format"] = _printable(format_)
            lower = format_.lower()
            self._headers["Content-Type"] = next(
                (kind for start, kind in _TYPES if lower.startswith(start)), self._headers["Content-Type"]
            )
        if encoding:
            self._headers["Content-Encoding"] = encoding

    async def plain(self, status: int, body: bytes) -> None:
        """A short answer without a query."""
        await self._start(status, len(body))
        await self._body(body, more=False)

    async def refuse(self, refusal: Fault) -> None:
        """A ClickHouse exception in place of an answer."""
        self._headers.pop("Content-Encoding", None)
        self._headers.pop("X-ClickHouse-Format", None)
        self._headers["Content-Type"] = "text/plain; charset=UTF-8"
        self._headers["X-ClickHouse-Exception-Code"] = str(refusal.number)
        await self.plain(refusal.http_status, refusal.body(self._version))

    async def whole(self, counts: Counts, size: int, pieces: AsyncIterator[bytes]) -> None:
        """An answer of which everything is known."""
        self._headers["X-ClickHouse-Summary"] = counts.summary()
        await self._start(200, size)
        async for piece in pieces:
            await self._body(piece, more=True)
        await self._body(b"", more=False)

    async def begin(self, counts: Counts) -> None:
        """Start an answer whose length is not known; a later exception is marked with a tag that no row can hold."""
        self._tag = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
        self._headers["X-ClickHouse-Exception-Tag"] = self._tag
        self._headers["X-ClickHouse-Summary"] = counts.summary()
        await self._start(200, None)

    async def piece(self, piece: bytes, *, more: bool) -> None:
        """The next piece of an answer that was begun."""
        await self._body(piece, more=more)

    def broken(self, refusal: Fault) -> bytes:
        """What tells a client inside an answer that the query failed."""
        text = refusal.body(self._version)
        tag = self._tag.encode()
        foot = f"{len(text)} ".encode() + tag
        return b"\r\n__exception__\r\n" + tag + b"\r\n" + text + foot + b"\r\n__exception__\r\n"

    async def _start(self, status: int, size: int | None) -> None:
        if size is not None:
            self._headers["Content-Length"] = str(size)
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self._headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _body(self, piece: bytes, *, more: bool) -> None:
        # The server copies each body into its buffers, so a block of many MiB goes in parts and waits in between.
        for at in range(0, max(len(piece), 1), _PART):
            last = at + _PART >= len(piece)
            part = piece if last and at == 0 else piece[at : at + _PART]
            await self._send({"type": "http.response.body", "body": part, "more_body": more or not last})


def _printable(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text[:256])
