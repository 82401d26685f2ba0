"""A name that people gave is theirs."""

from __future__ import annotations

import pytest

from backend.errors import BadRequest
from backend.topics.models import Topic
from backend.topics.naming import LONGEST, rename
from tests.conftest import Cast


@pytest.fixture
def topic(cast: Cast) -> Topic:
    """A topic as a fit left it."""
    return Topic.objects.create(project=cast.project, number=1, machine_name="Late parcels")


def test_a_name_stands_beside_the_machines_name(topic: Topic, cast: Cast) -> None:
    """Whatever a later fit calls it."""
    assert rename(topic, " Where \t is it? ", cast.member) is True
    Topic.objects.update(machine_name="Slow parcels")
    topic.refresh_from_db()
    assert (topic.name, topic.machine_name) == ("Where is it?", "Slow parcels")


def test_the_lineage_says_who_and_what(topic: Topic, cast: Cast) -> None:
    """Once for each change, and not where nothing changed."""
    rename(topic, "Mine", cast.member)
    assert rename(topic, "Mine", cast.owner) is False
    rename(topic, "", cast.owner)
    told = [(event["was"], event["name"], event["by"]) for event in topic.lineage]
    assert told == [
        ("Late parcels", "Mine", "member@example.com"),
        ("Mine", "Late parcels", "owner@example.com"),
    ]


def test_a_change_that_a_fit_made_meanwhile_stays(topic: Topic, cast: Cast) -> None:
    """Only the name and the lineage are written, on what stands now."""
    Topic.objects.update(subtitle="newer", lineage=[{"event": "found"}])
    rename(topic, "Mine", cast.member)
    topic.refresh_from_db()
    assert topic.subtitle == "newer"
    assert [event["event"] for event in topic.lineage] == ["found", "renamed"]


def test_a_name_too_long_is_refused(topic: Topic, cast: Cast) -> None:
    """With both lengths."""
    rename(topic, "x" * LONGEST, cast.member)
    with pytest.raises(BadRequest, match="201 characters; the limit is 200"):
        rename(topic, "x" * (LONGEST + 1), cast.member)
