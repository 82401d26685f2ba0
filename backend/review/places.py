"""Where an item stands in its queue, and which one comes after it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.review import deeds
from backend.review.models import Queue, ReviewItem

_ORDER = ("-priority", "id")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands.

    Attributes:
        position: from 1, among all items of the queue in the order they are worked.
        total: how many there are.
        previous: the item before; None for the first.
        next: the item after; None for the last.
    """

    position: int
    total: int
    previous: int | None
    next: int | None


def place_of(item: ReviewItem) -> Place:
    """Where an item stands in its queue."""
    items = item.queue.items
    before, after = items.filter(_before(item)), items.filter(_after(item))
    return Place(
        position=before.count() + 1,
        total=items.count(),
        previous=before.order_by("priority", "-id").values_list("pk", flat=True).first(),
        next=after.order_by(*_ORDER).values_list("pk", flat=True).first(),
    )


def next_item(user: User, queue: Queue, after: ReviewItem | None = None) -> ReviewItem | None:
    """The item to judge now, reserved for this person: the next one after ``after`` that is free, else any."""
    if after is not None:
        for item in open_items(queue).filter(_after(after)).order_by(*_ORDER)[:20]:
            if deeds.reserve(user, item):
                return item
    return deeds.next_item(user, queue)


def let_go(user: User, queue: Queue, but: ReviewItem | None = None) -> None:
    """Release what this person holds in a queue, so that one who only looks around keeps nothing from others."""
    for item in open_items(queue).filter(reserved_by=user):
        if item != but:
            deeds.release(user, item)


def held_by_others(user: User, queue: Queue) -> int:
    """How many open items others are on right now."""
    held = open_items(queue).filter(reserved_until__gte=timezone.now()).exclude(reserved_by=None)
    return held.exclude(reserved_by=user).count()


def holder(user: User, item: ReviewItem) -> User | None:
    """Who else holds an open item right now."""
    if item.state != ReviewItem.State.OPEN or item.reserved_by is None or item.reserved_by == user:
        return None
    return item.reserved_by if item.reserved_until and item.reserved_until >= timezone.now() else None


def open_items(queue: Queue) -> QuerySet[ReviewItem]:
    """Items of a queue that wait for a verdict."""
    return queue.items.filter(state=ReviewItem.State.OPEN)


def _before(item: ReviewItem) -> Q:
    return Q(priority__gt=item.priority) | Q(priority=item.priority, pk__lt=item.pk)


def _after(item: ReviewItem) -> Q:
    return Q(priority__lt=item.priority) | Q(priority=item.priority, pk__gt=item.pk)
