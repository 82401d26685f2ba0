"""How much happened and how fast, over time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from analytics.questions.overview import Overview
from frontend.templatetags.figures import duration


def turns(found: Overview) -> dict[str, Any]:
    """How many turns came, and how many of them failed or were flagged?"""
    starts = [step.start.isoformat() for step in found.steps]
    answered = [step.turns - step.errors for step in found.steps]
    return {
        "id": "chart-turns",
        "title": "How many turns came, and how many failed?",
        "note": f"{found.now.turns:,} turns",
        "label": "Bars of turns over time: answered below, ended in an error on top.",
        "columns": ["Start (UTC)", "Turns", "Errors", "Flagged"],
        "rows": [(_moment(step.start), step.turns, step.errors, step.flagged_turns) for step in found.steps],
        "spec": {
            "data": [
                {"type": "bar", "name": "Answered", "x": starts, "y": answered, "marker": {"color": "--accent"}},
                {
                    "type": "bar",
                    "name": "Error",
                    "x": starts,
                    "y": [step.errors for step in found.steps],
                    "marker": {"color": "--error-solid"},
                },
            ],
            "layout": {"barmode": "stack", "bargap": 0.25, "xaxis": {"type": "date"}},
        },
    }


def latency(found: Overview) -> dict[str, Any]:
    """How long did people wait for an answer?"""
    starts = [step.start.isoformat() for step in found.steps]
    return {
        "id": "chart-latency",
        "title": "How long did people wait?",
        "note": f"median {duration(found.now.latency_p50_ms)}, p95 {duration(found.now.latency_p95_ms)}",
        "label": "Lines of the median and the 95th percentile of latency over time.",
        "columns": ["Start (UTC)", "Median", "p95"],
        "rows": [
            (_moment(step.start), duration(step.latency_p50_ms), duration(step.latency_p95_ms)) for step in found.steps
        ],
        "spec": {
            "data": [
                _line("p95", starts, [step.latency_p95_ms for step in found.steps], "--warn-solid"),
                _line("Median", starts, [step.latency_p50_ms for step in found.steps], "--accent"),
            ],
            "layout": {"xaxis": {"type": "date"}, "yaxis": {"rangemode": "tozero", "ticksuffix": " s"}},
        },
    }


def _line(name: str, starts: list[str], values_ms: list[float | None], colour: str) -> dict[str, Any]:
    seconds = [value / 1000 if value is not None else None for value in values_ms]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": starts,
        "y": seconds,
        "line": {"color": colour, "width": 2},
    }


def _moment(start: datetime) -> str:
    return f"{start:%Y-%m-%d %H:%M}"
