"""The topics table, a topic's page, the map and the coverage line agree with what is stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from analytics.questions.coverage import coverage
from analytics.questions.scope import Range, Scope
from analytics.questions.topic_map import topic_map
from analytics.questions.topic_page import topic_detail
from analytics.questions.topics import topic_table
from backend.errors import NotFound
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.analytics.pipeline.building import NOON, chat, put

HERE = Range(NOON - timedelta(hours=1), NOON + timedelta(hours=23))


def assign(store: Store, project: int, fit: int, conversation: str, topic: int, **more: Any) -> None:
    """Put one conversation into a topic."""
    row = {
        "project_id": project, "conversation_id": conversation, "fit_id": fit, "topic_id": topic, "state": "assigned",
        "similarity": 0.8, "vote_share": 0.9, "map_x": None, "map_y": None, "turn_count": 1, "start_time": NOON,
        "user_id": "", "environment": "", "first_text": f"text of {conversation}", "version": 1,
    } | more  # fmt: skip
    store.insert("topic_assignment", list(row), [[value] for value in row.values()])


@pytest.fixture
def topics(project: int, store: Store, run: Callable[[int], None]) -> Scope:
    """Two topics in a group, one conversation in Other, one not looked at; topic 2 fails and is flagged."""
    fit = TopicFit.objects.create(project_id=project, published_at=NOON)
    group = Topic.objects.create(project_id=project, number=3, level=0, machine_name="Orders", fit=fit)
    Topic.objects.create(project_id=project, number=1, machine_name="Parcels", fit=fit, parent=group, fit_index=0)
    Topic.objects.create(project_id=project, number=2, machine_name="Refunds", fit=fit, parent=group, fit_index=1)
    spans = []
    for number in range(6):
        spans += chat(
            f"p{number}", "Where is it?", "Here.", at=NOON + timedelta(minutes=number), user_id=f"u{number % 3}"
        )
    spans += chat("r1", "Refund?", "", response_model="small", user_id="u9")
    spans += chat("o1", "Hm?", "Hm.")
    spans += chat("w1", "New?", "Yes.")
    put(store, project, spans)
    run(project)
    TopicFit.objects.update(state="published")
    for number in range(6):
        place = {"map_x": 0.5, "map_y": float(number)} if number < 2 else {}
        state = "low_confidence" if number == 5 else "assigned"
        assign(store, project, fit.pk, f"p{number}", 1, similarity=0.9 - number / 10, state=state, **place)
    assign(store, project, fit.pk, "r1", 2)
    assign(store, project, fit.pk, "o1", 0, state="other")
    return Scope(project, HERE)


def test_a_topic_counts_its_conversations_users_and_faults(topics: Scope) -> None:
    """Largest first; shares are of all that is assigned, Other too."""
    table = topic_table(topics)
    assert [(row.number, row.name, row.conversations, row.users, row.flagged_turns) for row in table.topics] == [
        (1, "Parcels", 6, 3, 0),
        (2, "Refunds", 1, 1, 1),
    ]
    assert (table.conversations, table.topics[0].share.value, table.topics[0].share.n) == (8, 0.75, 8)
    assert (table.topics[0].low_confidence, table.topics[0].p95_ms, sum(table.topics[0].trend)) == (1, 1000.0, 6)
    assert table.topics[1].flag_rate.value == 1.0
    assert table.other is not None
    assert table.other.conversations == 1


def test_a_group_counts_what_is_in_its_topics(topics: Scope) -> None:
    """Users are counted once, however many of its topics they ask about."""
    (group,) = topic_table(topics).groups
    assert (group.number, group.name, group.conversations, group.users) == (3, "Orders", 7, 4)


def test_a_topics_page_splits_its_turns(topics: Scope) -> None:
    """By detector, by model, by user; examples from the centre outwards and from the edge inwards."""
    detail = topic_detail(topics, 1)
    assert [one.conversation_id for one in detail.typical] == ["p0", "p1", "p2", "p3", "p4", "p5"]
    assert detail.edge[0].conversation_id == "p5"
    assert (detail.turns, [split.value for split in detail.models]) == (6, ["gpt-4o-2024-08-06"])
    assert [(user.user_id, user.conversations) for user in detail.users] == [("u0", 2), ("u1", 2), ("u2", 2)]
    assert sum(step.turns for step in detail.steps) == 6
    (flag,) = topic_detail(topics, 2).flags
    assert (flag.detector, flag.turns, flag.of, flag.rate.n) == ("empty", 1, 1, 1)
    assert topic_detail(topics, 3).turns == 7
    assert topic_detail(topics, 0).turns == 1


def test_a_number_that_is_no_topic_is_not_found(topics: Scope) -> None:
    """Nor is one of another project."""
    with pytest.raises(NotFound):
        topic_detail(topics, 99)


def test_the_map_has_the_sampled_conversations_of_the_range(topics: Scope) -> None:
    """Others have no place on it."""
    assert [(point.conversation_id, point.topic, point.y) for point in topic_map(topics)] == [
        ("p0", 1, 0.0),
        ("p1", 1, 1.0),
    ]


def test_the_parts_of_the_coverage_add_up(topics: Scope) -> None:
    """Each conversation of the range is in one of them."""
    found = coverage(topics)
    assert (found.conversations, found.assigned, found.low_confidence, found.other, found.waiting) == (9, 6, 1, 1, 1)
    assert found.last_fit == NOON


def test_without_a_fit_everything_waits(project: int, store: Store, run: Callable[[int], None]) -> None:
    """The table is empty then, and the coverage line says why."""
    put(store, project, chat("t1", "Where?", "Here."))
    run(project)
    assert topic_table(Scope(project, HERE)).topics == ()
    assert (coverage(Scope(project, HERE)).waiting, coverage(Scope(project, HERE)).last_fit) == (1, None)
