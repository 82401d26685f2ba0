"""What brings turns into queues; asking twice puts nothing in twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from backend.review.models import Queue, ReviewItem

DEFAULT_SLUG: Final = "flagged"
_RUBRIC: Final = (
    "Good: right, complete and of use to this person. Partly: right but incomplete, unclear or more than was asked."
    " Bad: wrong, made up, unsafe, or no answer at all."
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A turn that someone or something wants judged.

    Attributes:
        origin: a value of ``ReviewItem.Origin``.
        reason: why, in words.
        priority: higher comes first.
    """

    turn_id: str
    trace_id: str
    conversation_id: str
    turn_time: datetime
    origin: str
    reason: str
    priority: float


def default_queue(project_id: int) -> Queue:
    """The queue that flagged answers go to, made when it is first asked for."""
    queue, _ = Queue.objects.get_or_create(
        project_id=project_id, slug=DEFAULT_SLUG, defaults={"name": "Flagged answers", "rubric": _RUBRIC}
    )
    return queue


def queues_to_fill(project_id: int) -> list[Queue]:
    """The queues of a project that fill by themselves."""
    default_queue(project_id)
    return list(Queue.objects.filter(project_id=project_id, fills_from_flags=True).order_by("id"))


def fill(queue: Queue, candidates: Sequence[Candidate]) -> int:
    """Put turns into a queue, those that are already there stay as they are; how many came in."""
    before = queue.items.count()
    ReviewItem.objects.bulk_create(
        [
            ReviewItem(
                queue=queue,
                turn_id=one.turn_id,
                trace_id=one.trace_id,
                conversation_id=one.conversation_id,
                turn_time=one.turn_time,
                origin=one.origin,
                reason=_cut(one.reason, 500),
                priority=one.priority,
            )
            for one in candidates
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    return queue.items.count() - before


def withdraw(project_id: int, turn_ids: Collection[str], reason: str) -> int:
    """Close open items that only a flag brought in and that has been taken back; how many there were."""
    items = ReviewItem.objects.filter(
        queue__project_id=project_id,
        turn_id__in=list(turn_ids),
        state=ReviewItem.State.OPEN,
        origin=ReviewItem.Origin.FLAG,
    )
    return items.update(state=ReviewItem.State.SKIPPED, skip_reason=reason, reserved_by=None, reserved_until=None)


def readmit(project_id: int, turn_ids: Collection[str], reason: str) -> int:
    """Open items again that were withdrawn for this reason; how many there were."""
    items = ReviewItem.objects.filter(
        queue__project_id=project_id, turn_id__in=list(turn_ids), state=ReviewItem.State.SKIPPED, skip_reason=reason
    )
    return items.update(state=ReviewItem.State.OPEN, skip_reason="")


def add_by_person(queue: Queue, candidates: Sequence[Candidate]) -> int:
    """Put turns in that a person chose; those that were done or skipped are opened again."""
    added = fill(queue, candidates)
    again = queue.items.filter(turn_id__in=[one.turn_id for one in candidates], state=ReviewItem.State.SKIPPED)
    return added + again.update(state=ReviewItem.State.OPEN, skip_reason="", created_at=timezone.now())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
