"""The first draft of a conversation: who, when, with which model, and what is asked in which order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from ingest.sample.almanac import Almanac
from ingest.sample.llms import Model
from ingest.sample.script import Fault
from ingest.sample.texts import Move, Shop, Want

LONGEST: Final = 6
_LENGTHS: Final = (36, 26, 17, 11, 6, 4)
_USERS: Final = 420


@dataclass(frozen=True, slots=True)
class Beat:
    """One turn to be written.

    Attributes:
        want: what the customer is after.
        move: which of its questions comes.
        faults: what is to go wrong.
        complaint: the customer repeats the last question, unhappily.
        attack: the customer tries to break the assistant.
    """

    want: Want
    move: Move
    faults: tuple[Fault, ...] = ()
    complaint: bool = False
    attack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One conversation to be written.

    Attributes:
        key: what its ids and its dice derive from.
        started: when the customer sends the first message.
        mood: how the customer writes, see ``writing``.
    """

    key: str
    started: datetime
    user_id: str
    environment: str
    release: str
    prompt_version: str
    model: Model
    mood: str
    beats: tuple[Beat, ...]


_MOODS: Final = {"plain": 42, "hurried": 20, "misspelt": 12, "polite": 12, "chatty": 8, "angry": 6}


def draw_outline(shop: Shop, almanac: Almanac, key: str, started: datetime) -> Outline:
    """Draft the conversation with this key."""
    dice = Random(f"outline/{key}")
    environment = "staging" if dice.random() < 0.06 else "production"
    models = almanac.models(started)
    return Outline(
        key=key,
        started=started,
        user_id=_user(dice),
        environment=environment,
        release=almanac.release(started, environment),
        prompt_version=almanac.prompt_version(started, environment),
        model=dice.choices(list(models), list(models.values()))[0],
        mood=dice.choices(list(_MOODS), list(_MOODS.values()))[0],
        beats=_beats(shop, _want(shop, almanac, started, dice), dice),
    )


def digest(*parts: str) -> str:
    """Hex digits that depend on nothing but the parts."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def _user(dice: Random) -> str:
    """A few customers write often and most of them once; numbers say nothing about which."""
    rank = dice.choices(range(_USERS), [1 / (rank + 3) ** 0.8 for rank in range(_USERS)])[0]
    return f"cust_{(rank * 7919 + 421) % 9973:04}"


def _want(shop: Shop, almanac: Almanac, when: datetime, dice: Random) -> Want:
    late = dice.random() < almanac.late_share(when)
    wants = [want for want in shop.wants.values() if want.late == late]
    weights = [1.0 if late else want.weight * almanac.trend(when, want.trend) for want in wants]
    return dice.choices(wants, weights)[0]


def _beats(shop: Shop, want: Want, dice: Random) -> tuple[Beat, ...]:
    length = dice.choices(range(1, LONGEST + 1), _LENGTHS)[0]
    ending = _ending(shop, dice) if length > 1 else None
    room = length - 1 - (ending is not None)
    follow_ups = [Beat(want, move) for move in want.moves if not move.opening]
    dice.shuffle(follow_ups)
    middle = follow_ups[:room]
    if len(middle) < room or (middle and dice.random() < 0.05):
        middle = [*middle[: room - 1], _other_want(shop, want, dice)]
    opening = Beat(want, _opening(want, dice))
    return (opening, *middle, Beat(want, ending)) if ending else (opening, *middle)


def _opening(want: Want, dice: Random) -> Move:
    """An opening move, each as likely as it has phrasings."""
    moves = [move for move in want.moves if move.opening]
    return dice.choices(moves, [len(move.questions()) for move in moves])[0]


def _ending(shop: Shop, dice: Random) -> Move | None:
    name = dice.choices(("thanks", "a person please", ""), (48, 5, 47))[0]
    return shop.moves[name] if name else None


def _other_want(shop: Shop, want: Want, dice: Random) -> Beat:
    other = dice.choice([item for item in shop.wants.values() if item is not want and not item.late])
    return Beat(other, _opening(other, dice))
