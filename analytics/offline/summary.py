"""What a run counted, for the report and the last line on the screen."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from analytics.statistics.intervals import Estimate

EXAMPLES: Final = 5
"""Highest findings of a detector, or lowest values of a score, that the report shows."""
BAD_SHOWN: Final = 20
BINS: Final = 10


@dataclass(order=True, slots=True)
class Example:
    """Something to show: the stronger stays; among equals the earlier."""

    strength: float
    earlier: int
    line: dict[str, Any] = field(compare=False)
    passage: tuple[str, str, str] = field(compare=False)
    """Words before what was found, the words, and those after."""


@dataclass(slots=True)
class DetectorCount:
    """One detector over the file, counted in records."""

    name: str
    version: str
    severity: str
    text: str
    judged: int = 0
    flagged: int = 0
    failed: int = 0
    failure: str = ""
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    _turn: Iterator[int] = field(default_factory=count)

    def add(self, graded: Sequence[dict[str, Any]], failures: Sequence[Exception]) -> None:
        """Count records by their lines, and turns on which the detector failed."""
        self.failed += len(failures)
        if failures and not self.failure:
            self.failure = f"{type(failures[0]).__name__}: {failures[0]}"[:300]
        for line in graded:
            self.judged += line["score"] is not None
            self.flagged += line["flagged"]
            if "reason" in line:
                self.reasons[line["reason"]] += 1

    def show(self, line: dict[str, Any], passage: tuple[str, str, str]) -> None:
        """Keep an example if it is among the strongest."""
        keep(self.examples, Example(line["score"], -next(self._turn), line, passage))


@dataclass(slots=True)
class ScoreCount:
    """One score over the file, counted in turns.

    Attributes:
        low: value below which an answer counts as bad on this side.
        bins: how many values lie in each tenth of [0, 1].
    """

    name: str
    version: str
    text: str
    low: float
    judged: int = 0
    below: int = 0
    failed: int = 0
    failure: str = ""
    total: float = 0.0
    squares: float = 0.0
    bins: list[int] = field(default_factory=lambda: [0] * BINS)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def add(self, line: dict[str, Any], passage: tuple[str, str, str]) -> None:
        """Count a value, and keep it as an example if it is among the lowest below ``low``."""
        value = line["value"]
        self.judged += 1
        self.total += value
        self.squares += value * value
        self.bins[min(BINS - 1, int(value * BINS))] += 1
        if value < self.low:
            self.below += 1
            keep(self.examples, Example(1 - value, -self.judged, line, passage))

    def leave_out(self, reason: str, *, is_fault: bool) -> None:
        """Count a turn without a value."""
        self.reasons[reason] += 1
        if is_fault:
            self.failed += 1
            self.failure = self.failure or reason

    @property
    def mean(self) -> Estimate | None:
        """Mean of the values with its 95 % interval by the normal approximation; None where there are none."""
        if not self.judged:
            return None
        mean = self.total / self.judged
        spread = max(0.0, self.squares / self.judged - mean * mean)
        half = 1.96 * math.sqrt(spread / self.judged)
        return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), self.judged)


@dataclass(slots=True)
class Summary:
    """One run over one file.

    Attributes:
        flagged: records in which some detector found something.
        bad: number and reason of the first lines that could not be read; ``bad_count`` counts all.
        causes: turns by the cause of their bad answer.
        others: lines of kinds that are not analysed, by kind.
    """

    file_name: str
    records: int = 0
    turns: int = 0
    flagged: int = 0
    lines: int = 0
    bad_count: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    detectors: list[DetectorCount] = field(default_factory=list)
    scores: list[ScoreCount] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def spoil(self, number: int, reason: str) -> None:
        """Note a line that could not be read."""
        self.bad_count += 1
        if len(self.bad) < BAD_SHOWN:
            self.bad.append((number, reason))


def keep(examples: list[Example], one: Example) -> None:
    """Add an example to the strongest few."""
    if len(examples) < EXAMPLES:
        heapq.heappush(examples, one)
    else:
        heapq.heappushpop(examples, one)


def strongest(examples: Sequence[Example]) -> list[Example]:
    """Examples, the strongest first."""
    return sorted(examples, reverse=True)
