"""Taking a request in, whichever face it came to: whose it is, whether there is room, and until its rows are safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

from backend.arrivals.counted import MESSAGES, SPANS
from backend.attachments.place import shelf
from backend.env import env
from backend.errors import AssayError
from backend.sensitive.policy import OFF
from backend.store.connection import store
from backend.store.spool import Spool
from backend.store.writer import QUEUE_LIMIT_MIB, Writer
from ingest import body
from ingest.attaching import keep
from ingest.fair import Turns
from ingest.keys import Keys, Sender
from ingest.limits import Rates, check_quota
from ingest.prices.own import own_prices
from ingest.protocols.base import Answer, Protocol, Request
from ingest.redaction.policies import Policies
from ingest.redaction.redacting import redacted_reason
from ingest.resends import Resends
from ingest.routing import Match
from ingest.taking import Taken, count, key_in, take
from ingest.tally import Tally
from ingest.uploaded import with_references
from ingest.wire.merging import Merger

Read = Callable[[body.Room | None], Awaitable[bytes]]
"""Reads a body, and takes room for it where there is one to take it from."""

_INLINE_LIMIT: Final = 32 * 1024
"""Bodies up to here (about a millisecond of work) are decoded where they arrive; a thread costs more."""
_INLINE_LIMIT_REDACTED: Final = 4 * 1024
"""The same where texts are searched, which takes longer."""

UNKNOWN_LIMIT_MIB: Final = 64
"""Most bytes of bodies that are read at once of senders whose key stands in the body: nobody knows them yet."""

SHARE: Final = 0.5
"""Most of the memory for bodies, and of that for rows that are not safe yet, that one project may take."""
_DECODERS: Final = 2
_NOBODY: Final = 0
"""Instead of a project, for bodies whose sender is not known yet."""


@cache
def writer() -> Writer:
    """This process's writer, started at the first call."""
    return Writer(store(), Spool(env().home / "spool", env().spool_limit_mib)).start()


@cache
def merger() -> Merger:
    """This process's merger of parts, started at the first call."""
    return Merger(
        store(),
        writer(),
        env().home / "merging",
        prices=lambda project_id: own_prices().of(project_id),
        policies=Policies().of,
    ).start()


@dataclass(frozen=True, slots=True)
class Call:
    """What a client asks, before its body is read.

    Attributes:
        match: the protocol, and what its route says.
        headers: by their names in lower case.
        content_type: without its parameters, in lower case.
        encoding: of the body.
    """

    match: Match
    headers: Mapping[str, str]
    content_type: str
    encoding: str = ""


class Intake:
    """One process's taking in: keys, limits, memory, and counts of what came."""

    def __init__(self) -> None:
        """Begin empty."""
        self.tally = Tally()
        self._keys = Keys()
        self._rates = Rates()
        self._resends = Resends()
        self._steps = Resends()
        self._in_flight = body.InFlight(share=SHARE)
        self._unsafe = body.InFlight(QUEUE_LIMIT_MIB, SHARE)
        self._unknown = body.InFlight(UNKNOWN_LIMIT_MIB)
        self._decoders = ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode")
        # One more than there are threads, so that none waits for the event loop to send it the next.
        self._turns = Turns(_DECODERS + 1)

    async def sender(self, headers: Mapping[str, str], key: str = "") -> Sender:
        """Whose request this is.

        Raises:
            AssayError: no key, an unknown one, or the database of keys is away.
        """
        return await self._keys.sender(headers, key)

    async def answer(self, call: Call, sender: Sender, read: Read) -> Answer:
        """Take a request in, and answer once all of it is safe.

        Raises:
            AssayError: it is refused whole; the message says what, where and the limit.
        """
        protocol = call.match.protocol
        code, message = AssayError.code, "the server failed at this request; its log says why"
        try:
            self._admit(sender)
            with self._in_flight.room(sender.project_id) as room:
                taken = await self._taken(call, sender, await read(room))
            code = ""
        except AssayError as error:
            code, message = error.code, str(error)
            raise
        finally:
            if code:
                self.tally.refused(sender, code, redacted_reason(message, sender.policy))
        self._note(protocol, sender, taken)
        if taken.answer is not None:
            return protocol.completed(taken.answer, taken.rejected)
        return protocol.accept(call.content_type, taken.rejected)

    async def unknown_sender(self, call: Call, read: Read, size: int) -> tuple[bytes, Sender]:
        """Read a body that holds its own key; until that is known, little memory and no event loop is spent on it.

        Args:
            call: the request.
            read: reads its body.
            size: most bytes of the body.
        """
        with self._unknown.room(_NOBODY) as room:
            room.take(size)
            raw = await read(None)
            async with self._turns.turn(_NOBODY):
                key = await asyncio.get_running_loop().run_in_executor(
                    self._decoders, key_in, call.match.protocol, raw, call.encoding, limit()
                )
            return raw, await self._keys.sender(call.headers, key)

    def _admit(self, sender: Sender) -> None:
        """Stop here unless the key may send, and something is left of its limits."""
        sender.check()
        if sender.spans_per_day is not None:
            check_quota(sender, self.tally.used(sender))
        self._rates.check(sender)

    async def _taken(self, call: Call, sender: Sender, raw: bytes) -> Taken:
        """Read a request and wait until its rows are safe."""
        request = Request(raw, call.content_type, call.headers, call.match.parameters)
        read = partial(
            take,
            call.match.protocol,
            request,
            sender.project_id,
            encoding=call.encoding,
            limit=limit(),
            policy=sender.policy,
        )
        inline = _INLINE_LIMIT if sender.policy.mode == OFF else _INLINE_LIMIT_REDACTED
        if len(raw) <= inline and call.encoding in {"", "identity"}:
            taken = read()
        else:
            async with self._turns.turn(sender.project_id):
                taken = await asyncio.get_running_loop().run_in_executor(self._decoders, read)
        new = self._steps.unknown(taken.told.marks)
        self._rates.charge(sender, taken.size - taken.kinds[MESSAGES] + new)
        if taken.names_addresses:
            async with self._turns.turn(sender.project_id):
                rows = await asyncio.get_running_loop().run_in_executor(
                    self._decoders, with_references, sender.project_id, taken.rows
                )
            taken = replace(taken, rows=rows)
        with self._unsafe.room(sender.project_id) as room:
            room.take(taken.size_bytes)
            if taken.attachments:
                async with self._turns.turn(sender.project_id):
                    await asyncio.get_running_loop().run_in_executor(
                        self._decoders, keep, shelf(), sender.project_id, taken.attachments
                    )
            # All are queued before any is waited for, so that one block takes them.
            for safe in [writer().submit(rows, stored=False) for rows in taken.rows]:
                await asyncio.wrap_future(safe)
        return taken

    def _note(self, protocol: Protocol, sender: Sender, taken: Taken) -> None:
        count(protocol, taken)
        told = taken.told
        new = len(told.marks) - self._steps.note(told.marks)
        for kind, number in (taken.kinds | {SPANS: taken.kinds[SPANS] + new, MESSAGES: told.messages}).items():
            self.tally.accepted(sender, kind, number)
        self.tally.repeated(sender, self._resends.note(taken.marks))
        if writer().is_away:
            self.tally.spooled(sender, sum(rows.count for rows in taken.rows))
        for reason, number in taken.rejected:
            self.tally.rejected(sender, reason, number)


def given(raw: bytes) -> Read:
    """Reads a body that is here already."""

    async def read(room: body.Room | None) -> bytes:
        if room is not None:
            room.take(len(raw))
        return raw

    return read


def limit() -> int:
    """Most bytes of a body."""
    return env().ingest_body_limit_mib * 2**20
