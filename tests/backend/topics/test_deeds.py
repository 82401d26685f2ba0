"""What people decide is recorded, holds, and can be taken back in the right order."""

from __future__ import annotations

import pytest

from backend.errors import BadRequest, NotFound
from backend.topics import deeds
from backend.topics.models import Topic, TopicDeed
from backend.topics.naming import rename
from backend.topics.undo import can_undo, undo
from tests.conftest import Cast

BY = "member@example.com"


@pytest.fixture
def project(cast: Cast) -> int:
    """A project with topics 1, 2 and 3 and the group 4."""
    for number in (1, 2, 3, 4):
        Topic.objects.create(project=cast.project, number=number, level=int(number < 4), machine_name=f"Topic {number}")
    return int(cast.project.pk)


def topic(project: int, number: int) -> Topic:
    """A topic as it stands now."""
    return Topic.objects.get(project_id=project, number=number)


def split(project: int, number: int) -> TopicDeed:
    """Split a topic in two."""
    parts = [{"name": name, "subtitle": "", "keywords": [], "examples": ["c1"]} for name in ("First", "Second")]
    return deeds.split(topic(project, number), parts, BY, vectors=b"", embedding_model="m")


def test_a_merge_is_told_on_both_sides_and_comes_back(project: int) -> None:
    """With who did it; the number is never given to another."""
    deed = deeds.merge(topic(project, 1), topic(project, 2), BY)
    assert (deed.by, deed.undone_at, deed.is_applied) == (BY, None, False)
    assert topic(project, 1).state == "merged"
    assert topic(project, 1).lineage[-1]["event"] == "merged into"
    assert topic(project, 2).lineage[-1]["topics"] == [1]
    assert deeds.next_number(project) == 5
    undo(project, deed.pk, "owner@example.com")
    deed.refresh_from_db()
    assert (deed.undone_by, topic(project, 1).state) == ("owner@example.com", "active")
    with pytest.raises(BadRequest, match="was taken back by owner"):
        undo(project, deed.pk, BY)


@pytest.mark.parametrize("number", [0, 4, 7])
def test_other_groups_and_strangers_topics_are_not_steered(project: int, number: int) -> None:
    """Nor is what is gone."""
    with pytest.raises(NotFound, match=f"no topic {number}"):
        deeds.topic_of(project, number)


def test_a_topic_that_was_merged_away_is_not_steered(project: int) -> None:
    """Until it comes back."""
    deeds.merge(topic(project, 1), topic(project, 2), BY)
    with pytest.raises(NotFound):
        deeds.topic_of(project, 1)
    with pytest.raises(BadRequest, match="itself"):
        deeds.merge(topic(project, 2), topic(project, 2), BY)


def test_a_split_gives_new_numbers_and_is_needed_by_what_follows(project: int) -> None:
    """Its parts cannot vanish under a later decision."""
    deed = split(project, 1)
    assert deed.details["parts"] == [1, 5]
    assert topic(project, 5).name == "Second"
    merged = deeds.merge(topic(project, 5), topic(project, 2), BY)
    assert not can_undo(deed, deeds.active(project))
    with pytest.raises(BadRequest, match=f"before decision {merged.pk}"):
        undo(project, deed.pk, BY)
    undo(project, merged.pk, BY)
    undo(project, deed.pk, BY)
    assert (topic(project, 5).state, topic(project, 1).state) == ("merged", "active")


def test_pins_and_left_out_topics_are_marked_until_undone(project: int) -> None:
    """Twice the same is refused."""
    for kind, name in (("pin", "is_pinned"), ("ignore", "is_ignored")):
        deed = deeds.mark(topic(project, 1), kind, BY)
        assert getattr(topic(project, 1), name)
        with pytest.raises(BadRequest, match="already"):
            deeds.mark(topic(project, 1), kind, BY)
        undo(project, deed.pk, BY)
        assert not getattr(topic(project, 1), name)


def test_moves_have_a_limit_and_remember_where_conversations_were(project: int) -> None:
    """Other is a place to move to."""
    deed = deeds.move(project, topic(project, 2), {"a": 1, "b": 0}, BY, anchors=["a"], vectors=b"", embedding_model="m")
    assert deed.details == {"from": {"a": 1, "b": 0}, "anchors": ["a"]}
    assert topic(project, 2).lineage[-1]["count"] == 2
    assert deeds.move(project, None, {"c": 1}, BY).number == 0
    for origin in ({}, {str(number): 1 for number in range(deeds.MOST_MOVED + 1)}):
        with pytest.raises(BadRequest, match="1 to 500 at once"):
            deeds.move(project, None, origin, BY)
    undo(project, deed.pk, BY)


def test_only_the_newest_name_is_taken_back(project: int, cast: Cast) -> None:
    """And the one before stands again."""
    rename(topic(project, 1), "One", cast.member)
    rename(topic(project, 1), "Two", "pk-key")
    second, first = TopicDeed.objects.filter(kind="rename")
    with pytest.raises(BadRequest, match="needs it"):
        undo(project, first.pk, BY)
    undo(project, second.pk, BY)
    assert topic(project, 1).name == "One"
    undo(project, first.pk, BY)
    assert topic(project, 1).name == "Topic 1"
    assert [event["event"] for event in topic(project, 1).lineage] == ["renamed"] * 4


def test_what_people_decided_about_is_held(project: int, cast: Cast) -> None:
    """Until it is taken back; Other is no topic."""
    deeds.merge(topic(project, 1), topic(project, 2), BY)
    rename(topic(project, 3), "Three", cast.member)
    deed = split(project, 2)
    deeds.move(project, None, {"a": 3}, BY)
    assert deeds.held(project) == {1, 2, 3, 5}
    undo(project, deed.pk, BY)
    assert deeds.held(project) == {1, 2, 3}


def test_a_stranger_projects_decisions_are_not_found(project: int, cast: Cast) -> None:
    """By number alone nothing can be taken back."""
    deed = deeds.mark(topic(project, 1), "pin", BY)
    elsewhere = cast.stranger.memberships.get().project_id
    with pytest.raises(NotFound, match=f"no decision {deed.pk}"):
        undo(elsewhere, deed.pk, BY)
