"""How often alerts are false and how soon they find a change, on simulated series that break the model on purpose."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analytics.statistics import alarm
from analytics.statistics.seasonal import HOURS_A_WEEK, Family, Series, expected

if TYPE_CHECKING:
    import numpy as np

_WEEKS: Final = 4
_CHANGED_HOURS: Final = 24
FIRST_SEED: Final = 9_000_000
"""Of the figures in ``docs/alerts.md``; thresholds were chosen on others."""


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of series and the change that is to be found in it.

    Attributes:
        name: as the table has it.
        family: count or rate.
        level: events an hour, or the rate.
        size: how many a rate is of, each hour.
        factors: changes, as factors on the level.
    """

    name: str
    family: Family
    level: float
    size: int
    factors: tuple[float, ...]


CASES: Final = (
    Case("volume, 10 an hour", "count", 10, 0, (2.0, 3.0)),
    Case("volume, 100 an hour", "count", 100, 0, (2.0, 0.5)),
    Case("volume, 1000 an hour", "count", 1000, 0, (2.0, 0.5)),
    Case("rate 2 % of 300 an hour", "rate", 0.02, 300, (2.0, 3.0)),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the table.

    Attributes:
        case: what was simulated.
        false_a_week: false episodes a series and week.
        series_weeks: how many weeks of ordinary series that rests on.
        delays: factor -> (share found within 24 hours, median hours until it was known).
        cpu_s: CPU seconds of judging one series of eight weeks.
    """

    case: Case
    false_a_week: float
    series_weeks: int
    delays: dict[float, tuple[float, float]]
    cpu_s: float


def null_series(case: Case, seed: int, factor: float = 1.0, hours: int = 2 * _WEEKS * HOURS_A_WEEK) -> Series:
    """Simulate eight weeks with daily and weekly season, drift, and noise that the model does not know of.

    The noise is an AR(1) of 0.7 and standard deviation 0.12 and a level of its own each day of 0.07, both on the log
    scale; the last 24 hours are changed by ``factor``, beginning at any hour of the week.
    """
    import numpy as np

    dice = np.random.default_rng(seed)
    at, first_hour = np.arange(hours), int(dice.integers(HOURS_A_WEEK))
    hour, weekday = (at + first_hour) % 24, (at + first_hour) // 24 % 7
    shape = dice.uniform(0.3, 0.8) * np.sin(2 * np.pi * (hour - dice.uniform(6, 10)) / 24)
    shape += dice.uniform(0, 0.25) * np.sin(4 * np.pi * (hour - dice.uniform(0, 12)) / 24)
    shape -= dice.uniform(0.1, 0.7) * (weekday >= 5)
    shape += dice.normal(0, 0.15) * at / (4 * HOURS_A_WEEK)
    noise = _memory(dice, hours) + np.repeat(dice.normal(0, 0.07, hours // 24 + 1), 24)[:hours]
    change = np.where(at >= hours - _CHANGED_HOURS, factor, 1.0)
    if case.family == "count":
        mean = case.level * np.exp(shape - shape.mean() + noise) * change
        return Series("count", dice.poisson(mean).astype(float), np.zeros(hours), first_hour)
    sizes = dice.poisson(case.size * np.exp(shape - shape.mean())).astype(float)
    odds = case.level / (1 - case.level) * np.exp(0.3 * (shape - shape.mean()) + noise)
    rate = np.minimum(odds / (1 + odds) * change, 0.99)
    return Series("rate", dice.binomial(sizes.astype(int), rate).astype(float), sizes, first_hour)


def _memory(dice: np.random.Generator, hours: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    import numpy as np
    from scipy.signal import lfilter

    steps = dice.normal(0, 0.12 * (1 - 0.7**2) ** 0.5, hours + 48)
    found = lfilter([1.0], [1.0, -0.7], steps)[48:]
    return np.asarray(found, dtype=float)


def measure(case: Case, series: int, seed: int) -> Measured:
    """Simulate ``series`` ordinary ones and a quarter as many for each change, from seed ``seed`` on."""
    first = _WEEKS * HOURS_A_WEEK
    started = time.process_time()
    false = sum(_episodes(null_series(case, seed + i), first) for i in range(series))
    cpu = (time.process_time() - started) / series
    delays = {}
    for factor in case.factors:
        hours = [_delay(null_series(case, seed + 10_000 + i, factor)) for i in range(max(series // 4, 10))]
        known = sorted(hour for hour in hours if hour is not None)
        delays[factor] = (len(known) / len(hours), float(known[len(known) // 2]) if known else float("nan"))
    return Measured(case, false / (series * _WEEKS), series * _WEEKS, delays, cpu)


def _episodes(series: Series, first: int) -> int:
    return len(alarm.episodes(alarm.judge(expected(series, first)), first))


def _delay(series: Series) -> int | None:
    """Hours from the change until it was known, counting the hour it was known in; None when it was not."""
    changed = len(series) - _CHANGED_HOURS
    judged = alarm.judge(expected(series, changed))
    for hour in range(changed, len(series)):
        if abs(judged.strength[hour]) >= 1:
            return hour - changed + 1
    return None


def report(series: int, seed: int) -> str:
    """Measure all cases and say so as a table in Markdown."""
    lines = [
        f"{series} ordinary series × {_WEEKS} weeks a row, seeds from {seed}.",
        "",
        "| series | false episodes a series and week | change: found within a day, median hours | CPU-s a series |",
        "|---|---|---|---|",
    ]
    for case in CASES:
        found = measure(case, series, seed)
        delays = "; ".join(
            f"×{factor:g}: {share:.0%}, {hours:.0f} h" for factor, (share, hours) in found.delays.items()
        )
        lines.append(f"| {case.name} | {found.false_a_week:.4f} | {delays} | {found.cpu_s:.3f} |")
    return "\n".join(lines)
