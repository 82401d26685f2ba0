"""The face for SDKs: a small ASGI application in front of Django.

Django copies each body to a temporary file and runs each request through its middleware and threads; for a request of
one span that is most of the work. Here a request is read, decoded, handed to the group commit and answered.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from typing import Any

from backend.env import env
from backend.errors import AssayError, BadRequest, MethodNotAllowed
from ingest import body, counters, fault_matrix
from ingest.intake import Call, Intake, given, limit, merger, writer
from ingest.prices.own import own_prices
from ingest.protocols.base import Answer
from ingest.routing import Match, match
from ingest.rpc import Rpc

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


class Ingest:
    """Answers the paths of the protocols and passes everything else on."""

    def __init__(self, inner: Application) -> None:
        """Stand in front of another application.

        Args:
            inner: answers what is not for SDKs.
        """
        self._inner = inner
        self._intake = Intake()

    async def __call__(self, scope: Scope, receive: body.Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] == "lifespan":
            await _live(self._intake, receive, send)
        elif scope["type"] == "http" and (found := match(scope["method"], scope["path"])) is not None:
            await self._answer(found, scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _answer(self, found: Match, scope: Scope, receive: body.Receive, send: Send) -> None:
        protocol = found.protocol
        call = _call(found, scope)
        incoming = body.Watched(receive)
        extra: list[tuple[bytes, bytes]] = []
        try:
            if found.post_only and scope["method"] != "POST":
                raise MethodNotAllowed(f"{scope['method']} is not served here; SDKs send with POST")
            answer = await self._take(call, incoming)
        except AssayError as error:
            if error.status >= 500:
                log.warning("%s: %s", scope["path"], error)
            answer = protocol.refuse(call.content_type, error)
            extra = fault_matrix.headers(error)
        except Exception:
            log.exception("a request to %s failed", scope["path"])
            answer = protocol.refuse(
                call.content_type, AssayError("the server failed at this request; its log says why")
            )
        await body.drain(incoming, limit())
        counters.REQUESTS.labels(protocol.name, str(answer.status)).inc()
        await _send(send, answer, extra)

    async def _take(self, call: Call, incoming: body.Watched) -> Answer:
        length = _length(call.headers)
        read = partial(body.read, incoming, length, limit())
        if call.match.protocol.key_in_body and "authorization" not in call.headers:
            most = min(limit(), length) if length is not None else limit()
            raw, sender = await self._intake.unknown_sender(call, read, most)
            return await self._intake.answer(call, sender, given(raw))
        return await self._intake.answer(call, await self._intake.sender(call.headers), read)


def _call(found: Match, scope: Scope) -> Call:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Call(found, headers, content_type, headers.get("content-encoding", "").strip().lower())


def _length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("content-length", "")
    if length and not length.isdecimal():
        raise BadRequest(f"Content-Length is {length[:40]!r}, not a number")
    return int(length) if length else None


async def _send(send: Send, answer: Answer, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *extra,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _live(intake: Intake, receive: body.Receive, send: Send) -> None:
    """Bring in what an earlier process left in the spool from the start, and lose nothing at the end."""
    rpc: Rpc | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            writer()
            merger()
            intake.tally.start()
            await asyncio.to_thread(own_prices)
            if env().grpc_port:
                rpc = Rpc(intake)
                await rpc.start(f"{_host()}:{env().grpc_port}")
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if rpc is not None:
                await rpc.stop()
            own_prices().close()
            await asyncio.to_thread(merger().close)
            await asyncio.to_thread(writer().close)
            await asyncio.to_thread(intake.tally.close)
            await send({"type": "lifespan.shutdown.complete"})
            return


def _host() -> str:
    """The host to listen on, as an address that may be followed by a port."""
    return f"[{env().host}]" if ":" in env().host else env().host


def application() -> Application:
    """The whole web application, for servers that call a factory."""
    from django.core.asgi import get_asgi_application

    whole = Ingest(get_asgi_application())
    _collect_rarely()
    return whole


def _collect_rarely() -> None:
    """Look for cycles of garbage less often, and not among what lives as long as the process.

    A request makes thousands of objects that end without any cycle; at Python's own thresholds looking for cycles among
    them is an eighth of what decoding costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
