"""Turns of many projects at a few places: one of each project after the other, so that nobody waits behind a crowd."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Lets so many in at once, and those who wait project by project.

    With n projects that wait, each gets every nth place, however many of one there are; within a project the order is
    kept. So one waits for at most one of each other project. Belongs to one event loop.
    """

    def __init__(self, places: int) -> None:
        """Begin with all places free.

        Args:
            places: how many are in at once.
        """
        self._free = places
        self._waiting: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, project_id: int) -> AsyncIterator[None]:
        """Hold a place of a project's; waits until it is its turn."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(project_id)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, project_id: int) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(project_id, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()  # it was given the place in the moment in which it gave up
            raise

    def _pass_on(self) -> None:
        """Give a place to the first who still waits of the project whose turn it is."""
        while self._waiting:
            project_id, those = self._waiting.popitem(last=False)
            first = those.popleft()
            if those:
                self._waiting[project_id] = those
            if not first.done():
                first.set_result(None)
                return
        self._free += 1
