"""The map of conversations, coloured by topic, and topics as bubbles of volume against one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from textwrap import wrap
from typing import Any, Final
from urllib.parse import quote

from django.urls import reverse

from analytics.questions.topic_map import MapPoint
from analytics.questions.topics import OTHER, TopicRow, TopicTable
from frontend.templatetags.evidence import visible
from frontend.templatetags.figures import duration, percent, usd

_LINE: Final = 44
_LINES: Final = 2
METRICS: Final = {
    "flags": "Flag rate",
    "errors": "Error rate",
    "latency": "Latency p95",
    "cost": "Cost",
}
"""What bubbles may show upwards, by the word in the address."""


def topic_map(
    points: Sequence[MapPoint], names: Mapping[int, str], colors: Mapping[int, str], total: int, slug: str
) -> dict[str, Any]:
    """Which conversations mean alike?

    Args:
        points: on the map.
        names: of topics by number.
        colors: of topics by number, one of the twelve; Other has its own.
        total: conversations of the range, also those that are not on the map.
        slug: of the project.
    """
    inside: dict[int, list[MapPoint]] = {}
    for point in points:
        inside.setdefault(point.topic if point.topic in names else OTHER, []).append(point)
    order = sorted(inside, key=lambda number: (number != OTHER, -len(inside[number])))  # Other lies under all
    return {
        "id": "topic-map",
        "title": "Which conversations mean alike?",
        "note": f"{len(points):,} of {total:,} conversations",
        "label": "Points for conversations, coloured by topic; a cross is in no topic. The table names every topic.",
        "columns": ["Topic", "Points"],
        "rows": [(names.get(number, "Other"), len(inside[number])) for number in order],
        "spec": {
            "data": [_points(number, inside[number], names, colors, slug) for number in order],
            "layout": {"showlegend": False, "xaxis": _BARE, "yaxis": _BARE},
        },
    }


_BARE: Final = {"visible": False, "rangemode": "normal", "fixedrange": False}


def _points(
    number: int, points: Sequence[MapPoint], names: Mapping[int, str], colors: Mapping[int, str], slug: str
) -> dict[str, Any]:
    base = reverse("conversation", args=[slug, "-"])[:-1]  # once: asking for each of 3,000 addresses took 35 ms
    return {
        "type": "scatter",
        "mode": "markers",
        "uid": f"topic-{number}-",  # the class of its points, by which a row of the table finds them
        "meta": number,
        "name": names.get(number, "Other"),
        "x": [round(point.x, 3) for point in points],
        "y": [round(point.y, 3) for point in points],
        "text": [_hover(point.first_text) for point in points],
        "customdata": [f"{base}{quote(point.conversation_id)}" for point in points],
        "hovertemplate": _under(names.get(number, "Other")),
        "marker": {
            "color": f"--topic-{colors.get(number, 'other')}",
            "size": 6 if number != OTHER else 5,
            "symbol": "circle" if number != OTHER else "x",
            "opacity": 0.75,
        },
    }


def _under(name: str) -> str:
    """The text of a point and the name of its topic; a percent sign in a name begins no placeholder."""
    return f"%{{text}}<br>· {escape(name).replace('%', '&#37;')}<extra></extra>"


@lru_cache(maxsize=8192)  # the same texts at every look at a map: wrapping 3,000 of them took 63 ms
def _hover(text: str) -> str:
    # plotly reads a little HTML in these texts: what users typed is none, and bold would be an inline style.
    lines = wrap(" ".join(visible(text).split()), _LINE, max_lines=_LINES, placeholder=" …")
    return "<br>".join(escape(line) for line in lines)


def bubbles(table: TopicTable, metric: str, colors: Mapping[int, str], slug: str) -> dict[str, Any]:
    """Which topics are large and go badly?"""
    rows = [row for row in table.topics if _value(row, metric) is not None]
    label = METRICS[metric]
    most = max((row.users for row in rows), default=1) or 1
    return {
        "id": "topic-bubbles",
        "title": f"Which large topics have a high {label[0].lower()}{label[1:]}?",
        "note": f"{len(rows)} topics",
        "label": f"Bubbles for topics: conversations to the right, {label} upwards.",
        "columns": ["Topic", "Conversations", label, "Users"],
        "rows": [(visible(row.name), row.conversations, _worded(row, metric), row.users) for row in rows],
        "spec": {
            "data": [_bubble(row, metric, most, colors[row.number], slug) for row in rows],
            "layout": {
                "showlegend": False,
                "xaxis": {"title": {"text": "Conversations"}, "rangemode": "tozero", "showgrid": True},
                "yaxis": {"title": {"text": label}, **_AXES[metric]},
            },
        },
    }


_AXES: Final[Mapping[str, dict[str, Any]]] = {
    "flags": {"tickformat": ".0%"},
    "errors": {"tickformat": ".0%"},
    "latency": {"ticksuffix": " s"},
    "cost": {"tickprefix": "$"},
}


def _bubble(row: TopicRow, metric: str, most: int, color: str, slug: str) -> dict[str, Any]:
    worded = f"{METRICS[metric]} {_worded(row, metric)}, {row.conversations:,} conversations, {row.users:,} users"
    return {
        "type": "scatter",
        "mode": "markers",
        "uid": f"topic-{row.number}-",
        "meta": row.number,
        "name": visible(row.name),
        "x": [row.conversations],
        "y": [_value(row, metric)],
        "text": [_hover(worded)],
        "customdata": [reverse("topic", args=[slug, row.number])],
        "hovertemplate": _under(visible(row.name)),
        "marker": {
            "color": f"--topic-{color}",
            "size": [round(10 + 24 * (row.users / most) ** 0.5, 1)],
            "opacity": 0.75,
        },
    }


def _value(row: TopicRow, metric: str) -> float | None:
    if metric == "latency":
        return row.p95_ms / 1000 if row.p95_ms is not None else None
    if metric == "cost":
        return row.cost_usd
    rate = row.flag_rate if metric == "flags" else row.error_rate
    return rate.value if rate.n else None


def _worded(row: TopicRow, metric: str) -> str:
    if metric == "latency":
        return duration(row.p95_ms)
    if metric == "cost":
        return usd(row.cost_usd)
    rate = row.flag_rate if metric == "flags" else row.error_rate
    return f"{percent(rate.value)} ({percent(rate.low)} to {percent(rate.high)}, n {rate.n:,})"
