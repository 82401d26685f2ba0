"""Conversations that were cut short, against the same to their end; and agents whose task went wrong unseen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import ClassVar

from analytics.evaluate.base import Case, LabelledSet, held_back, turns_of

SEED = 20261129


class _Cut:
    """Conversations whose last turns were taken away, against the same with them."""

    files: ClassVar[tuple[str, ...]]
    judges: ClassVar[tuple[str, ...]] = ("resolution",)
    closing: ClassVar[int]
    """Turns at the end that a cut always takes, as they only close."""

    def cases(self, data: Path) -> Iterator[Case]:
        """Give the last turn, and one before the closing turns as if it had been the last."""
        dice = Random(SEED)  # noqa: S311 - the same cases each time
        for record in held_back(data, self.files[0]):
            turns = turns_of(record)
            if len(turns) > self.closing:
                yield Case((turns[-1],), False, name=record["id"])
                cut = replace(dice.choice(turns[: -self.closing]), later=())
                yield Case((cut,), True, name=record["id"])


class CutSgd(_Cut, LabelledSet):
    """Schema-Guided Dialogue: cut at a turn before the last two; some of these had what they wanted by then."""

    name: ClassVar[str] = "cut_short_sgd"
    files: ClassVar[tuple[str, ...]] = ("conversations_sgd_assistant_dev",)
    closing: ClassVar[int] = 2


class CutCoffee(_Cut, LabelledSet):
    """Taskmaster-4: orders cut before the turn that sends them."""

    name: ClassVar[str] = "cut_short_coffee"
    files: ClassVar[tuple[str, ...]] = ("conversations_tm4_coffee_dev",)
    closing: ClassVar[int] = 1


class UnseenOutcome(LabelledSet):
    """Tau-bench: conversations after which the database is not as it should be, which no word of them tells."""

    name: ClassVar[str] = "unseen_outcome_airline"
    files: ClassVar[tuple[str, ...]] = ("conversations_taubench_airline_dev",)
    judges: ClassVar[tuple[str, ...]] = ("resolution",)

    def cases(self, data: Path) -> Iterator[Case]:
        """Give the last turn of each."""
        for record in held_back(data, self.files[0]):
            yield Case((turns_of(record)[-1],), not record["labels"]["task_success"], name=record["id"])
