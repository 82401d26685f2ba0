"""How a topic goes over time: how many conversations, and how many of its turns failed or were flagged."""

from __future__ import annotations

from typing import Any

from analytics.questions.topic_page import TopicDetail


def topic_trend(found: TopicDetail) -> dict[str, Any]:
    """Is it growing, and does it go well?"""
    starts = [step.start.isoformat() for step in found.steps]
    return {
        "id": "topic-trend",
        "title": "Is it growing, and does it go well?",
        "note": f"{found.turns:,} turns",
        "label": "Bars of turns over time, and lines of those that were flagged and that ended in an error.",
        "columns": ["Start (UTC)", "Conversations", "Turns", "Flagged", "Errors"],
        "rows": [
            (f"{step.start:%Y-%m-%d %H:%M}", step.conversations, step.turns, step.flagged_turns, step.errors)
            for step in found.steps
        ],
        "spec": {
            "data": [
                {
                    "type": "bar",
                    "name": "Turns",
                    "x": starts,
                    "y": [step.turns for step in found.steps],
                    "marker": {"color": "--accent/0.55"},
                },
                _line("Flagged", starts, [step.flagged_turns for step in found.steps], "--warn-solid", "dot"),
                _line("Errors", starts, [step.errors for step in found.steps], "--error-solid", "solid"),
            ],
            "layout": {"bargap": 0.25, "xaxis": {"type": "date"}},
        },
    }


def _line(name: str, starts: list[str], values: list[int], colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": starts,
        "y": values,
        "line": {"color": colour, "width": 2, "dash": dash},
    }
