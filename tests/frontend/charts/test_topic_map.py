"""What the map hands to the browser."""

from __future__ import annotations

from datetime import UTC, datetime

from analytics.questions.topic_map import MapPoint
from frontend.charts.topic_map import topic_map

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def point(conversation_id: str, topic: int, text: str = "Where is it?") -> MapPoint:
    """A conversation on the map."""
    return MapPoint(conversation_id, topic, "assigned", 1.23456, -2.0, text, NOW, flagged=False)


def test_other_lies_under_all_topics_and_the_largest_next() -> None:
    """What is drawn first is covered by what comes later; a topic nobody knows any more is in Other."""
    points = [point("a", 1), point("b", 2), point("c", 2), point("d", 0), point("e", 9)]
    found = topic_map(points, {1: "One", 2: "Two"}, {1: "4", 2: "5"}, 9, "acme")
    assert [trace["meta"] for trace in found["spec"]["data"]] == [0, 2, 1]
    assert found["rows"] == [("Other", 2), ("Two", 2), ("One", 1)]
    assert found["note"] == "5 of 9 conversations"
    assert found["spec"]["data"][1]["x"] == [1.235, 1.235]


def test_texts_are_short_and_hold_no_markup_or_placeholder() -> None:
    """Plotly reads a little HTML and fills in %{...}; neither comes from what users typed."""
    text = "<b onclick=x>%{x}</b> " + "very long words " * 40
    found = topic_map([point("a/b?c", 1, text)], {1: "<i>50%{y}"}, {1: "1"}, 1, "acme")
    trace = found["spec"]["data"][0]
    assert "<b" not in trace["text"][0].replace("<br>", "")
    assert len(trace["text"][0]) < 150
    assert trace["hovertemplate"] == "%{text}<br>· &lt;i&gt;50&#37;{y}<extra></extra>"
    assert trace["customdata"] == ["/p/acme/conversations/a/b%3Fc"]
