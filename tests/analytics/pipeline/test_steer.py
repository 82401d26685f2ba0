"""What people decide changes what is stored at once, and every later fit is bound to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from analytics.pipeline import relabel, steer
from analytics.pipeline.fit import fit_topics, fit_when_due
from analytics.questions.coverage import coverage
from analytics.questions.scope import Range, Scope
from analytics.questions.topic_decisions import decided
from analytics.questions.topic_map import topic_map
from analytics.questions.topics import topic_table
from backend.errors import BadRequest, NotFound
from backend.store.client import Store
from backend.topics.models import Topic, TopicDeed, TopicFit
from tests.analytics.pipeline.building import NOON, chat, put
from tests.analytics.pipeline.test_fit import WANTS, conversations, topic_of

Ask = Callable[[str], list[tuple[Any, ...]]]
Go = Callable[[int], None]
BY = "member@example.com"


@pytest.fixture
def fitted(project: int, store: Store, run: Go) -> int:
    """A project of three wants whose topics were found."""
    put(store, project, conversations(20))
    run(project)
    assert fit_when_due(project)
    return project


def again(project: int, store: Store, run: Go, first: int) -> None:
    """Some more of each want, and a new fit."""
    put(store, project, conversations(6, first=first))
    run(project)
    fit_topics(project, "a test")


def inside(rows: Ask, number: int) -> set[str]:
    """Conversations that a topic has by the published fit."""
    fit = TopicFit.objects.get(state="published").pk
    return {one for (one,) in rows(
        f"SELECT conversation_id FROM topic_assignment FINAL WHERE fit_id = {fit} AND topic_id = {number}"
    )}  # fmt: skip


def whole(project: int) -> Scope:
    """The days around the conversations."""
    return Scope(project, Range(NOON - timedelta(days=1), NOON + timedelta(days=1)))


def test_merged_topics_are_one_at_once_and_in_each_later_fit(fitted: int, store: Store, run: Go, rows: Ask) -> None:
    """Undone, both have their conversations again, also after fits."""
    found = topic_of(rows)
    one, other = min(found["parcel"]), min(found["refund"])
    before = inside(rows, one), inside(rows, other)
    deed = steer.merge(fitted, one, other, BY)
    assert inside(rows, other) == before[0] | before[1]
    assert not inside(rows, one)
    assert other in {row.number for row in topic_table(whole(fitted)).topics}
    for first in (20, 26):
        again(fitted, store, run, first)
        assert before[0] | before[1] <= inside(rows, other)
        assert not inside(rows, one)
        assert Topic.objects.get(number=one).state == "merged"
    steer.take_back(fitted, deed.pk, BY)
    assert before[0] <= inside(rows, one)
    assert before[1] <= inside(rows, other)
    again(fitted, store, run, 32)  # which may find finer topics, and puts none of them back together
    assert len(before[0] & inside(rows, one)) > len(before[0]) / 2
    assert not before[0] & inside(rows, other)


def test_a_topic_is_split_as_was_proposed_and_stays_so(fitted: int, store: Store, run: Go, rows: Ask) -> None:
    """A topic of two wants falls into these two; new conversations find their part."""
    found = topic_of(rows)
    one, other = min(found["parcel"]), min(found["password"])
    steer.merge(fitted, one, other, BY)
    proposal = steer.propose(fitted, other, 2)
    assert [part.conversations for part in proposal.parts] == sorted(
        (part.conversations for part in proposal.parts), reverse=True
    )
    deed = steer.split(fitted, other, 2, BY)
    parts = deed.details["parts"]
    wants = [{name.rstrip("0123456789") for name in inside(rows, part)} for part in parts]
    assert [len(names) for names in wants] == [1, 1]
    assert wants[0] | wants[1] == {"parcel", "password"}
    assert all(part.examples and part.name for part in proposal.parts)
    again(fitted, store, run, 20)
    assert [{name.rstrip("0123456789") for name in inside(rows, part)} for part in parts] == wants
    assert Topic.objects.get(number=parts[1]).state == "active"
    steer.take_back(fitted, deed.pk, BY)
    assert not inside(rows, parts[1])
    again(fitted, store, run, 26)
    assert not inside(rows, parts[1])


def test_moved_conversations_stay_where_people_put_them(fitted: int, store: Store, run: Go, rows: Ask) -> None:
    """What says the same follows; the others of their topic do not."""
    found = topic_of(rows)
    source, into = min(found["parcel"]), min(found["refund"])
    name, *others = sorted(inside(rows, source))
    deed = steer.move(fitted, [name], into, BY)
    assert name in inside(rows, into)
    assert set(others) & inside(rows, source)
    (text,) = {text for (text,) in rows(f"SELECT input_text FROM turn FINAL WHERE conversation_id = '{name}'")}
    put(store, fitted, chat("same", text, "Yes.", at=NOON))
    run(fitted)
    assert "same" in inside(rows, into)
    again(fitted, store, run, 20)
    assert {name, "same"} <= inside(rows, into)
    steer.take_back(fitted, deed.pk, BY)
    assert {name, "same"} <= inside(rows, source)


def test_conversations_can_be_moved_to_other_and_out_of_it(fitted: int, rows: Ask) -> None:
    """Their state says so."""
    source = min(topic_of(rows)["parcel"])
    name = min(inside(rows, source))
    state = f"SELECT topic_id, state FROM topic_assignment FINAL WHERE conversation_id = '{name}'"
    steer.move(fitted, [name], 0, BY)
    assert rows(state) == [(0, "other")]
    steer.move(fitted, [name], source, BY)
    assert rows(state) == [(source, "assigned")]


def test_what_cannot_be_moved_is_said(fitted: int, rows: Ask) -> None:
    """Unknown conversations, and those that are there already."""
    source = min(topic_of(rows)["parcel"])
    name = min(inside(rows, source))
    with pytest.raises(NotFound, match="'nowhere'"):
        steer.move(fitted, ["nowhere"], source, BY)
    with pytest.raises(BadRequest, match="in that topic already"):
        steer.move(fitted, [name], source, BY)
    with pytest.raises(BadRequest, match="2 to 8 parts, not 9"):
        steer.propose(fitted, source, 9)
    with pytest.raises(NotFound, match="no topic 99"):
        steer.merge(fitted, source, 99, BY)


def test_a_topic_left_out_counts_nowhere_but_in_the_coverage(fitted: int, store: Store, run: Go, rows: Ask) -> None:
    """Through a fit; its own page still counts it."""
    scope = whole(fitted)
    left_out = min(topic_of(rows)["parcel"])
    count = len(inside(rows, left_out))
    table, cover = topic_table(scope), coverage(scope)
    deed = steer.mark(fitted, left_out, "ignore", BY)
    after = topic_table(scope)
    assert left_out not in {row.number for row in after.topics}
    assert after.conversations == table.conversations - count
    assert sum(row.conversations for row in after.groups) in (0, sum(row.conversations for row in after.topics))
    assert left_out in {row.number for row in topic_table(scope, shown=left_out).topics}
    assert left_out not in {point.topic for point in topic_map(scope)}
    found = coverage(scope)
    assert found.ignored == count
    assert found.assigned + found.low_confidence + found.ignored == cover.assigned + cover.low_confidence
    again(fitted, store, run, 20)
    assert left_out not in {row.number for row in topic_table(scope).topics}
    steer.take_back(fitted, deed.pk, BY)
    assert left_out in {row.number for row in topic_table(scope).topics}


def test_a_pinned_topic_outlives_its_conversations_and_keeps_its_name(
    fitted: int, store: Store, run: Go, rows: Ask
) -> None:
    """When they come again they are in it."""
    pinned = min(topic_of(rows)["parcel"])
    steer.mark(fitted, pinned, "pin", BY)
    name, asked = Topic.objects.get(number=pinned).name, inside(rows, pinned)
    for table in ("span", "span_preview", "trace_time", "turn"):
        store.command(f"ALTER TABLE {table} DELETE WHERE trace_id LIKE 'parcel%' SETTINGS mutations_sync = 1")
    for _ in range(2):
        fit_topics(fitted, "a test")
    assert Topic.objects.get(number=pinned).state == "active"
    back = int(min(asked).removeprefix("parcel"))
    put(store, fitted, conversations(1, first=back, wants=("parcel",)))
    run(fitted)
    assert {name.rstrip("0123456789") for name in inside(rows, pinned)} == {"parcel"}
    assert Topic.objects.get(number=pinned).name == name


def test_a_large_topic_is_finished_by_the_worker(fitted: int, rows: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page does not wait for more than it has to."""
    found = topic_of(rows)
    one, other = min(found["parcel"]), min(found["refund"])
    monkeypatch.setattr(relabel, "_A_READ", 5)
    before = inside(rows, one)
    deed = TopicDeed.objects.get(pk=_recorded(fitted, one, other))
    relabel.apply(deed, 5)
    assert inside(rows, one)
    assert relabel.waiting() == []  # a page may still be at it
    TopicDeed.objects.update(at=NOON - timedelta(days=2))
    assert relabel.waiting() == [fitted]
    relabel.apply_all(fitted)
    assert before <= inside(rows, other)
    assert not inside(rows, one)
    assert relabel.waiting() == []


def _recorded(project: int, one: int, other: int) -> int:
    from backend.topics import deeds

    return int(deeds.merge(deeds.topic_of(project, one), deeds.topic_of(project, other), BY).pk)


def test_a_decision_made_while_a_fit_runs_binds_it(fitted: int, rows: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fit was assigned without it; the worker makes up for that."""
    from analytics.pipeline import publish

    found = topic_of(rows)
    one, other = min(found["parcel"]), min(found["refund"])
    original = publish.publish

    def meanwhile(*arguments: Any) -> None:
        steer.merge(fitted, one, other, BY)
        original(*arguments)

    monkeypatch.setattr("analytics.pipeline.publish.publish", meanwhile)
    fit_topics(fitted, "a test")
    assert inside(rows, one)
    relabel.apply_all(fitted)
    assert not inside(rows, one)


def test_decisions_are_told_in_words(fitted: int, rows: Ask) -> None:
    """The newest first, with who, and whether they can be taken back."""
    found = topic_of(rows)
    one, other = min(found["parcel"]), min(found["refund"])
    steer.mark(fitted, one, "pin", BY)
    steer.move(fitted, [min(inside(rows, one))], other, BY)
    steer.merge(fitted, one, other, BY)
    merged, moved, pinned = decided(fitted)
    assert "merged into" in merged.text
    assert (merged.topics, merged.by, merged.can_undo) == ((other,), BY, True)
    assert moved.text.startswith("1 conversation of ")
    assert pinned.text.endswith("pinned")
    assert [len(decided(fitted, number)) for number in (one, other, 99)] == [3, 2, 0]
    assert set(WANTS) == set(found)
