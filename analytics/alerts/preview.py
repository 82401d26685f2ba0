"""What a rule would have told of the weeks behind us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.alerts.changes import Change, Seen, look
from analytics.alerts.hours import last_full_hour, series_of
from backend.alerts.models import Alert, Rule

SHOWN_WEEKS: Final = 4
_WEEKS: Final = SHOWN_WEEKS + 6
"""Four weeks to look at; before them four to expect from and two to learn the spread on."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A rule tried on history.

    Attributes:
        seen: the series and what was expected of it.
        told: changes that would have been told, oldest first.
        held_back: how many were too small, or went the other way.
        end: end of the last hour.
        weeks: how many weeks could really be judged, at most ``SHOWN_WEEKS``.
    """

    seen: Seen
    told: tuple[Change, ...]
    held_back: int
    end: datetime
    weeks: float


def preview(rule: Rule, now: datetime) -> Preview:
    """Try a rule, saved or not, on the last four weeks."""
    end = last_full_hour(now)
    hours = SHOWN_WEEKS * 168
    seen = look(series_of(rule, end, _WEEKS), end, hours, rule.silence_hours)
    told = tuple(one for one in seen.changes if one.concerns(rule))
    judged = 0.0
    if seen.expected is not None:
        import numpy as np

        judged = float(np.isfinite(seen.expected.mean[-hours:]).sum()) / 168
    return Preview(seen, told, len(seen.changes) - len(told), end, judged)


def around(alert: Alert, now: datetime) -> Preview:
    """The series around an alert: a week before it to a day after it, or to now."""
    end = min(last_full_hour(now), (alert.ended_at or now) + timedelta(days=1))
    end = end.replace(minute=0, second=0, microsecond=0)
    hours = round((end - alert.started_at).total_seconds() / 3600) + 168
    rule = alert.rule
    seen = look(series_of(rule, end, 6 + hours / 168), end, hours, rule.silence_hours)
    told = tuple(one for one in seen.changes if one.concerns(rule))
    return Preview(seen, told, len(seen.changes) - len(told), end, hours / 168)
