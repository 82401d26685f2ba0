"""Moments as people read them: relative on the page, absolute on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# Kept equal to STEPS in static/js/relative_time.js.
STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (30 * 86_400, 86_400, "d"))


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@register.filter
def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Say how long ago a moment was, or how soon it will be; a date beyond 30 days."""
    if moment is None:
        return "never"
    moment = _aware(moment)
    seconds = round(((now or timezone.now()) - moment) / timedelta(seconds=1))
    if abs(seconds) < 5:
        return "just now"
    for limit, size, unit in STEPS:
        if abs(seconds) < limit:
            text = f"{abs(seconds) // size} {unit}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return f"{moment.day} {moment:%b %Y}"


@register.filter
def absolute(moment: datetime | None) -> str:
    """Print the moment itself in UTC, to the second."""
    return "" if moment is None else f"{_aware(moment):%Y-%m-%d %H:%M:%S} UTC"


@register.filter
def clock(moment: datetime | None) -> str:
    """Print the time of day in UTC to the millisecond, for spans of one trace."""
    return "" if moment is None else f"{_aware(moment):%H:%M:%S.%f}"[:-3]


@register.simple_tag
def reltime(moment: datetime | None) -> SafeString | str:
    """Print a relative time that keeps itself fresh and shows the absolute one on hover and focus."""
    if moment is None:
        return "never"
    return format_html(
        '<relative-time><time datetime="{}" title="{}">{}</time></relative-time>',
        _aware(moment).isoformat(timespec="milliseconds"),
        absolute(moment),
        ago(moment),
    )
