"""Threads for the engine, in lanes of their own, so that no kind of query waits behind another kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from backend.store.embedded.config import Config
from backend.store.embedded.errors import Code, fault
from backend.store.embedded.request import Request
from backend.store.embedded.statement import Kind

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

SHORT_S = 15.0
_PATIENCE_S = 60.0


class Lane:
    """As many threads as queries may run at once in it."""

    def __init__(self, name: str, places: int) -> None:
        self._name = name
        self._places = places
        self._free = asyncio.Semaphore(places)
        self._threads = ThreadPoolExecutor(places, thread_name_prefix=name)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place for one query.

        Raises:
            Fault: none came free in time.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._free.acquire()
        except TimeoutError:
            raise fault(
                Code.TOO_MANY_SIMULTANEOUS_QUERIES,
                f"Too many simultaneous queries. Maximum: {self._places} in the lane {self._name}.",
            ) from None
        try:
            yield
        finally:
            self._free.release()

    def submit(
        self, deed: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Future[Result]:
        """Start a step of a query in a thread."""
        return self._threads.submit(deed, *arguments, **named)

    def close(self) -> None:
        """Wait for what runs and end the threads."""
        self._threads.shutdown()


class Lanes:
    """Inserts; queries that promise by ``max_execution_time`` to end within 15 s; all other queries; commands; KILL."""

    def __init__(self, config: Config) -> None:
        self.inserts = Lane("insert", config.inserts)
        self.short = Lane("short", config.short)
        self.long = Lane("long", config.long)
        self.commands = Lane("command", config.commands)
        self.kills = Lane("kill", 2)

    def of(self, request: Request, kind: Kind) -> Lane:
        """The lane of a query."""
        if kind is Kind.INSERT:
            return self.inserts
        if kind is Kind.COMMAND:
            return self.commands
        return self.short if kind is Kind.ANSWER or request.promised_s <= SHORT_S else self.long

    def close(self) -> None:
        """End all threads, when what runs in them has ended."""
        for lane in (self.inserts, self.short, self.long, self.commands, self.kills):
            lane.close()
