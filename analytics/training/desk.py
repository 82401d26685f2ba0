"""Answers of the sample project's support desk as training cases: several documents, results of tools, own words.

Public sets of grounded answers hold one passage and a claim that repeats it. Support answers rest on several documents
and on what tools gave back, and say it in other words; a head that never saw such calls half of them unsupported. The
wants of the shop are split: those that are held back here are what is reported on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Final

from analytics.training.vague import VAGUE
from ingest.sample.plan import plan
from ingest.sample.script import Retrieval, ToolRun, Turn

SEED: Final = 4_711
"""Not the seed that the sample project is played with."""

CONVERSATIONS: Final = 1_200
_NOW: Final = datetime(2026, 11, 1, 23, tzinfo=UTC)
_NUMBER: Final = re.compile(r"(?<![\w-])\$?\d+(?:[.,]\d+)?(?![\w-])")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One good answer of the desk.

    Attributes:
        kind: want and move of the question; others of one kind are asked and answered alike.
        documents: what was retrieved, best first.
        results: what tools gave back.
    """

    kind: str
    question: str
    documents: tuple[str, ...]
    results: tuple[str, ...]
    answer: str


def is_held_back(want: str) -> bool:
    """Whether nothing is trained on a want: two of five by the hash of its name."""
    return hashlib.sha256(f"desk/{want}".encode()).digest()[0] % 5 < 2


@cache
def exchanges(*, held_back: bool) -> tuple[Exchange, ...]:
    """Good answers with documents, without those that a fault was planted in; the same each time."""
    return tuple(
        _exchange(turn)
        for conversation in plan(SEED, _NOW, CONVERSATIONS)
        for turn in conversation.turns
        if turn.want and not turn.faults and is_held_back(turn.want) is held_back and _documents(turn)
    )


def cases(*, held_back: bool) -> Iterator[tuple[Exchange, str]]:
    """Give each good answer as ``ok``, and spoiled in the three ways that a head of causes tells apart."""
    dice = Random(SEED)  # noqa: S311 - a seed that gives the same cases each time
    found = exchanges(held_back=held_back)
    for one in found:
        yield one, "ok"
        other = _other(found, one, dice, same=False)
        match dice.randrange(3):
            case 0:
                yield (
                    Exchange(one.kind, one.question, one.documents, one.results, other.answer),
                    "question_misunderstood",
                )
            case 1:
                answer = dice.choice((one.answer, other.answer, dice.choice(VAGUE)))
                yield Exchange(one.kind, one.question, other.documents, (), answer), "retrieval_failed"
            case _:
                answer = unsupported(one, found, dice)
                yield Exchange(one.kind, one.question, one.documents, one.results, answer), "reasoning_error"


def unsupported(one: Exchange, found: Sequence[Exchange], dice: Random) -> str:
    """The answer with other numbers, or that of another customer who asked the same."""
    changed = _NUMBER.sub(lambda number: _shifted(number[0], dice), one.answer)
    alike = _other(found, one, dice, same=True).answer
    return changed if changed != one.answer and dice.random() < _CHANGED else alike


_CHANGED: Final = 0.5
_DRAWS: Final = 2_000


def _shifted(number: str, dice: Random) -> str:
    """Another number of the same form."""
    digits = "".join(dice.choice("123456789") if one.isdigit() else one for one in number)
    return digits if digits != number else _shifted(number, dice)


def _other(found: Sequence[Exchange], one: Exchange, dice: Random, *, same: bool) -> Exchange:
    """Another exchange of the same kind with another answer, or of another kind where there is none."""
    for _ in range(_DRAWS):
        other = dice.choice(found)
        if (other.kind == one.kind) is same and other.answer != one.answer:
            return other
    return dice.choice([other for other in found if other.kind != one.kind])


def _documents(turn: Turn) -> tuple[str, ...]:
    return tuple(one.content for step in turn.steps if isinstance(step, Retrieval) for one in step.documents)


def _exchange(turn: Turn) -> Exchange:
    results = tuple(step.result for step in turn.steps if isinstance(step, ToolRun))
    return Exchange(f"{turn.want}/{turn.move}", turn.ask, _documents(turn), results, turn.answer)
