"""The time range and environment of a page: global, and kept in its address so that a link is a view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

from backend.errors import BadRequest

PRESETS = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "14d": ("Last 14 days", timedelta(days=14)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "90d": ("Last 90 days", timedelta(days=90)),
}
DEFAULT = "14d"
LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Period:
    """A time range as the page's address names it.

    Attributes:
        start: included.
        end: excluded.
        key: a preset's key, or ``custom``.
        label: in words.
    """

    start: datetime
    end: datetime
    key: str
    label: str

    @property
    def previous(self) -> tuple[datetime, datetime]:
        """The range of equal length just before."""
        return self.start - (self.end - self.start), self.start


def period_of(request: HttpRequest) -> Period:
    """Read ``?range=`` or ``?from=&to=``.

    Raises:
        BadRequest: a time that cannot be read, an end before its start, or more than 400 days.
    """
    if request.GET.get("from") or request.GET.get("to"):
        return _custom(request)
    key = request.GET.get("range") or DEFAULT
    if key not in PRESETS:
        raise BadRequest(f"range is {key[:40]!r}; it must be one of {', '.join(PRESETS)}")
    label, length = PRESETS[key]
    now = timezone.now()
    return Period(now - length, now, key, label)


def _custom(request: HttpRequest) -> Period:
    start = _time("from", request.GET.get("from", ""))
    end = _time("to", request.GET["to"]) if request.GET.get("to") else timezone.now()
    if end <= start:
        raise BadRequest("the time range ends before it starts")
    if end - start > LONGEST:
        raise BadRequest(f"the time range is longer than {LONGEST.days} days")
    return Period(start, end, "custom", f"{start:%d %b %Y %H:%M} to {end:%d %b %Y %H:%M} UTC")


def _time(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} is {text[:40]!r}; it must be an ISO 8601 time such as 2026-01-31T12:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
