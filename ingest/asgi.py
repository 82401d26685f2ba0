"""The face for SDKs: a small ASGI application in front of Django.

Django copies each body to a temporary file and runs each request through its middleware and threads; for a request of
one span that is most of the work. Here a request is read, decoded, handed to the group commit and answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from backend.env import env
from backend.errors import AssayError, BadRequest
from backend.registry import discover
from backend.store.connection import store
from backend.store.rows import Rows, span_rows
from backend.store.spool import Spool
from backend.store.writer import Writer
from ingest import body, counters, steps
from ingest.keys import Keys
from ingest.protocols.base import Answer, Protocol

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

_INLINE_LIMIT: Final = 32 * 1024
"""Bodies up to here (about a millisecond of work) are decoded where they arrive; a thread costs more."""


class MethodNotAllowed(AssayError):
    """Only POST sends spans."""

    status = 405
    code = "method_not_allowed"


@cache
def protocols() -> dict[str, Protocol]:
    """All protocols by the paths they are served at."""
    found = [kind() for kind in discover("ingest.protocols", Protocol).values()]  # type: ignore[type-abstract]
    return {path: protocol for protocol in found for path in protocol.paths}


@cache
def writer() -> Writer:
    """This process's writer, started at the first call."""
    return Writer(store(), Spool(env().home / "spool", env().spool_limit_mib)).start()


class Ingest:
    """Answers the paths of the protocols and passes everything else on."""

    def __init__(self, inner: Application) -> None:
        """Stand in front of another application.

        Args:
            inner: answers what is not for SDKs.
        """
        self._inner = inner
        self._keys = Keys()
        self._in_flight = body.InFlight()
        self._decoders = ThreadPoolExecutor(2, thread_name_prefix="decode")

    async def __call__(self, scope: Scope, receive: body.Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http" and (protocol := protocols().get(scope["path"])) is not None:
            await self._answer(protocol, scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _answer(self, protocol: Protocol, scope: Scope, receive: body.Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        extra: list[tuple[bytes, bytes]] = []
        try:
            answer = await self._take(protocol, scope["method"], content_type, headers, receive)
        except AssayError as error:
            if error.status >= 500:
                log.warning("%s: %s", scope["path"], error)
            answer = protocol.refuse(content_type, error)
            extra = _extra_headers(error)
        except Exception:
            log.exception("a request to %s failed", scope["path"])
            answer = protocol.refuse(content_type, AssayError("the server failed at this request; its log says why"))
        counters.REQUESTS.labels(protocol.name, str(answer.status)).inc()
        await _send(send, answer, extra)

    async def _take(
        self, protocol: Protocol, method: str, content_type: str, headers: dict[str, str], receive: body.Receive
    ) -> Answer:
        if method != "POST":
            raise MethodNotAllowed(f"{method} is not served here; SDKs send with POST")
        sender = await self._keys.sender(headers.get("authorization", ""))
        limit = env().ingest_body_limit_mib * 2**20
        raw = await body.read(receive, _length(headers), limit)
        size = len(raw)
        self._in_flight.add(size)
        try:
            encoding = headers.get("content-encoding", "").strip().lower()
            prepare = partial(_prepared, protocol, raw, encoding=encoding, content_type=content_type, limit=limit)
            if size <= _INLINE_LIMIT and encoding in {"", "identity"}:
                taken = prepare(sender.project_id)
            else:
                loop = asyncio.get_running_loop()
                taken = await loop.run_in_executor(self._decoders, prepare, sender.project_id)
            await asyncio.wrap_future(writer().submit(taken.rows))
        finally:
            self._in_flight.remove(size)
        _count(protocol, taken)
        return protocol.accept(content_type, taken.rejected)


@dataclass(frozen=True, slots=True)
class _Taken:
    rows: Rows
    rejected: list[tuple[str, int]]
    counted: int


def _prepared(
    protocol: Protocol, raw: bytes, project_id: int, *, encoding: str, content_type: str, limit: int
) -> _Taken:
    decoded = protocol.decode(body.decompress(raw, encoding, limit), content_type)
    spans, refused = steps.run(decoded.spans)
    return _Taken(span_rows(project_id, spans), [*decoded.rejected, *refused], decoded.counted)


def _count(protocol: Protocol, taken: _Taken) -> None:
    counters.ACCEPTED.labels(protocol.name).inc(taken.rows.count)
    if taken.counted:
        counters.COUNTED.labels(protocol.name).inc(taken.counted)
    for reason, count in taken.rejected:
        counters.REFUSED.labels(protocol.name, reason).inc(count)


def _length(headers: dict[str, str]) -> int | None:
    length = headers.get("content-length", "")
    if length and not length.isdecimal():
        raise BadRequest(f"Content-Length is {length[:40]!r}, not a number")
    return int(length) if length else None


def _extra_headers(error: AssayError) -> list[tuple[bytes, bytes]]:
    if error.status in {429, 503}:
        return [(b"retry-after", str(getattr(error, "retry_after_s", 2)).encode())]
    if error.status == 401:
        return [(b"www-authenticate", b'Bearer realm="Assay"')]
    return [(b"allow", b"POST")] if error.status == 405 else []


async def _send(send: Send, answer: Answer, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _live(receive: body.Receive, send: Send) -> None:
    """Bring in what an earlier process left in the spool from the start, and lose nothing at the end."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            writer()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(writer().close)
            await send({"type": "lifespan.shutdown.complete"})
            return


def application() -> Application:
    """The whole web application, for servers that call a factory."""
    from django.core.asgi import get_asgi_application

    return Ingest(get_asgi_application())
