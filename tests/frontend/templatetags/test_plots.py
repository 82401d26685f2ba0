"""Drawings made on the server."""

from __future__ import annotations

import re

from frontend.templatetags.plots import coverage_bar, interval_bar, share_bar, span_bar, sparkline


def test_sparkline_says_what_it_shows() -> None:
    """Who cannot see the line hears its label, ends and highest value."""
    html = sparkline([1, 5, 1200], "Traces per day")
    assert 'aria-label="Traces per day: from 1 to 1.2k, at most 1.2k"' in html


def test_sparkline_keeps_gaps() -> None:
    """Where nothing was measured no line is drawn."""
    line = re.findall(r'<path d="([^"]*)"', sparkline([1, 2, None, 3, 4]))[0]
    assert line.count("M") == 2


def test_sparkline_of_nothing_is_nothing() -> None:
    """No values, no drawing; a single value and equal values still draw."""
    assert sparkline([]) == sparkline(None) == sparkline([None, float("nan")]) == ""
    assert "<path" in sparkline([3])
    assert "<path" in sparkline([0, 0, 0])


def test_interval_is_clipped_to_its_scale() -> None:
    """An interval beyond the scale ends at its edge."""
    html = interval_bar(0.95, 0.9, 1.4)
    assert 'x="90.0%"' in html
    assert 'width="10.0%"' in html


def test_span_bar_is_never_too_thin_to_see() -> None:
    """A span of no time in a long trace is still there, inside the drawing."""
    html = span_bar(1000, 0, 1000)
    assert 'x="99.6%"' in html
    assert 'width="0.4%"' in html


def test_span_bar_survives_clocks_that_differ() -> None:
    """Starts before the trace and a trace of no time give a bar inside the drawing."""
    for html in (span_bar(-50, 10, 100), span_bar(0, 0, 0), span_bar(None, None, None)):
        assert all(0 <= float(part) <= 100 for part in re.findall(r'"([\d.-]+)%"', html))


def test_share_is_clipped() -> None:
    """No bar is longer than its room."""
    assert 'width="100.0%"' in share_bar(3)
    assert 'width="0.0%"' in share_bar(None)


def test_coverage_gives_every_count() -> None:
    """Each part that is not empty is drawn and written with count and share; the parts fill the bar."""
    html = coverage_bar(assigned=90, other=9, failed=1)
    assert 'Assigned to a topic <span class="n">90 (90%)' in html
    assert 'Failed <span class="n">1 (1%)' in html
    assert "Low confidence" not in html
    assert sum(float(width) for width in re.findall(r'width="([\d.]+)%"', html)) == 100
