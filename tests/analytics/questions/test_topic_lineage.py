"""What became of topics is read from what was recorded, and drawn over the fits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.questions.topic_lineage import FITS, LANES, History, topic_lineage
from backend.topics.models import Topic, TopicFit
from frontend.charts import topic_lineage as chart
from tests.conftest import Cast

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fits(project: int, count: int) -> None:
    """So many published fits, a day apart; one that failed lies among them."""
    for day in range(count):
        made = TopicFit.objects.create(
            project_id=project, state="retired", published_at=BEGIN + timedelta(days=day, minutes=5)
        )
        TopicFit.objects.filter(pk=made.pk).update(created_at=BEGIN + timedelta(days=day))
    failed = TopicFit.objects.create(project_id=project, state="failed")
    TopicFit.objects.filter(pk=failed.pk).update(created_at=BEGIN + timedelta(hours=30))


def event(day: float, name: str, *topics: int, by: str = "") -> dict[str, Any]:
    """A line of a topic's lineage."""
    told = {"at": (BEGIN + timedelta(days=day, minutes=1)).isoformat(), "event": name, "topics": list(topics)}
    return {**told, "by": by} if by else told


def topic(project: int, number: int, *lineage: dict[str, Any], state: str = "active", name: str = "") -> None:
    """A topic with its lineage."""
    Topic.objects.create(
        project_id=project, number=number, machine_name=name or f"Topic {number}", lineage=list(lineage), state=state
    )


@pytest.fixture
def project(cast: Cast) -> int:
    """Four fits: 5 split off 1 at the second, then people merged 2 into 3; 4 is gone at the third and comes back."""
    number = cast.project.pk
    fits(number, 4)
    topic(number, 1, event(0, "found"))
    topic(number, 2, event(0, "found"), event(1.5, "merged into", 3, by="ann@example.com"), state="merged")
    topic(number, 3, event(0, "found"), event(1.5, "took in", 2, by="ann@example.com"))
    topic(number, 4, event(0, "found"), event(2, "retired"), event(3, "came back"))
    topic(number, 5, event(1, "split from", 1))
    topic(number, 6, event(0, "found"), event(1, "renamed", by="ann@example.com"))
    return int(number)


def lane(history: History, number: int) -> tuple[tuple[float, float], ...]:
    """Where a topic lived."""
    return next(one.lives for one in history.lanes if one.number == number)


def test_each_topic_has_its_lives_over_the_fits(project: int) -> None:
    """From the fit that found it to the one that ended it; what people did stands between two fits."""
    found = topic_lineage(project)
    assert len(found.fits) == 4
    assert [(one.column, one.kind, one.number, one.others) for one in found.events] == [
        (1.0, "split from", 5, (1,)),
        (1.5, "merged into", 2, (3,)),
        (2.0, "retired", 4, ()),
        (3.0, "came back", 4, ()),
    ]
    assert lane(found, 2) == ((0.0, 1.5),)
    assert lane(found, 4) == ((0.0, 2.0), (3.0, 3.75))
    assert lane(found, 5) == ((1.0, 3.75),)
    assert (found.steady, found.left_out) == (1, 0)


def test_relatives_stand_side_by_side(project: int) -> None:
    """Splits and merges are short lines."""
    assert [one.number for one in topic_lineage(project).lanes] == [1, 5, 2, 3, 4]


def test_the_first_fit_is_the_beginning_and_no_event(cast: Cast) -> None:
    """Thirty births tell nothing."""
    fits(cast.project.pk, 1)
    topic(cast.project.pk, 1, event(0, "found"))
    found = topic_lineage(cast.project.pk)
    assert (found.events, found.lanes, found.steady) == ((), (), 1)


def test_only_the_newest_fits_and_topics_are_drawn(cast: Cast) -> None:
    """A topic from before the drawing begins at its edge; what does not fit in is counted."""
    number = cast.project.pk
    fits(number, FITS + 3)
    topic(number, 1, event(0, "found"), event(FITS + 1, "retired"), state="retired")
    topic(number, 2, event(0, "found"), event(1, "retired"), state="retired")
    for one in range(3, 3 + LANES):
        topic(number, one, event(FITS + 1.2, "found"))
    found = topic_lineage(number)
    assert len(found.fits) == FITS
    assert len(found.lanes) == LANES
    assert found.left_out == 1
    assert not any(one.number == 2 for one in found.events)
    assert next(one for one in found.events if one.number == 1).column == FITS - 2


def test_lineage_that_cannot_be_read_is_left_out(cast: Cast) -> None:
    """Whatever stands in the records, the page shows the rest."""
    fits(cast.project.pk, 2)
    broken = [{"event": "found"}, {"at": "soon", "event": "retired"}, {"at": "2026-03-02T12:01:00", "event": "found"}]
    topic(cast.project.pk, 1, *broken, {**event(1, "split from"), "topics": ["x", 1, 9]})
    found = topic_lineage(cast.project.pk)
    assert [(one.kind, one.others) for one in found.events] == [("split from", (9,))]


def test_other_projects_are_not_told(project: int, cast: Cast) -> None:
    """Nor do their fits make columns."""
    assert topic_lineage(cast.stranger.memberships.get().project_id) == History((), (), (), {}, 0, 0)


def test_the_drawing_has_lines_links_and_marks_that_open_topics(project: int) -> None:
    """Names are text; a percent sign begins no placeholder."""
    Topic.objects.filter(number=5).update(name_by_people="<b>50%{x}</b>")
    found = chart.topic_lineage(topic_lineage(project), "acme")
    traces = {(one["name"], one["mode"]): one for one in found["spec"]["data"]}
    assert traces["Split off", "lines"]["y"] == [0, 1, None]
    assert traces["Merged", "lines"]["x"] == [1.5, 1.5, None]
    marks = traces["Split off", "markers"]
    assert marks["customdata"] == ["/p/acme/topics/5"]
    assert marks["text"] == ["“&lt;b&gt;50&#37;{x}&lt;/b&gt;” split off “Topic 1”, 2 Mar 2026"]
    assert found["spec"]["layout"]["yaxis"]["ticktext"][1] == "&lt;b&gt;50%{x}&lt;/b&gt;"
    assert found["rows"][2] == ("Topic 2", "1 Mar 2026", "2 Mar 2026", "merged 3 Mar")
    assert found["rows"][0][3] == "others came from it or went into it"
