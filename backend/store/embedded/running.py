"""One query on its way: a place in a lane, steps in threads, and its end when the client leaves."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from typing import IO, TypeVar

from backend.store.embedded import answers, compression
from backend.store.embedded.answers import Counts
from backend.store.embedded.body import Body, Gone
from backend.store.embedded.config import Config
from backend.store.embedded.engine import Engine
from backend.store.embedded.errors import Fault
from backend.store.embedded.inserts import Insert, insert
from backend.store.embedded.lanes import Lane, Lanes
from backend.store.embedded.reply import Reply
from backend.store.embedded.request import Request
from backend.store.embedded.statement import Kind, Statement

Result = TypeVar("Result")

_PIECE = 1 << 20
_SPOOL_IN_MEMORY = 4 << 20
_KILL_AGAIN_S = 0.1  # a query that has not started yet cannot be killed; so it is told again


class Running:
    """One query."""

    def __init__(self, engine: Engine, lanes: Lanes, config: Config, asked: Request, read: Statement) -> None:
        self._engine = engine
        self._lanes = lanes
        self._lane: Lane = lanes.of(asked, read.kind)
        self._config = config
        self._asked = asked
        self._read = read
        self._counts = Counts()

    async def serve(self, rows: bytes, body: Body, reply: Reply) -> None:
        """Run it and answer.

        Args:
            rows: what was already read of the rows to insert.
            body: where the rest of them comes from.
            reply: where the answer goes.

        Raises:
            Fault: the engine refuses it before the answer has begun.
            Gone: the client has left.
        """
        if self._read.kind is Kind.INSERT:
            rows += await body.upto(_PIECE - len(rows))
            reply.describe(self._asked, "", "")
            async with self._lane.place():
                await self._insert(rows, body)
            await reply.whole(self._counts, 0, _one(b""))
            return
        format_ = answers.format_of(self._asked, self._read)
        encoding = compression.chosen(self._asked.headers.get("accept-encoding", "")) if self._asked.packs else ""
        reply.describe(self._asked, format_, encoding)
        async with self._lane.place():
            await self._answer(body, reply, encoding)

    async def _insert(self, rows: bytes, body: Body) -> None:
        if body.ended:
            await self._step(insert, self._engine, self._asked, self._read, rows, self._counts)
            return
        opened = await self._step(Insert, self._engine, self._asked, self._read, self._counts)
        try:
            while rows:
                await self._step(opened.append, rows)
                rows = await body.upto(_PIECE)
        except (Fault, Gone, asyncio.CancelledError):
            await asyncio.shield(self._step(opened.cancel))
            raise
        await self._step(opened.finish)

    async def _answer(self, body: Body, reply: Reply, encoding: str) -> None:
        pieces = answers.pieces(self._engine, self._asked, self._read, self._counts, self._config.spool)
        source = _Source(pieces, compression.packer(encoding) if encoding else None)
        left = asyncio.ensure_future(body.gone())
        try:
            if self._asked.waits:
                await self._waited(source, left, reply)
            else:
                await self._passed_on(source, left, reply)
        finally:
            left.cancel()
            if not source.ended():
                await asyncio.shield(self._step(source.close))

    async def _waited(self, source: _Source, left: asyncio.Future[None], reply: Reply) -> None:
        with tempfile.SpooledTemporaryFile(_SPOOL_IN_MEMORY, dir=str(self._config.spool)) as file:
            size = await self._watched(self._lane.submit(source.copy_to, file), left)
            await reply.whole(self._counts, size, _read(file))

    async def _passed_on(self, source: _Source, left: asyncio.Future[None], reply: Reply) -> None:
        piece = await self._watched(self._lane.submit(source.fill), left)
        if source.ended():
            await reply.whole(self._counts, len(piece), _one(piece))
            return
        await reply.begin(self._counts)
        while not source.ended():
            await reply.piece(piece, more=True)
            try:
                piece = await self._watched(self._lane.submit(source.fill), left)
            except Fault as refusal:
                # The connection ends without the last chunk, so no client can take this for a whole answer.
                await reply.piece(source.last(reply.broken(refusal)), more=True)
                raise Gone from refusal
        await reply.piece(piece, more=False)

    async def _watched(self, step: Future[Result], left: asyncio.Future[None]) -> Result:
        """The result of a step; the query is cancelled when the client leaves before it is there."""
        waiting = asyncio.wrap_future(step)
        await asyncio.wait((waiting, left), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done() and not left.done():
            return waiting.result()
        while not waiting.done():
            self._lanes.kills.submit(self._engine.kill, self._asked.query_id)
            await asyncio.wait({waiting}, timeout=_KILL_AGAIN_S)
        waiting.exception()  # it was cancelled; nobody is there to be told
        raise Gone

    async def _step(self, deed: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.wrap_future(self._lane.submit(deed, *arguments))


class _Source:
    """Pieces of an answer, gathered and packed in a thread."""

    def __init__(self, pieces: Iterator[bytes], packer: compression.Packer | None) -> None:
        self._pieces = pieces
        self._packer = packer
        self._lock = threading.Lock()
        self._ended = False

    def ended(self) -> bool:
        """Whether the last piece was given."""
        return self._ended

    def fill(self) -> bytes:
        """About a MiB, less at the end."""
        with self._lock:
            parts, size = [], 0
            for piece in self._pieces:
                parts.append(self._packer.pack(piece) if self._packer else piece)
                size += len(parts[-1])
                if size >= _PIECE:
                    break
            else:
                self._ended = True
                parts.append(self._packer.finish() if self._packer else b"")
            return b"".join(parts)

    def copy_to(self, file: IO[bytes]) -> int:
        """All of it, into a file; its size."""
        size = 0
        while not self.ended():
            size += file.write(self.fill())
        file.seek(0)
        return size

    def last(self, piece: bytes) -> bytes:
        """A last piece, packed like the others."""
        return self._packer.pack(piece) + self._packer.finish() if self._packer else piece

    def close(self) -> None:
        """Cancel what is left."""
        with self._lock:
            self._ended = True
            self._pieces.close()  # type: ignore[attr-defined]


async def _one(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


async def _read(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
