"""The face for SDKs: a small ASGI application in front of Django.

Django copies each body to a temporary file and runs each request through its middleware and threads; for a request of
one span that is most of the work. Here a request is read, decoded, handed to the group commit and answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Final

from backend.env import env
from backend.errors import AssayError, BadRequest
from backend.store.connection import store
from backend.store.parts import part_rows
from backend.store.rows import Rows, span_rows
from backend.store.scores import score_rows
from backend.store.spool import Spool
from backend.store.writer import Writer
from backend.telemetry.span import Span
from ingest import body, counters, steps
from ingest.keys import Keys, Sender
from ingest.prices.own import own_prices
from ingest.protocols.base import Answer, Decoded, Protocol, Request
from ingest.routing import Match, match
from ingest.wire.merging import Merger

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

_INLINE_LIMIT: Final = 32 * 1024
"""Bodies up to here (about a millisecond of work) are decoded where they arrive; a thread costs more."""


UNKNOWN_LIMIT_MIB: Final = 64
"""Most bytes of bodies that are read at once of senders whose key stands in the body: nobody knows them yet."""


class MethodNotAllowed(AssayError):
    """Only POST sends spans."""

    status = 405
    code = "method_not_allowed"


@cache
def writer() -> Writer:
    """This process's writer, started at the first call."""
    return Writer(store(), Spool(env().home / "spool", env().spool_limit_mib)).start()


@cache
def merger() -> Merger:
    """This process's merger of parts, started at the first call."""
    return Merger(
        store(), writer(), env().home / "merging", prices=lambda project_id: own_prices().of(project_id)
    ).start()


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
        self._unknown = body.InFlight(UNKNOWN_LIMIT_MIB)
        self._decoders = ThreadPoolExecutor(2, thread_name_prefix="decode")

    async def __call__(self, scope: Scope, receive: body.Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http" and (found := match(scope["method"], scope["path"])) is not None:
            await self._answer(found, scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _answer(self, found: Match, scope: Scope, receive: body.Receive, send: Send) -> None:
        protocol = found.protocol
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        extra: list[tuple[bytes, bytes]] = []
        try:
            answer = await self._take(found, scope["method"], content_type, headers, receive)
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
        self, found: Match, method: str, content_type: str, headers: dict[str, str], receive: body.Receive
    ) -> Answer:
        protocol = found.protocol
        if found.post_only and method != "POST":
            raise MethodNotAllowed(f"{method} is not served here; SDKs send with POST")
        limit = env().ingest_body_limit_mib * 2**20
        encoding = headers.get("content-encoding", "").strip().lower()
        if protocol.key_in_body and "authorization" not in headers:
            raw, sender = await self._unknown_sender(protocol, headers, encoding, receive, limit)
        else:
            sender = await self._keys.sender(headers)
            sender.check()
            raw = await body.read(receive, _length(headers), limit)
        size = len(raw)
        self._in_flight.add(size)
        try:
            request = Request(raw, content_type, headers, found.parameters)
            prepare = partial(_prepared, protocol, request, encoding=encoding, limit=limit)
            if size <= _INLINE_LIMIT and encoding in {"", "identity"}:
                taken = prepare(sender.project_id)
            else:
                loop = asyncio.get_running_loop()
                taken = await loop.run_in_executor(self._decoders, prepare, sender.project_id)
            # All are queued before any is waited for, so that one block takes them.
            for safe in [writer().submit(rows, stored=False) for rows in taken.rows]:
                await asyncio.wrap_future(safe)
        finally:
            self._in_flight.remove(size)
        _count(protocol, taken)
        return taken.answer or protocol.accept(content_type, taken.rejected)

    async def _unknown_sender(
        self, protocol: Protocol, headers: dict[str, str], encoding: str, receive: body.Receive, limit: int
    ) -> tuple[bytes, Sender]:
        """Read a body that holds its own key; until that is known, little memory and no event loop is spent on it."""
        length = _length(headers)
        reserved = min(limit, length) if length is not None else limit
        self._unknown.add(reserved)
        try:
            raw = await body.read(receive, length, limit)
            loop = asyncio.get_running_loop()
            key = await loop.run_in_executor(self._decoders, _key_in, protocol, raw, encoding, limit)
            sender = await self._keys.sender(headers, key)
            sender.check()
            return raw, sender
        finally:
            self._unknown.remove(reserved)


def _key_in(protocol: Protocol, raw: bytes, encoding: str, limit: int) -> str:
    return protocol.key_of(body.decompress(raw, encoding, limit))


@dataclass(frozen=True, slots=True)
class _Taken:
    rows: list[Rows]
    spans: int
    parts: int
    rejected: list[tuple[str, int]]
    counted: int
    answer: Answer | None


def _prepared(protocol: Protocol, request: Request, project_id: int, *, encoding: str, limit: int) -> _Taken:
    decoded = protocol.decode_request(replace(request, body=body.decompress(request.body, encoding, limit)))
    spans, refused = steps.run(decoded.spans, own_prices().of(project_id))
    rejected = [*decoded.rejected, *refused]
    rows = _rows(project_id, spans, decoded)
    return _Taken(rows, len(spans), len(decoded.parts), rejected, decoded.counted, decoded.answer)


def _rows(project_id: int, spans: list[Span], decoded: Decoded) -> list[Rows]:
    rows = [span_rows(project_id, spans)]
    if decoded.scores:
        rows.append(score_rows(project_id, [steps.put_sound_score(score) for score in decoded.scores]))
    if decoded.parts:
        rows.append(part_rows(project_id, decoded.parts))
    return rows


def _count(protocol: Protocol, taken: _Taken) -> None:
    counters.ACCEPTED.labels(protocol.name).inc(taken.spans)
    if taken.parts:
        counters.PARTS.labels(protocol.name).inc(taken.parts)
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
            merger()
            await asyncio.to_thread(own_prices)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            own_prices().close()
            await asyncio.to_thread(merger().close)
            await asyncio.to_thread(writer().close)
            await send({"type": "lifespan.shutdown.complete"})
            return


def application() -> Application:
    """The whole web application, for servers that call a factory."""
    from django.core.asgi import get_asgi_application

    return Ingest(get_asgi_application())
