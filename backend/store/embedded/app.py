"""The ASGI face: one request in, one ClickHouse answer out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from backend.store.embedded import forms, request, statement
from backend.store.embedded.body import Body, Gone, Receive
from backend.store.embedded.config import Config
from backend.store.embedded.engine import Engine
from backend.store.embedded.errors import Code, Fault, fault
from backend.store.embedded.lanes import Lanes
from backend.store.embedded.reply import Reply
from backend.store.embedded.request import Request
from backend.store.embedded.running import Running
from backend.store.embedded.statement import Kind, Statement

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger("assay.store")

_FIRST = 1 << 16
_TEXT_LIMIT = 16 << 20


class App:
    """ASGI application over one engine."""

    def __init__(self, config: Config, engine: Engine) -> None:
        self._config = config
        self._engine = engine
        self._lanes = Lanes(config)
        self._running: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event, as ASGI asks."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, Reply(send, self._engine.version))

    def stop_reading(self) -> None:
        """Cancel what only reads, so that a process asked to end waits for writes alone."""
        with suppress(RuntimeError):  # the lanes are closed: the end has already come so far
            self._lanes.kills.submit(self._engine.kill_reading)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self._close)
        await send({"type": "lifespan.shutdown.complete"})

    def _close(self) -> None:
        self._engine.kill_reading()
        self._lanes.close()
        self._engine.close()

    async def _http(self, scope: Scope, receive: Receive, reply: Reply) -> None:
        if scope["path"] in {"/ping", "/replicas_status"}:
            await reply.plain(200, b"Ok.\n")
            return
        body = None
        try:
            headers = request.headers_of(scope["headers"])
            body = self._body(receive, headers)
            request.authenticate(headers, self._config.secret)
            body.check()
            await self._query(request.read(scope["method"], scope["query_string"], headers), body, reply)
        except Fault as refusal:
            if body is not None:
                await body.drain()
            await reply.refuse(refusal)
        except Gone:
            log.debug("client left while sending")

    def _body(self, receive: Receive, headers: dict[str, str]) -> Body:
        return Body(
            receive,
            encoding=headers.get("content-encoding", "").strip().lower(),
            limit=self._config.body_limit,
            length=headers.get("content-length", ""),
        )

    async def _query(self, asked: Request, body: Body, reply: Reply) -> None:
        if forms.is_form(asked.headers.get("content-type", "")):
            content = await self._text(body, b"")
            asked = request.with_fields(asked, forms.fields(asked.headers["content-type"], content))
            read, rows = _whole(asked.query), b""
        else:
            read, rows = await self._statement(asked, body)
        if asked.query_id in self._running:
            raise fault(
                Code.QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, f"Query with id = {asked.query_id} is already running."
            )
        self._running.add(asked.query_id)
        try:
            running = Running(self._engine, self._lanes, self._config, asked, read)
            await running.serve(rows, body, reply)
        finally:
            self._running.discard(asked.query_id)

    async def _statement(self, asked: Request, body: Body) -> tuple[Statement, bytes]:
        """The statement, and what was read of its rows."""
        text = asked.query + b"\n" if asked.query else b""
        text += await body.upto(_FIRST)
        read = statement.read(text, whole=body.ended)
        if read is None:
            text = await self._text(body, text)
            read = _whole(text)
        return read, text[read.rows_at :] if read.kind is Kind.INSERT else b""

    async def _text(self, body: Body, start: bytes) -> bytes:
        text = start + await body.upto(_TEXT_LIMIT + 1 - len(start))
        _check_text(text)
        return text


def _check_text(text: bytes) -> None:
    if len(text) > _TEXT_LIMIT:
        raise fault(
            Code.QUERY_IS_TOO_LARGE, f"Query text is larger than {_TEXT_LIMIT >> 20} MiB; put values in parameters."
        )


def _whole(text: bytes) -> Statement:
    read = statement.read(text, whole=True)
    assert read is not None  # noqa: S101 - a whole text is always told
    return read
