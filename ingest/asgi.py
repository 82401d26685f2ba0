"""The face for SDKs: a small ASGI application in front of Django.

Django copies each body to a temporary file and runs each request through its middleware and threads; for a request of
one span that is most of the work. Here a request is read, decoded, handed to the group commit and answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, Final

from backend.env import env
from backend.errors import AssayError, BadRequest
from backend.store.connection import store
from backend.store.spool import Spool
from backend.store.writer import QUEUE_LIMIT_MIB, Writer
from ingest import body, counters
from ingest.fair import Turns
from ingest.keys import Keys, Sender
from ingest.limits import Rates, check_quota
from ingest.prices.own import own_prices
from ingest.protocols.base import Answer, Protocol, Request
from ingest.resends import Resends
from ingest.routing import Match, match
from ingest.taking import Taken, count, key_in, take
from ingest.tally import Tally
from ingest.wire.merging import Merger

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

_INLINE_LIMIT: Final = 32 * 1024
"""Bodies up to here (about a millisecond of work) are decoded where they arrive; a thread costs more."""


UNKNOWN_LIMIT_MIB: Final = 64
"""Most bytes of bodies that are read at once of senders whose key stands in the body: nobody knows them yet."""


SHARE: Final = 0.5
"""Most of the memory for bodies, and of that for rows that are not safe yet, that one project may take."""
_DECODERS: Final = 2
_NOBODY: Final = 0
"""Instead of a project, for bodies whose sender is not known yet."""


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
        self._tally = Tally()
        self._rates = Rates()
        self._resends = Resends()
        self._in_flight = body.InFlight(share=SHARE)
        self._unsafe = body.InFlight(QUEUE_LIMIT_MIB, SHARE)
        self._unknown = body.InFlight(UNKNOWN_LIMIT_MIB)
        self._decoders = ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode")
        # One more than there are threads, so that none waits for the event loop to send it the next.
        self._turns = Turns(_DECODERS + 1)

    async def __call__(self, scope: Scope, receive: body.Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] == "lifespan":
            await _live(self._tally, receive, send)
        elif scope["type"] == "http" and (found := match(scope["method"], scope["path"])) is not None:
            await self._answer(found, scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _answer(self, found: Match, scope: Scope, receive: body.Receive, send: Send) -> None:
        protocol = found.protocol
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        incoming = body.Watched(receive)
        extra: list[tuple[bytes, bytes]] = []
        try:
            answer = await self._take(found, scope["method"], content_type, headers, incoming)
        except AssayError as error:
            if error.status >= 500:
                log.warning("%s: %s", scope["path"], error)
            answer = protocol.refuse(content_type, error)
            extra = _extra_headers(error)
        except Exception:
            log.exception("a request to %s failed", scope["path"])
            answer = protocol.refuse(content_type, AssayError("the server failed at this request; its log says why"))
        await body.drain(incoming, _limit())
        counters.REQUESTS.labels(protocol.name, str(answer.status)).inc()
        await _send(send, answer, extra)

    async def _take(
        self, found: Match, method: str, content_type: str, headers: dict[str, str], incoming: body.Watched
    ) -> Answer:
        protocol = found.protocol
        if found.post_only and method != "POST":
            raise MethodNotAllowed(f"{method} is not served here; SDKs send with POST")
        encoding = headers.get("content-encoding", "").strip().lower()
        raw: bytes | None = None
        if protocol.key_in_body and "authorization" not in headers:
            raw, sender = await self._unknown_sender(protocol, headers, encoding, incoming)
        else:
            sender = await self._keys.sender(headers)
        code, message = AssayError.code, "the server failed at this request; its log says why"
        try:
            self._admit(sender)
            with self._in_flight.room(sender.project_id) as room:
                if raw is None:
                    raw = await body.read(incoming, _length(headers), _limit(), room)
                else:
                    room.take(len(raw))
                taken = await self._taken(
                    found, sender, Request(raw, content_type, headers, found.parameters), encoding
                )
            code = ""
        except AssayError as error:
            code, message = error.code, str(error)
            raise
        finally:
            if code:
                self._tally.refused(sender, code, message)
        self._note(protocol, sender, taken)
        return taken.answer or protocol.accept(content_type, taken.rejected)

    def _admit(self, sender: Sender) -> None:
        """Stop here unless the key may send, and something is left of its limits."""
        sender.check()
        if sender.spans_per_day is not None:
            check_quota(sender, self._tally.used(sender))
        self._rates.check(sender)

    async def _taken(self, found: Match, sender: Sender, request: Request, encoding: str) -> Taken:
        """Read a request and wait until its rows are safe."""
        read = partial(take, found.protocol, request, sender.project_id, encoding=encoding, limit=_limit())
        if len(request.body) <= _INLINE_LIMIT and encoding in {"", "identity"}:
            taken = read()
        else:
            async with self._turns.turn(sender.project_id):
                taken = await asyncio.get_running_loop().run_in_executor(self._decoders, read)
        self._rates.charge(sender, taken.size)
        with self._unsafe.room(sender.project_id) as room:
            room.take(taken.size_bytes)
            # All are queued before any is waited for, so that one block takes them.
            for safe in [writer().submit(rows, stored=False) for rows in taken.rows]:
                await asyncio.wrap_future(safe)
        return taken

    def _note(self, protocol: Protocol, sender: Sender, taken: Taken) -> None:
        count(protocol, taken)
        for kind, number in taken.kinds.items():
            self._tally.accepted(sender, kind, number)
        self._tally.repeated(sender, self._resends.note(taken.marks))
        if writer().is_away:
            self._tally.spooled(sender, sum(rows.count for rows in taken.rows))
        for reason, number in taken.rejected:
            self._tally.rejected(sender, reason, number)

    async def _unknown_sender(
        self, protocol: Protocol, headers: dict[str, str], encoding: str, incoming: body.Watched
    ) -> tuple[bytes, Sender]:
        """Read a body that holds its own key; until that is known, little memory and no event loop is spent on it."""
        length, limit = _length(headers), _limit()
        with self._unknown.room(_NOBODY) as room:
            room.take(min(limit, length) if length is not None else limit)
            raw = await body.read(incoming, length, limit)
            async with self._turns.turn(_NOBODY):
                loop = asyncio.get_running_loop()
                key = await loop.run_in_executor(self._decoders, key_in, protocol, raw, encoding, limit)
            return raw, await self._keys.sender(headers, key)


def _limit() -> int:
    """Most bytes of a body."""
    return env().ingest_body_limit_mib * 2**20


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


async def _live(tally: Tally, receive: body.Receive, send: Send) -> None:
    """Bring in what an earlier process left in the spool from the start, and lose nothing at the end."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            writer()
            merger()
            tally.start()
            await asyncio.to_thread(own_prices)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            own_prices().close()
            await asyncio.to_thread(merger().close)
            await asyncio.to_thread(writer().close)
            await asyncio.to_thread(tally.close)
            await send({"type": "lifespan.shutdown.complete"})
            return


def application() -> Application:
    """The whole web application, for servers that call a factory."""
    from django.core.asgi import get_asgi_application

    return Ingest(get_asgi_application())
