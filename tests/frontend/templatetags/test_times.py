"""Moments: relative on the page, absolute on hover."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from frontend.templatetags import times

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2, "just now"), (12, "12 s ago"), (59, "59 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
        (86_400, "1 d ago"), (29 * 86_400, "29 d ago"), (40 * 86_400, "14 Oct 2026"), (-120, "in 2 min"),
    ],
)  # fmt: skip
def test_ago_says_how_long(seconds: int, text: str) -> None:
    """The largest whole unit counts, beyond thirty days the date stands."""
    assert times.ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_no_moment_is_never() -> None:
    """What has not happened is said to be so."""
    assert times.ago(None) == times.reltime(None) == "never"


def test_reltime_carries_the_absolute() -> None:
    """The element has the machine's time and the absolute for the reader, in UTC whatever came in."""
    html = times.reltime(datetime.fromisoformat("2026-11-23T13:00:00.5+01:00"))
    assert 'datetime="2026-11-23T12:00:00.500+00:00"' in html
    assert 'title="2026-11-23 12:00:00 UTC"' in html


def test_clock_has_milliseconds() -> None:
    """Times within a trace need milliseconds."""
    assert times.clock(NOW + timedelta(microseconds=1999)) == "12:00:00.001"


def test_browser_and_server_count_alike() -> None:
    """The steps of the refreshing element equal the server's, so that a text does not jump after loading."""
    script = (Path(times.__file__).parents[1] / "static/js/relative_time.js").read_text()
    steps = re.findall(r'\[([\d *]+), (\d+), "(\w+)"\]', script.split("\n")[1])
    product = [(eval(limit), int(size), unit) for limit, size, unit in steps]  # noqa: S307 - digits and * only
    assert tuple(product) == times.STEPS
