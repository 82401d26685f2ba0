"""Topics are found, named, published at once, and keep their numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.pipeline import fit_due, publish
from analytics.pipeline.fit import fit_topics, fit_when_due
from analytics.topics.model import TooFewConversations
from backend.jobs.models import Run, Stage
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.analytics.pipeline.building import NOON, chat, put

Ask = Callable[[str], list[tuple[Any, ...]]]
Go = Callable[[int], None]

WANTS = {
    "parcel": ("where is my parcel", "my parcel is late", "parcel did not arrive", "track my parcel please"),
    "refund": ("money back refund", "refund my money please", "when comes the refund money", "refund not paid"),
    "password": ("forgot password login", "password reset login fails", "login password wrong", "new password login"),
}


def conversations(count: int, first: int = 0, wants: tuple[str, ...] = tuple(WANTS)) -> list[Any]:
    """So many conversations of each want, each from another user and in other words."""
    spans = []
    for want in wants:
        for number in range(first, first + count):
            text = f"{WANTS[want][number % 4]} {'abcdefghij'[number % 10]}{number // 10}"
            spans += chat(
                f"{want}{number}", text, "Yes.", at=NOON + timedelta(minutes=number), user_id=f"{want}-{number}"
            )
    return spans


def topic_of(rows: Ask) -> dict[str, set[int]]:
    """Numbers of the topics that each want's conversations stand in, by the published fit."""
    fit = TopicFit.objects.get(state="published")
    found: dict[str, set[int]] = {}
    sql = f"SELECT conversation_id, topic_id FROM topic_assignment FINAL WHERE fit_id = {fit.pk} AND topic_id > 0"
    for name, number in rows(sql):
        found.setdefault(name.rstrip("0123456789"), set()).add(number)
    return found


def test_wants_become_named_topics(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Three wants in different words: no topic mixes two of them, and each has a name from its own words."""
    put(store, project, conversations(20))
    run(project)
    assert fit_when_due(project)
    found = topic_of(rows)
    assert set(found) == set(WANTS)
    assert not found["parcel"] & found["refund"]
    assert not found["refund"] & found["password"]
    for want, numbers in found.items():
        for topic in Topic.objects.filter(number__in=numbers):
            assert want in f"{topic.name} {topic.subtitle}".lower()
    assert rows("SELECT count(), countIf(map_x IS NOT NULL) FROM topic_assignment FINAL") == [(60, 60)]


def test_conversations_that_come_later_are_assigned(project: int, store: Store, run: Go, rows: Ask) -> None:
    """The published fit assigns what is new, and a conversation that grows stands in it once."""
    put(store, project, conversations(20))
    run(project)
    fit_when_due(project)
    parcel = topic_of(rows)["parcel"]
    put(store, project, chat("new", "where is my parcel", "Here.", conversation_id="c-new"))
    run(project)
    put(store, project, chat("new2", "my parcel is late", "Sorry.", conversation_id="c-new", at=NOON))
    run(project)
    found = rows("SELECT topic_id, turn_count FROM topic_assignment FINAL WHERE conversation_id = 'c-new'")
    assert [count for _, count in found] == [2]
    assert found[0][0] in parcel


def test_numbers_and_peoples_names_outlive_a_new_fit(project: int, store: Store, run: Go, rows: Ask) -> None:
    """The second fit finds the same topics among more conversations."""
    put(store, project, conversations(20))
    run(project)
    fit_when_due(project)
    before = topic_of(rows)
    chosen = Topic.objects.get(number=min(before["parcel"]))
    chosen.name_by_people = "Parcels, where are they"
    chosen.save()
    put(store, project, conversations(12, first=20))
    run(project)
    assert "grew from 60 to 96" in fit_due.reason(project)
    fit_when_due(project)
    after = topic_of(rows)
    kept = sum(len(before[want] & after[want]) for want in WANTS)
    assert kept >= 0.6 * sum(map(len, before.values()))
    for want in WANTS:
        for other in set(WANTS) - {want}:
            assert not before[want] & after[other]
    assert Topic.objects.get(pk=chosen.pk).name == "Parcels, where are they"
    assert TopicFit.objects.filter(state="published").count() == 1


def test_a_topic_that_nobody_asks_for_any_more_is_retired(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Its number is not given to another, and its history says when it ended."""
    put(store, project, conversations(20))
    run(project)
    fit_when_due(project)
    parcel = topic_of(rows)["parcel"]
    for table in ("span", "span_preview", "trace_time", "turn"):
        store.command(f"ALTER TABLE {table} DELETE WHERE trace_id LIKE 'parcel%' SETTINGS mutations_sync = 1")
    fit_topics(project, "a test")
    gone = Topic.objects.filter(number__in=parcel)
    assert {topic.state for topic in gone} == {"retired"}
    assert {topic.lineage[-1]["event"] for topic in gone} == {"retired"}


def test_what_came_while_a_fit_was_made_is_assigned_after_it(
    project: int, store: Store, run: Go, rows: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The assigning stage still worked with the old fit then; it is sent back."""
    put(store, project, conversations(20))
    run(project)
    original = publish.publish

    def meanwhile(*arguments: Any) -> None:
        put(store, project, chat("late", "where is my parcel", "Here."))
        run(project)
        original(*arguments)

    monkeypatch.setattr("analytics.pipeline.publish.publish", meanwhile)
    fit_topics(project, "a test")
    run(project)
    assert rows("SELECT count() FROM topic_assignment FINAL WHERE conversation_id = 'late'") == [(1,)]


def test_pages_see_the_old_fit_until_the_new_one_is_whole(
    project: int, store: Store, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fit that dies on its way changes nothing, and the next worker says so."""
    put(store, project, conversations(20))
    run(project)
    fit_when_due(project)
    published = TopicFit.objects.get(state="published").pk
    names = list(Topic.objects.values_list("number", "machine_name"))

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("analytics.pipeline.fit._assign_all", die)
        with pytest.raises(KeyboardInterrupt):
            fit_topics(project, "a test")
    assert TopicFit.objects.get(state="published").pk == published
    assert list(Topic.objects.values_list("number", "machine_name")) == names
    fit_due.ask_for_fit(project)
    assert fit_when_due(project)
    assert TopicFit.objects.get(state="failed").reason == "the worker ended before the fit did"


def test_too_few_conversations_wait(project: int, store: Store, run: Go) -> None:
    """Below thirty nothing is due, and asking says how many it takes."""
    put(store, project, conversations(5))
    run(project)
    assert fit_due.reason(project) == ""
    with pytest.raises(TooFewConversations):
        fit_topics(project, "a test")
    fit_due.ask_for_fit(project)
    assert not fit_when_due(project)
    assert "need at least 30" in Run.objects.filter(stage__name="fit").first().error
    assert Stage.objects.get(name="fit").cursor == ""


def test_a_fit_is_due_by_growth_by_age_and_by_asking(project: int, store: Store, run: Go) -> None:
    """Right after a fit nothing is due; a day later only if something came."""
    put(store, project, conversations(12))
    run(project)
    assert fit_due.reason(project) == "the first 36 conversations are there"
    fit_when_due(project)
    assert fit_due.reason(project) == ""
    TopicFit.objects.update(published_at=timezone.now() - timedelta(hours=25))
    assert fit_due.reason(project) == ""
    put(store, project, conversations(1, first=12))
    run(project)
    assert fit_due.reason(project) == "the topics are a day old and 3 conversations came since"


def test_old_fits_are_cleared_away(project: int, store: Store, run: Go, rows: Ask) -> None:
    """Of five fits the assignments of three stay, the published one's among them."""
    put(store, project, conversations(11))
    run(project)
    for _ in range(5):
        fit_topics(project, "a test")
    kept = [number for (number,) in rows("SELECT DISTINCT fit_id FROM topic_assignment ORDER BY fit_id")]
    assert kept == sorted(TopicFit.objects.values_list("pk", flat=True))[2:]


def test_an_idle_project_is_seldom_looked_at(
    project: int, store: Store, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beat asks every three seconds; a project is looked at again when something came, or when someone asked."""
    looked: list[int] = []
    monkeypatch.setattr(fit_due, "reason", lambda one: looked.append(one) or "")
    monkeypatch.setattr(fit_due, "_LOOK_S", 0)
    monkeypatch.setattr(fit_due, "_looked", {})
    put(store, project, conversations(2))
    fit_due.due()
    assert len(looked) == 1
    fit_due.due()
    assert len(looked) == 2  # vectors were still missing: what came is not yet counted
    run(project)
    for _ in range(5):
        fit_due.due()
    assert len(looked) == 3
    fit_due.ask_for_fit(project)
    assert fit_due.due() == [project]
