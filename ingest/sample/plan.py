"""From a seed to a month of conversations: pure, and the same for the same seed and day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from ingest.sample.almanac import Almanac
from ingest.sample.faults import PER, QUOTAS, fits, plant, put, with_complaints
from ingest.sample.outline import Outline, draw_outline
from ingest.sample.script import Conversation
from ingest.sample.texts import shop
from ingest.sample.writing import write


def plan(seed: int, now: datetime, conversations: int = 2_000, days: int = 30) -> list[Conversation]:
    """Plan the conversations of the days up to now, in the order in which they start.

    Everything is fixed by the seed and the day of ``now``; what lies after ``now`` is left out. So the same call later
    on the same day gives the same conversations and those that have happened since.

    Args:
        seed: any number.
        now: with a time zone.
        conversations: how many there are in all of the days, today's remaining hours included.
        days: length of the period, today included.
    """
    moment = now.astimezone(UTC)
    almanac = Almanac(moment.date(), days)
    dice = Random(f"plan/{seed}/{almanac.today}/{conversations}/{days}")
    outlines = [
        draw_outline(shop(), almanac, f"{seed}/{almanac.today}/{conversations}/{days}/{number}", started)
        for number, started in enumerate(almanac.moments(conversations, dice))
    ]
    written = (write(shop(), item) for item in plant(outlines, almanac, dice) if item.started < moment)
    return [past for conversation in written if (past := until(conversation, moment))]


def improvise(seed: int, started: datetime) -> Conversation:
    """One conversation that starts at a moment, now and then with a fault: what ``--live`` plays."""
    moment = started.astimezone(UTC)
    almanac = Almanac((moment + timedelta(days=1)).date(), 30)  # tomorrow's month: the bad days are long past
    key = f"{seed}/live/{moment.isoformat()}"
    outline = draw_outline(shop(), almanac, key, moment)
    return write(shop(), with_complaints(_with_accidents(outline, Random(f"accidents/{key}"))))


def until(conversation: Conversation, moment: datetime) -> Conversation | None:
    """The turns that are over by a moment; None where there is none."""
    past = [turn for turn in conversation.turns if turn.ended_ns <= moment.timestamp() * 1_000_000_000]
    return conversation.only(*past) if past else None


def _with_accidents(outline: Outline, dice: Random) -> Outline:
    """Each kind of fault with the probability it has in the planned month."""
    for kind, quota in QUOTAS.items():
        at = dice.randrange(len(outline.beats))
        if dice.random() < quota / PER and fits(kind, outline, at):
            outline = put(outline, at, kind, dice.randrange(10))
    return outline
