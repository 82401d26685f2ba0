"""Keeps the sample project alive: a few conversations a minute, each turn sent when it is over."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Final

from ingest.sample.plan import improvise
from ingest.sample.script import Conversation, Turn

_PAUSE_S: Final = (12.0, 25.0)

Due = tuple[float, int, Conversation, Turn]


def conversations(seed: int, started: datetime) -> Iterator[tuple[datetime, Conversation]]:
    """Conversations without end, each with the moment it starts."""
    dice = Random(f"live/{seed}/{started.isoformat()}")
    while True:
        yield started, improvise(seed, started)
        started += timedelta(seconds=dice.uniform(*_PAUSE_S))


def turns_as_they_end(seed: int, started: datetime) -> Iterator[tuple[float, Conversation, Turn]]:
    """Turns of live conversations in the order in which they end, with the Unix time of the end."""
    waiting: list[Due] = []
    number = count()
    for begins, conversation in conversations(seed, started):
        while waiting and waiting[0][0] <= begins.timestamp():
            ended, _, talk, turn = heapq.heappop(waiting)
            yield ended, talk, turn
        for turn in conversation.turns:
            heapq.heappush(waiting, (turn.ended_ns / 1e9, next(number), conversation, turn))


def keep_playing(
    seed: int, send: Callable[[Conversation, Turn], None], sleep: Callable[[float], None], clock: Callable[[], float]
) -> None:
    """Send each turn as soon as it is over, until somebody interrupts."""
    for ended, conversation, turn in turns_as_they_end(seed, datetime.fromtimestamp(clock(), UTC)):
        if (wait := ended - clock()) > 0:
            sleep(wait)
        send(conversation, turn)
