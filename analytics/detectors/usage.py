"""How much one user asks, reads and spends in a day beside all other users."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analytics.detectors.turn import Turn

LEAST: Final = {"requests": 30.0, "tokens": 300_000.0, "cost_usd": 2.0}
"""Below these a day is nothing to speak of, however little others do."""

FACTOR: Final = 5.0
"""How many times the 99 % quantile of other users' days is unusual."""

FEWEST: Final = 20
"""Days of other users from which on anything is said."""

_SHARE: Final = 0.99
_MOST_KEPT: Final = 200_000


@dataclass(frozen=True, slots=True)
class Use:
    """What a user had used up in a day with one turn, and what other users use.

    Attributes:
        before: sum of the day before the turn.
        after: with it.
        usual: 99 % quantile of other users' days.
        low: lower end of its 95 % interval.
        high: upper end of it.
        days: other users' days that it is of.
    """

    before: float
    after: float
    usual: float
    low: float
    high: float
    days: int

    @property
    def limit(self) -> float:
        """From where on a day is unusual, before what is nothing to speak of is left out."""
        return FACTOR * self.usual

    def times_over(self, least: float) -> int:
        """By which power of two of the limit the turn steps: 1 at the limit, 2 at its double; 0 for none."""
        limit = max(least, self.limit)
        steps = [1 + math.floor(math.log2(one / limit)) if one >= limit else 0 for one in (self.before, self.after)]
        return steps[1] if steps[1] > steps[0] else 0


def use(before: float, after: float, others: Sequence[float]) -> Use | None:
    """Hold a user's day against those of others; None for too few of them.

    The interval is that of order statistics, by the normal approximation of the binomial.

    Args:
        before: sum of the day before the turn.
        after: with it.
        others: sums of other users' days, in any order.

    >>> found = use(99, 100, [float(one % 10) for one in range(200)])
    >>> found.usual, found.low, found.high, found.days, found.times_over(30)
    (9.0, 9.0, 9.0, 200, 0)
    """
    if len(others) < FEWEST:
        return None
    ordered, size = sorted(others), len(others)
    spread = 1.96 * math.sqrt(size * _SHARE * (1 - _SHARE))
    low, middle, high = (
        ordered[max(0, min(size - 1, int(place)))]
        for place in (size * _SHARE - spread, size * _SHARE, size * _SHARE + spread)
    )
    return Use(before, after, middle, low, high, size)


def parts(turn: Turn) -> dict[str, float]:
    """What one turn adds."""
    return {"requests": 1.0, "tokens": float(turn.output_tokens), "cost_usd": turn.cost_usd or 0.0}


class UserTotals:
    """Collects a file's turns by user, where the whole file counts as one day."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[str, float]] = {}
        self._at: dict[str, dict[str, float]] = {}

    def add(self, turn: Turn) -> None:
        """Take what a turn used."""
        if not turn.user_id or len(self._at) >= _MOST_KEPT:
            return
        sums = self._sums.setdefault(turn.user_id, dict.fromkeys(LEAST, 0.0))
        for name, value in parts(turn).items():
            sums[name] += value
        if any(sums[name] >= least for name, least in LEAST.items()):
            self._at[turn.turn_id] = dict(sums)

    def of(self, turn: Turn) -> Mapping[str, Use] | None:
        """Tell what a turn's user had used by then, where it is worth a word; None where too few others are known."""
        if not turn.user_id or len(self._sums) <= FEWEST:
            return None
        after = self._at.get(turn.turn_id, {})
        return compared(after, parts(turn), (sums for user, sums in self._sums.items() if user != turn.user_id))


def compared(
    after: Mapping[str, float], own: Mapping[str, float], others: Iterable[Mapping[str, float]]
) -> dict[str, Use]:
    """Hold each measure that is worth a word against other users' days."""
    worth = [name for name, least in LEAST.items() if after.get(name, 0.0) >= least]
    if not worth:
        return {}
    days = list(others)
    made = {name: use(after[name] - own[name], after[name], [day[name] for day in days]) for name in worth}
    return {name: one for name, one in made.items() if one}
