"""What a score is: a versioned pure function over columns of turns that answers with graded, cited values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from analytics.detectors.turn import Evidence, Turn, TurnColumns


@dataclass(frozen=True, slots=True)
class Scored:
    """How good one side of a turn was.

    Attributes:
        value: from 0, bad, to 1, good.
        explanation: one plain sentence with the figures that led here.
        evidence: the words that speak most, mostly against; may be empty.
        label: the value as a word, where the score has such; else empty.
    """

    value: float
    explanation: str
    evidence: tuple[Evidence, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """The turn lacks what the score needs; the reason goes to the ledger."""

    reason: str


Measured: TypeAlias = Scored | Unjudged


class Score(ABC):
    """One side of the quality of an answer.

    The first line of a subclass's docstring is its text in the UI. ``version`` changes whenever a value could
    change.

    Attributes:
        name: under which values are stored; lower case.
        low: value below which an answer counts as bad on this side.
        experimental: whether the score has not been measured against labels; the UI says so.
        needs_vectors: whether turns have to come with ``input_vector`` and ``output_vector``.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    low: ClassVar[float] = 0.5
    experimental: ClassVar[bool] = False
    needs_vectors: ClassVar[bool] = False

    def measure(self, turns: TurnColumns) -> list[Measured]:
        """Measure a batch; one value a turn, in order, each independent of the others."""
        return [self.judge(turn) for turn in turns]

    @abstractmethod
    def judge(self, turn: Turn) -> Measured:
        """Measure one turn."""


def clipped(value: float) -> float:
    """Bring a value into [0, 1].

    >>> clipped(1.2)
    1.0
    """
    return min(1.0, max(0.0, value))
