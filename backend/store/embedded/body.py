"""The body of a request: unpacked, counted, taken piece by piece as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from backend.store.embedded.compression import Unpacker
from backend.store.embedded.errors import Code, Fault, fault

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_SILENCE_S = 300.0
_DRAIN_S = 10.0


class Gone(Exception):
    """The client closed the connection."""


class Body:
    """A body that is read once.

    Attributes:
        ended: whether all of it was given.
    """

    def __init__(self, receive: Receive, *, encoding: str, limit: int, length: str = "") -> None:
        self._receive = receive
        self._encoding = encoding
        self._limit = limit
        self._length = length
        self._size = 0
        self._wire_ended = False
        self._unpacker: Unpacker | None = None
        self._opened: Iterator[bytes] = iter(())
        self.ended = False

    def check(self) -> None:
        """Look at what is announced, before anything is read.

        Raises:
            Fault: the encoding is not read here, or the announced length is above the limit.
        """
        if self._encoding not in {"", "identity"}:
            self._unpacker = Unpacker(self._encoding)
        if self._length.isdigit() and int(self._length) > self._limit:
            raise self._too_large(int(self._length))

    async def read(self) -> bytes:
        """The next piece, at most about a MiB; empty at the end.

        Raises:
            Fault: the body is too large, broken, or stops coming.
            Gone: the client has left.
        """
        while not self.ended:
            piece = next(self._opened, b"")
            if piece:
                self._size += len(piece)
                if self._size > self._limit:
                    raise self._too_large(self._size)
                return piece
            await self._pull()
        return b""

    async def upto(self, size: int) -> bytes:
        """Pieces of together at least that size, less only at the end."""
        parts, total = [], 0
        while total < size and (piece := await self.read()):
            parts.append(piece)
            total += len(piece)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def gone(self) -> None:
        """Return when the client has left; only after the end of the body."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def drain(self) -> None:
        """Take and forget the rest, for a while, so that a client that is still sending can read the refusal."""
        try:
            async with asyncio.timeout(_DRAIN_S):
                while not self._wire_ended:
                    await self._message()
        except (TimeoutError, Gone):
            return

    async def _pull(self) -> None:
        if self._wire_ended:
            if self._unpacker is not None:
                self._unpacker.finish()
            self.ended = True
            return
        piece = await self._message()
        self._opened = iter((piece,)) if self._unpacker is None else self._unpacker.unpack(piece)

    async def _message(self) -> bytes:
        try:
            async with asyncio.timeout(_SILENCE_S):
                message = await self._receive()
        except TimeoutError:
            raise fault(Code.SOCKET_TIMEOUT, f"No byte of the body came for {_SILENCE_S:.0f} s.") from None
        if message["type"] == "http.disconnect":
            raise Gone
        self._wire_ended = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        return piece

    def _too_large(self, size: int) -> Fault:
        return fault(
            Code.LIMIT_EXCEEDED,
            f"Body is {size / 2**20:.1f} MiB or more; the limit is {self._limit / 2**20:.1f} MiB (--body-mib).",
        )
