"""Where items stand in their queue, and who may have which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backend.review import deeds, places
from backend.review.filling import Candidate, default_queue, fill
from backend.review.models import Queue, ReviewItem
from tests.conftest import Cast


@pytest.fixture
def queue(cast: Cast) -> Queue:
    """Four items, two of the same priority."""
    found = default_queue(cast.project.pk)
    priorities = [("a.0", 1.0), ("b.0", 3.0), ("c.0", 2.0), ("d.0", 2.0)]
    start = datetime(2026, 3, 10, tzinfo=UTC)
    fill(found, [Candidate(turn, turn[0], "c", start, "flag", "why", priority) for turn, priority in priorities])
    return found


def ordered(queue: Queue) -> list[ReviewItem]:
    """Items in the order they are worked."""
    return [queue.items.get(turn_id=turn) for turn in ("b.0", "c.0", "d.0", "a.0")]


def test_places_follow_priority_and_then_arrival(queue: Queue) -> None:
    """Walking forward and back passes every item once."""
    items = ordered(queue)
    found = [places.place_of(item) for item in items]
    assert [place.position for place in found] == [1, 2, 3, 4]
    assert [place.next for place in found] == [items[1].pk, items[2].pk, items[3].pk, None]
    assert [place.previous for place in found] == [None, items[0].pk, items[1].pk, items[2].pk]
    assert {place.total for place in found} == {4}


def test_the_next_item_is_the_free_one_behind_the_last(queue: Queue, cast: Cast) -> None:
    """What others hold is passed over; at the end it begins again at the top."""
    first, second, third, fourth = ordered(queue)
    assert deeds.reserve(cast.owner, second)
    assert places.next_item(cast.member, queue, first) == third
    places.let_go(cast.member, queue)
    assert places.next_item(cast.member, queue, fourth) == first


def test_letting_go_keeps_the_one_at_hand_and_what_others_hold(queue: Queue, cast: Cast) -> None:
    """Only the own other reservations end."""
    first, second, third, _ = ordered(queue)
    deeds.reserve(cast.member, first)
    deeds.reserve(cast.member, second)
    deeds.reserve(cast.owner, third)
    places.let_go(cast.member, queue, but=second)
    assert [item.reserved_by for item in ordered(queue)] == [None, cast.member, cast.owner, None]


def test_a_reservation_that_has_run_out_is_none(queue: Queue, cast: Cast) -> None:
    """Neither named on the page nor counted."""
    first = ordered(queue)[0]
    deeds.reserve(cast.owner, first)
    assert places.holder(cast.member, first) == cast.owner
    assert places.holder(cast.owner, first) is None
    assert places.held_by_others(cast.member, queue) == 1
    ReviewItem.objects.filter(pk=first.pk).update(reserved_until=timezone.now() - timedelta(seconds=1))
    first.refresh_from_db()
    assert places.holder(cast.member, first) is None
    assert places.held_by_others(cast.member, queue) == 0
