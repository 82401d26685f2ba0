"""When an hourly series is said to have changed: few false alarms by measurement, and how strong the evidence is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analytics.statistics.seasonal import Expected, Numbers

WINDOWS: Final = (2, 3, 4, 6, 8)
"""Hours since a step that are tried; one hour alone, however odd, is no change."""
RISE: Final = 5.4
FALL: Final = 4.6
"""Standard deviations that make a step an alarm; rises need more, as counts have the longer tail there."""
LEAN: Final = 1.0
"""Residual that each hour since the step must at least have, all to the same side."""
DRIFT: Final = 1.0
CUSUM_RISE: Final = 10.0
CUSUM_FALL: Final = 6.2
"""Allowance and thresholds of the two cumulative sums, for changes that no step shows by itself."""
QUIET_HOURS: Final = 6
"""Hours that lean nowhere, or weigh less than half the threshold, that end an episode; a shorter lull is part of it."""
_LEVEL: Final = 1e-4
"""About how often one hour of an ordinary series reaches strength 1, from `analytics.evaluate.alerts`."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of hours in which a series was not what it should have been.

    Attributes:
        start: index of the hour the change is dated to: the first of the window or sum that told.
        told: index of the hour at which it was known.
        end: index after the last hour that belongs to it.
        strength: greatest strength in it, signed: above 0 a rise.
        is_over: whether it has ended; else it lasts to the end of the series.
    """

    start: int
    told: int
    end: int
    strength: float
    is_over: bool

    @property
    def p_value(self) -> float:
        """About how often an ordinary hour looks like this; what false-discovery control works on."""
        return float(_LEVEL ** abs(self.strength))


@dataclass(frozen=True, slots=True)
class Judged:
    """Strength of the evidence for a change in each hour.

    Attributes:
        strength: float[hours], in units of the threshold: 1 or more is an alarm, the sign is the direction; 0 where
            nothing is expected.
        since: int[hours], index of the hour from which on the evidence was gathered.
        residual: float[hours], of each hour by itself; 0 where nothing is expected.
    """

    strength: Numbers
    since: list[int]
    residual: Numbers


def judge(found: Expected) -> Judged:
    """Weigh each hour of a series by the hours up to it, and never by later ones.

    Two tests at once: the likelihood ratio of a step that began 2 to 8 hours ago, in residuals with an AR(1) memory,
    and a two-sided cumulative sum of the whitened residuals.

    Source: Page (1954), Biometrika 41:100, for the cumulative sum; thresholds by simulation on seeds of their own,
    `analytics.evaluate.alerts`.
    """
    import numpy as np

    residual = np.nan_to_num(found.residual, nan=0.0)
    hours = len(residual)
    root = np.sqrt(1 - found.memory**2)
    white = (residual - found.memory * np.r_[0.0, residual[:-1]]) / root
    # What a step of height 1 leaves in the whitened residuals: all of it in its first hour, then what memory lacks.
    onset, after = 1 / root, (1 - found.memory) / root
    strength, since = np.zeros(hours), np.arange(hours)
    for window in WINDOWS:
        total, power, lean = np.zeros(hours), np.zeros(hours), np.zeros(hours)
        for back in range(min(window, hours)):
            gain = onset if back == window - 1 else after
            kept = slice(0, hours - back)
            total[back:] += (white * gain)[kept]
            power[back:] += (gain**2)[kept]
            lean[back:] += (np.sign(residual) * (np.abs(residual) >= LEAN))[kept]
        step = total / np.sqrt(np.maximum(power, 1e-9))
        scaled = np.where(step > 0, step / RISE, step / FALL) * (np.abs(lean) == window) * (lean * step > 0)
        better = np.abs(scaled) > np.abs(strength)
        strength[better], since[better] = scaled[better], np.flatnonzero(better) - window + 1
    told_since = [int(hour) for hour in since]
    _cumulate(white, residual, strength, told_since)
    return Judged(strength, told_since, residual)


def _cumulate(white: Numbers, residual: Numbers, strength: Numbers, since: list[int]) -> None:
    """Put in the cumulative sums where they say more than the steps."""
    up = down = 0.0
    up_since = down_since = 0
    last_up = last_down = -QUIET_HOURS
    for hour, now in enumerate(white):
        last_up = hour if residual[hour] >= LEAN else last_up
        last_down = hour if residual[hour] <= -LEAN else last_down
        # A change that no hour has shown for so long is over; the sum alone would take a day to forget it.
        up = up if hour - last_up < QUIET_HOURS else 0.0
        down = down if hour - last_down < QUIET_HOURS else 0.0
        up, down = max(0.0, up + now - DRIFT), max(0.0, down - now - DRIFT)
        # Beyond twice the threshold a sum says nothing more, and would only take long to come back.
        up, down = min(up, 2 * CUSUM_RISE), min(down, 2 * CUSUM_FALL)
        up_since = hour + 1 if up == 0 else up_since
        down_since = hour + 1 if down == 0 else down_since
        for scaled, start in ((up / CUSUM_RISE, up_since), (-down / CUSUM_FALL, down_since)):
            if abs(scaled) > abs(strength[hour]):
                strength[hour], since[hour] = scaled, min(start, hour)


def episodes(judged: Judged, first: int = 0) -> list[Episode]:
    """Stretches of hours with an alarm, from hour ``first`` on, oldest first."""
    found: list[Episode] = []
    open_: list[int] = []  # start, told, last hour at half strength
    best = 0.0
    for hour in range(first, len(judged.strength)):
        now = float(judged.strength[hour])
        if open_ and (now * best >= 0 and abs(now) >= 0.5):
            open_[2] = hour if judged.residual[hour] * (1 if best > 0 else -1) >= LEAN else open_[2]
            best = now if abs(now) > abs(best) else best
        if open_ and (hour - open_[2] >= QUIET_HOURS or (now * best < 0 and abs(now) >= 1)):
            found.append(Episode(open_[0], open_[1], open_[2] + 1, best, True))
            open_ = []
        if not open_ and abs(now) >= 1:
            open_, best = [max(judged.since[hour], 0), hour, hour], now
    if open_:
        found.append(Episode(open_[0], open_[1], len(judged.strength), best, False))
    return found


def kept_by_false_discovery(p_values: Sequence[float], looks: int, share: float = 0.05) -> list[bool]:
    """Which of some small p-values hold up when so many series were looked at.

    Args:
        p_values: of the series that raised an alarm.
        looks: how many series were looked at in all; the others count with a p-value of 1.
        share: of the kept ones that may be false on average, 0 to 1.

    Source: Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57:289.

    >>> kept_by_false_discovery([0.0001, 0.04], looks=20)
    [True, False]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    last = max((rank for rank, i in enumerate(order, 1) if p_values[i] <= share * rank / max(looks, rank)), default=0)
    kept = set(order[:last])
    return [i in kept for i in range(len(p_values))]
