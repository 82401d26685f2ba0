"""What happened when in the shop's month: the rhythm of days, releases, prompts, and the two bad days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from ingest.sample.llms import EARLY_MIX, LATE_MIX, Model

_HOURS: Final = (3, 2, 1, 1, 1, 2, 5, 10, 18, 26, 32, 34, 33, 31, 29, 28, 28, 29, 32, 37, 40, 34, 22, 10)
_WEEKDAYS: Final = (1.15, 1.05, 1.0, 1.0, 0.95, 0.7, 0.85)  # Monday first
_RELEASES: Final = ((1.0, "3.4.0"), (0.8, "3.4.1"), (0.55, "3.5.0"), (0.3, "3.5.1"), (0.12, "3.6.0"), (0.0, "3.6.1"))
_PROMPTS: Final = ((1.0, "v12"), (0.62, "v13"), (0.17, "v15"))
_LATE_SHARE: Final = (0.05, 0.09, 0.14, 0.19, 0.24, 0.28)

BAD_PROMPT: Final = "v14"


@dataclass(frozen=True, slots=True)
class Almanac:
    """The month that ends with a day.

    Attributes:
        today: the last day of the plan; everything is fixed relative to it.
        days: how many days the plan covers, today included.
    """

    today: date
    days: int

    @property
    def first_day(self) -> date:
        """Day the plan begins."""
        return self.today - timedelta(days=self.days - 1)

    @property
    def bad_prompt_day(self) -> date:
        """Day on which a bad version of the prompt was live."""
        return self._weekday_before(0.3)

    @property
    def outage(self) -> tuple[datetime, datetime]:
        """Hours in which one provider failed."""
        day = self._weekday_before(0.43)
        return datetime.combine(day, time(16), UTC), datetime.combine(day, time(22), UTC)

    def moments(self, count: int, dice: Random) -> list[datetime]:
        """Draw when conversations start: busy evenings, quiet nights, slow Saturdays, slight growth; in order."""
        dates = [self.first_day + timedelta(days=number) for number in range(self.days)]
        weights = [_WEEKDAYS[day.weekday()] * (1 + 0.2 * at / self.days) for at, day in enumerate(dates)]
        drawn = dice.choices(dates, weights, k=count)
        hours = dice.choices(range(24), _HOURS, k=count)
        starts = [datetime.combine(day, time(hour), UTC) for day, hour in zip(drawn, hours, strict=True)]
        return sorted(start + timedelta(microseconds=dice.randrange(3_600_000_000)) for start in starts)

    def release(self, when: datetime, environment: str) -> str:
        """Version that served; staging is one release ahead."""
        at = self._last_before(_RELEASES[:-1], when)
        return _RELEASES[at + (environment == "staging")][1]

    def prompt_version(self, when: datetime, environment: str) -> str:
        """Version of the prompt that was live."""
        if when.date() == self.bad_prompt_day and environment == "production":
            return BAD_PROMPT
        return _PROMPTS[self._last_before(_PROMPTS, when)][1]

    def models(self, when: datetime) -> dict[Model, int]:
        """Which models served, with their shares."""
        return EARLY_MIX if self._left(when) > 0.5 else LATE_MIX

    def late_share(self, when: datetime) -> float:
        """Share of the want that appears late; it grows from day to day."""
        age = (self.today - when.date()).days
        return _LATE_SHARE[-1 - age] if age < min(len(_LATE_SHARE), self.days - 1) else 0.0

    def trend(self, when: datetime, trend: float) -> float:
        """Factor on a want's weight, from 1 at the start to ``trend`` today."""
        return 1 + (trend - 1) * (1 - self._left(when))

    def _left(self, when: datetime) -> float:
        """Share of the month that is still to come: 1 on the first day, near 0 today."""
        return (self.today - when.date()).days / max(self.days - 1, 1)

    def _last_before(self, steps: tuple[tuple[float, str], ...], when: datetime) -> int:
        return max(at for at, (left, _) in enumerate(steps) if self._left(when) <= left)

    def _weekday_before(self, left: float) -> date:
        """Tuesday to Thursday at or before a point of the month, so that enough conversations are hit."""
        wanted = self.today - timedelta(days=round(self.days * left))
        back = next(number for number in range(7) if (wanted - timedelta(days=number)).weekday() in {1, 2, 3})
        return max(wanted - timedelta(days=back), self.first_day)
