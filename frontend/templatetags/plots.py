"""Small drawings made on the server as SVG: positions are attributes, so a strict policy lets them through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend.templatetags.figures import compact, grouped, number, percent

register = template.Library()

WIDTH, HEIGHT = 100.0, 24.0
PARTS = (
    ("assigned", "Assigned to a topic"),
    ("low", "Low confidence"),
    ("ignored", "Left out by people"),
    ("other", "Other"),
    ("pending", "Not yet processed"),
    ("failed", "Failed"),
)


def _points(values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    """Place values in the box, one run of points between gaps; zero is the floor unless values fall below."""
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, high = min(0.0, *known), max(*known, 0.0)
    step, span = WIDTH / max(1, len(values) - 1), (high - low) or 1.0
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((round(place * step, 2), round(HEIGHT - 1 - (value - low) / span * (HEIGHT - 3), 2)))
    return [run for run in runs if run]


@register.simple_tag
def sparkline(values: Sequence[Any] | None, label: str = "") -> SafeString | str:
    """Draw a trend without axes; gaps stay gaps. The label says what is drawn, its range is added.

    Args:
        values: numbers in order of time; None where nothing was measured.
        label: text for who cannot see it, such as "Traces per day".
    """
    figures = [number(value) for value in values or ()]
    runs = _points(figures)
    if not runs:
        return ""
    lines = " ".join("M" + " L".join(f"{x} {y}" for x, y in (run if len(run) > 1 else run * 2)) for run in runs)
    areas = " ".join(
        f"M{run[0][0]} {HEIGHT} L" + " L".join(f"{x} {y}" for x, y in run) + f" L{run[-1][0]} {HEIGHT}Z" for run in runs
    )
    known = [figure for figure in figures if figure is not None]
    text = f"{label or 'Trend'}: from {compact(known[0])} to {compact(known[-1])}, at most {compact(max(known))}"
    return format_html(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="area" d="{}"/><path d="{}"/></svg>',
        text,
        areas,
        lines,
    )


@register.simple_tag
def interval_bar(value: Any, low: Any, high: Any, top: Any = 1.0) -> SafeString | str:
    """Draw a value as a point and its interval as a bar on a scale from 0 to ``top``."""
    figures = [number(part) for part in (value, low, high, top)]
    point, start, end, scale = figures
    if point is None or not scale:
        return ""
    start, end = (point if start is None else start), (point if end is None else end)
    left, right, middle = (round(min(1.0, max(0.0, part / scale)) * 100, 2) for part in (start, end, point))
    return format_html(
        '<svg class="interval" aria-hidden="true"><rect class="axis" y="5" width="100%" height="2" rx="1"/>'
        '<rect class="range" x="{}%" y="3" width="{}%" height="6" rx="3"/>'
        '<circle class="point" cx="{}%" cy="6" r="3"/></svg>',
        left,
        round(right - left, 2),
        middle,
    )


@register.simple_tag
def share_bar(share: Any, css: str = "share-bar") -> SafeString:
    """Draw a share between 0 and 1 as a bar; the figure stands beside it."""
    figure = min(1.0, max(0.0, number(share) or 0.0))
    return format_html(
        '<svg class="{}" aria-hidden="true"><rect width="{}%" height="100%" rx="1"/></svg>', css, round(100 * figure, 2)
    )


@register.simple_tag
def span_bar(start_ms: Any, duration_ms: Any, total_ms: Any, first_token_ms: Any = None) -> SafeString:
    """Draw a span on the time axis of its trace; never thinner than can be seen.

    Args:
        start_ms: from the beginning of the trace.
        duration_ms: of the span.
        total_ms: of the trace.
        first_token_ms: from the beginning of the span; drawn as a tick.
    """
    marks = bar_marks(start_ms, duration_ms, total_ms, first_token_ms)
    return format_html('<svg class="bar" aria-hidden="true">{}</svg>', marks)


def bar_marks(start_ms: Any, duration_ms: Any, total_ms: Any, first_token_ms: Any = None) -> SafeString:
    """Give the rectangles inside a span's bar; only numbers get into the markup."""
    total = number(total_ms) or 1.0
    width = min(100.0, max(0.4, 100 * (number(duration_ms) or 0.0) / total))
    left = min(100 - width, max(0.0, 100 * (number(start_ms) or 0.0) / total))
    marks = f'<rect class="span" x="{round(left, 3)}%" y="3" width="{round(width, 3)}%" height="8" rx="2"/>'
    first = number(first_token_ms)
    if first is not None:
        tick = min(100.0, max(0.0, left + 100 * first / total))
        marks += f'<rect class="first" x="{round(tick, 3)}%" y="1" width="1.5" height="12"/>'
    return SafeString(marks)


@register.simple_tag
def coverage_bar(
    assigned: Any = 0, low: Any = 0, ignored: Any = 0, other: Any = 0, pending: Any = 0, failed: Any = 0
) -> SafeString:
    """Draw what share of the traces a page speaks about, with a legend that gives every count."""
    counts = [number(count) or 0.0 for count in (assigned, low, ignored, other, pending, failed)]
    total = sum(counts) or 1.0
    parts = [
        (name, label, count, round(100 * sum(counts[:place]) / total, 3), round(100 * count / total, 3))
        for place, ((name, label), count) in enumerate(zip(PARTS, counts, strict=True))
        if count
    ]
    bars = format_html_join(
        "", '<rect data-part="{}" x="{}%" width="{}%" height="100%"/>', ((n, x, w) for n, _, _, x, w in parts)
    )
    legend = format_html_join(
        "",
        '<li data-part="{}"><i class="swatch"></i>{} <span class="n">{} ({})</span></li>',
        ((n, label, grouped(count), percent(count / total)) for n, label, count, _, _ in parts),
    )
    return format_html(
        '<div class="coverage"><svg aria-hidden="true">{}</svg><ul class="legend">{}</ul></div>', bars, legend
    )
