"""What was watched beside what was to be expected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from analytics.alerts import words
from analytics.alerts.preview import Preview
from backend.alerts.models import Metric, Rule

_MILLISECONDS = {Metric.LATENCY_P50, Metric.LATENCY_P95}
_SHARES = {Metric.ERROR_RATE, Metric.FLAG_RATE, Metric.TOPIC_SHARE}


def alert_band(rule: Rule, found: Preview, hours: int) -> dict[str, Any]:
    """Was this more or less than usual?"""
    import numpy as np

    series = found.seen.series
    shown = min(hours, len(series))
    starts = [found.end - timedelta(hours=shown - at) for at in range(shown)]
    values = series.values[-shown:] if shown else series.values[:0]
    if series.family == "rate":
        sizes = series.sizes[-shown:] if shown else series.sizes[:0]
        values = np.where(sizes > 0, values / np.maximum(sizes, 1), np.nan)
    low, mean, high = _band(found, shown)
    x = [f"{start:%Y-%m-%dT%H:%M:%SZ}" for start in starts]
    return {
        "id": "alert-band",
        "title": "Was this more or less than usual?",
        "note": "an hour a point; the band holds 95 % of ordinary hours",
        "label": "What was seen each hour, over a band of what was to be expected; hours of alerts are shaded.",
        "columns": ["Start (UTC)", "Seen", "Expected", "Band"],
        "rows": [
            (f"{start:%Y-%m-%d %H:%M}", _said(rule, value), _said(rule, middle), f"{_said(rule, a)} – {_said(rule, b)}")
            for start, value, middle, a, b in zip(starts, values, mean, low, high, strict=True)
        ][::-1][:336],
        "spec": {
            "data": [
                _line("Upper end", x, _shown(rule, high), "--neutral-solid/0", show=False),
                _line("Usual", x, _shown(rule, low), "--neutral-solid/0", fill="--neutral-solid/0.22"),
                _line("Expected", x, _shown(rule, mean), "--neutral-solid", dash="dot"),
                _line("Seen", x, _shown(rule, values), "--accent"),
            ],
            "layout": {
                "xaxis": {"type": "date"},
                "yaxis": {
                    "ticksuffix": " %" if rule.metric in _SHARES else _suffix(rule),
                    "range": [
                        0,
                        _top(_shown(rule, values), _shown(rule, mean), 1.0 if rule.metric in _SHARES else 0.0),
                    ],
                },
                "shapes": [_shade(one.start, one.last) for one in found.told],
            },
        },
    }


def _band(found: Preview, shown: int) -> list[Any]:
    """Low end, middle and high end of the last hours; nan where nothing was to be expected."""
    import numpy as np

    expected, series = found.seen.expected, found.seen.series
    if expected is None or not shown:
        return [np.full(shown, np.nan)] * 3
    ends = [expected.low[-shown:], expected.mean[-shown:], expected.high[-shown:]]
    if series.family == "rate":
        # Without a turn any rate would be ordinary: such hours have no band.
        ends = [np.where(series.sizes[-shown:] > 0, one, np.nan) for one in ends]
    return ends


def _top(seen: list[float | None], mean: list[float | None], least: float) -> float:
    """Upper end of the axis: what was seen fills the plot; the band of an hour with two turns may leave it."""
    most = max((value for value in (*seen, *mean) if value is not None), default=0.0)
    return max(1.25 * most, least) or 1.0


def _shade(start: Any, end: Any) -> dict[str, Any]:
    return {
        "type": "rect",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "x0": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "x1": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "fillcolor": "--error-solid/0.14",
        "line": {"width": 0},
        "layer": "below",
    }


def _line(
    name: str, x: list[str], y: list[float | None], colour: str, dash: str = "solid", fill: str = "", show: bool = True
) -> dict[str, Any]:
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
        "showlegend": show,
        "hoverinfo": "x+y+name" if show and not fill else "skip",
    }
    if fill:
        line |= {"fill": "tonexty", "fillcolor": fill}
    return line


def _shown(rule: Rule, values: Any) -> list[float | None]:
    scale = 100 if rule.metric in _SHARES else 0.001 if rule.metric in _MILLISECONDS else 1
    return [round(float(value) * scale, 6) if value == value else None for value in values]  # noqa: PLR0124 - nan


def _suffix(rule: Rule) -> str:
    return " s" if rule.metric in _MILLISECONDS else ""


def _said(rule: Rule, value: float) -> str:
    return words.figure(rule.metric, float(value)) if value == value else "–"  # noqa: PLR0124 - nan
