"""Live play: turns are sent when they are over, at the pace of a small shop."""

from __future__ import annotations

from datetime import datetime
from itertools import islice, pairwise

import pytest

from ingest.sample.live import conversations, keep_playing, turns_as_they_end
from ingest.sample.script import Conversation, Turn


def test_a_few_conversations_start_each_minute(now: datetime) -> None:
    """Between two and five, without end."""
    starts = [start for start, _ in islice(conversations(1, now), 60)]
    assert 2 < 60 / ((starts[-1] - starts[0]).total_seconds() / 59) < 5


def test_turns_come_in_the_order_in_which_they_end(now: datetime) -> None:
    """Conversations overlap, time does not run backwards, and each turn comes after its forerunner."""
    told = list(islice(turns_as_they_end(1, now), 200))
    assert all(earlier[0] <= later[0] for earlier, later in pairwise(told))
    assert len({talk.id for _, talk, _ in told}) > 40
    for _, talk, turn in told:
        before = [other.number for _, same, other in told if same.id == talk.id and other.ended_ns < turn.ended_ns]
        assert before == list(range(turn.number))


def test_nothing_is_sent_before_it_is_over(now: datetime) -> None:
    """The player sleeps until the turn has ended."""
    clock = [now.timestamp()]
    sent: list[Turn] = []

    class Interrupted(Exception):
        """Somebody pressed Ctrl-C."""

    def sleep(seconds: float) -> None:
        assert seconds > 0
        clock[0] += seconds

    def send(_: Conversation, turn: Turn) -> None:
        assert turn.ended_ns / 1e9 <= clock[0] + 1e-3
        sent.append(turn)
        if len(sent) == 50:
            raise Interrupted

    with pytest.raises(Interrupted):
        keep_playing(1, send, sleep, lambda: clock[0])
    assert len(sent) == 50
