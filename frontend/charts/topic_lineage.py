"""The timeline of topics over the fits: births, splits, merges, returns and ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from django.urls import reverse

from analytics.questions.topic_lineage import Event, History, Kind, Lane
from frontend.templatetags.evidence import visible

WORDS: Final[Mapping[Kind, str]] = {
    "found": "Found",
    "split from": "Split off",
    "merged into": "Merged",
    "came back": "Came back",
    "retired": "Gone",
}
_MARKS: Final[Mapping[Kind, tuple[str, str]]] = {
    "found": ("circle", "--ok-solid"),
    "split from": ("diamond", "--accent"),
    "merged into": ("triangle-down", "--warn-solid"),
    "came back": ("circle-open", "--ok-solid"),
    "retired": ("x", "--error-solid"),
}
_LONGEST: Final = 26
_FEW: Final = 8
"""Topics that fit into an ordinary chart."""


def topic_lineage(history: History, slug: str) -> dict[str, Any]:
    """What became of each topic?"""
    places = {lane.number: at for at, lane in enumerate(history.lanes)}
    drawn = [one for one in history.events if one.number in places]
    ticks = _ticks(len(history.fits))
    return {
        "id": "topic-lineage",
        "title": "What became of each topic?",
        "size": "large" if len(places) > _FEW else "",
        "note": f"{len(history.lanes)} topics over {len(history.fits)} fits",
        "label": "A line a topic over the fits, with marks where it was found, split off, merged, came back or ended."
        " The list below tells the same.",
        "columns": ["Topic", "There since", "Until", "What happened"],
        "rows": [_told(lane, history) for lane in history.lanes],
        "spec": {
            "data": [
                _lines("There", (lane for lane in history.lanes if lane.is_there), places, "--accent/0.35"),
                _lines("No more", (lane for lane in history.lanes if not lane.is_there), places, "--neutral-solid/0.4"),
                *(_links(kind, drawn, places) for kind in ("split from", "merged into")),
                *(_marks(kind, drawn, places, history, slug) for kind in WORDS),
            ],
            "layout": {
                "xaxis": {
                    "range": [
                        -0.9 if any(life[0] < 0 for one in history.lanes for life in one.lives) else -0.3,
                        max(len(history.fits) - 1, 0) + 0.9,
                    ],
                    "tickvals": ticks,
                    "ticktext": [f"{history.fits[at]:%-d %b %H:%M}" for at in ticks],
                    "showgrid": True,
                },
                "yaxis": {
                    "range": [len(places) - 0.4, -0.6],
                    "tickvals": list(places.values()),
                    "ticktext": [_short(lane.name) for lane in history.lanes],
                    "rangemode": "normal",
                    "showgrid": False,
                },
            },
        },
    }


def _ticks(fits: int) -> list[int]:
    """At most six, the newest among them."""
    step = max(1, -(-fits // 6))
    return [at for at in range(fits) if (fits - 1 - at) % step == 0]


def _lines(name: str, lanes: Iterable[Lane], places: Mapping[int, int], colour: str) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[int | None] = []
    for lane in lanes:
        for start, end in lane.lives:
            x += [start, end, None]
            y += [places[lane.number], places[lane.number], None]
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "hoverinfo": "skip",
        "line": {"color": colour, "width": 6},
    }  # fmt: skip


def _links(kind: Kind, events: Iterable[Event], places: Mapping[int, int]) -> dict[str, Any]:
    """Upright lines from a topic to what it was split from or merged into."""
    x: list[float | None] = []
    y: list[int | None] = []
    for one in events:
        for other in one.others:
            if one.kind == kind and other in places:
                x += [one.column, one.column, None]
                y += [places[other], places[one.number], None]
    return {
        "type": "scatter", "mode": "lines", "name": WORDS[kind], "x": x, "y": y, "hoverinfo": "skip",
        "showlegend": False, "line": {"color": _MARKS[kind][1], "width": 1.5, "dash": "dot"},
    }  # fmt: skip


def _marks(
    kind: Kind, events: Iterable[Event], places: Mapping[int, int], history: History, slug: str
) -> dict[str, Any]:
    those = [one for one in events if one.kind == kind]
    symbol, colour = _MARKS[kind]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": WORDS[kind],
        "x": [one.column for one in those],
        "y": [places[one.number] for one in those],
        "text": [escape(said(one, history.names)).replace("%", "&#37;") for one in those],
        "customdata": [reverse("topic", args=[slug, one.number]) for one in those],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": symbol, "color": colour, "size": 9, "line": {"color": colour, "width": 1.5}},
    }


def said(one: Event, names: Mapping[int, str]) -> str:
    """An event in words: ``“Refunds” split off “Orders”, 10 Mar 2026``."""
    verbs: dict[Kind, str] = {
        "found": "was found",
        "split from": "split off",
        "merged into": "merged into",
        "came back": "came back",
        "retired": "is gone",
    }
    others = (
        ", ".join(f"“{_name(number, names)}”" for number in one.others)
        if one.kind in ("split from", "merged into")
        else ""
    )
    return f"“{_name(one.number, names)}” {verbs[one.kind]}{' ' if others else ''}{others}, {one.at:%-d %b %Y}"


def _told(lane: Lane, history: History) -> tuple[str, str, str, str]:
    mine = [one for one in history.events if one.number == lane.number]
    words = ", ".join(f"{WORDS[one.kind].lower()} {one.at:%-d %b}" for one in mine)
    since, until = lane.lives[0][0] if lane.lives else -1.0, lane.lives[-1][1] if lane.lives else -1.0
    return (
        visible(lane.name),
        f"{history.fits[int(since)]:%-d %b %Y}" if since >= 0 else "before",
        "now" if lane.is_there else f"{history.fits[max(int(until), 0)]:%-d %b %Y}",
        words or "others came from it or went into it",
    )


def _name(number: int, names: Mapping[int, str]) -> str:
    return visible(names.get(number, f"topic {number}"))


def _short(name: str) -> str:
    shown = " ".join(visible(name).split())
    return escape(shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…")
