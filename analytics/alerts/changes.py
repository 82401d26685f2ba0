"""What happened in the series of a rule: hours that are not what they should have been, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from analytics.alerts.hours import HOUR
from analytics.statistics import alarm
from analytics.statistics.alarm import Episode
from analytics.statistics.seasonal import LEAST_DAYS, Expected, Series, expected
from backend.alerts.models import Alert, Rule

if TYPE_CHECKING:
    import numpy as np

SETTLED_DAYS: Final = LEAST_DAYS + 3
"""Days of history before anything is judged: a week to expect from, three days to learn how restless it is."""
_LEAST_SILENCED: Final = 5.0
"""Turns that must have been expected in silent hours for the silence to mean anything."""


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch of hours.

    Attributes:
        kind: of ``Alert.Kind``.
        start: of its first hour.
        told: end of the hour at which it was known.
        last: end of the last hour that belongs to it.
        is_over: whether it has ended.
        strength: evidence, 1 or more.
        p_value: how often an ordinary hour looks like this.
        observed: mean of its hours, in the unit of the series.
        expected: what they should have been.
        size: turns or scores it rests on.
    """

    kind: str
    start: datetime
    told: datetime
    last: datetime
    is_over: bool
    strength: float
    p_value: float
    observed: float
    expected: float
    size: float

    @property
    def factor(self) -> float:
        """Observed over expected; infinite where nothing was expected."""
        return self.observed / self.expected if self.expected > 0 else float("inf")

    def concerns(self, rule: Rule) -> bool:
        """Whether it goes the way the rule watches, and far enough."""
        if self.kind == Alert.Kind.SILENCE:
            return True
        if rule.direction not in {Rule.Direction.BOTH.value, self.kind}:
            return False
        factor = max(self.factor, 1e-9)
        return max(factor, 1 / factor) >= 1 + rule.min_effect


@dataclass(frozen=True, slots=True)
class Seen:
    """A series held against what was expected of it.

    Attributes:
        series: as it was read.
        expected: what its past let expect.
        strength: float[hours], of the evidence.
        changes: oldest first.
        standing: why nothing can be said, when that is so.
    """

    series: Series
    expected: Expected | None
    strength: np.ndarray[tuple[int], np.dtype[np.float64]] | None
    changes: tuple[Change, ...]
    standing: str = ""


def look(series: Series, end: datetime, hours: int, silence_hours: int = 0) -> Seen:
    """Judge the last ``hours`` of a series.

    Args:
        series: whose last hour ends at ``end``.
        end: on the hour.
        hours: how many of the newest hours may hold the beginning of a change.
        silence_hours: hours without data that are told; 0 tells none.
    """
    silent = _silence(series, end, silence_hours)
    if len(series) < SETTLED_DAYS * 24:
        days = len(series) / 24
        return Seen(series, None, None, silent, f"needs {SETTLED_DAYS} days of history and has {days:.1f}")
    first = max(0, len(series) - hours)
    found = expected(series, first)
    judged = alarm.judge(found)
    changes = [_change(series, found, one, end) for one in alarm.episodes(judged, first)]
    # Where volume has fallen to nothing the fall says it all.
    falls = any(one.kind == Alert.Kind.FALL and not one.is_over for one in changes)
    return Seen(series, found, judged.strength, (*changes, *(() if falls else silent)))


def _change(series: Series, found: Expected, episode: Episode, end: datetime) -> Change:
    import numpy as np

    part = slice(episode.start, episode.end)
    values, sizes, mean = series.values[part], series.sizes[part], found.mean[part]
    seen = np.isfinite(mean) & np.isfinite(values) & ((sizes > 0) | (series.family == "count"))
    values, sizes, mean = values[seen], sizes[seen], mean[seen]
    observed = wanted = float("nan")
    if len(values) and series.family == "count":
        observed, wanted = float(values.mean()), float(mean.mean())
    elif len(values) and series.family == "rate":
        observed, wanted = float(values.sum() / sizes.sum()), float((mean * sizes).sum() / sizes.sum())
    elif len(values):
        observed, wanted = float(np.exp(np.log(values).mean())), float(np.exp(np.log(mean).mean()))
    behind = len(series)
    return Change(
        kind=Alert.Kind.RISE if episode.strength > 0 else Alert.Kind.FALL,
        start=end - (behind - episode.start) * HOUR,
        told=end - (behind - episode.told - 1) * HOUR,
        last=end - (behind - episode.end) * HOUR,
        is_over=episode.is_over,
        strength=abs(episode.strength),
        p_value=episode.p_value,
        observed=observed,
        expected=wanted,
        size=float(sizes.sum()),
    )


def _silence(series: Series, end: datetime, least: int) -> tuple[Change, ...]:
    """The silence that lasts until now, if it is long enough and was not to be expected."""
    import numpy as np

    full = np.flatnonzero(series.sizes > 0)
    if not least or len(full) < 24:
        return ()
    quiet = len(series) - 1 - int(full[-1])
    usual = float(series.sizes[: int(full[-1]) + 1][-168:].mean())
    # The same hours of the day before: a night without traffic is no silence.
    day_before = series.sizes[: len(series) - quiet][-24:]
    hours = (np.arange(quiet) - quiet) % 24
    wanted = float(np.resize(day_before, 24)[hours].sum()) if quiet else 0.0
    if quiet < least or min(wanted, usual * quiet) < _LEAST_SILENCED:
        return ()
    start = end - quiet * HOUR
    return (Change(Alert.Kind.SILENCE, start, start + least * HOUR, end, False, 1.0, 0.0, 0.0, wanted / quiet, 0.0),)
