"""What a reviewer does: take the next item, judge it, skip it, take the last deed back."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.errors import BadRequest, NotAllowed
from backend.review import verdict_scores
from backend.review.models import Cause, Queue, ReviewItem, Verdict

RESERVED: Final = timedelta(minutes=10)
_FLAG_VERDICTS: Final = frozenset({"confirmed", "rejected", "missed"})


@dataclass(frozen=True, slots=True)
class Counts:
    """Where a queue stands.

    Attributes:
        open: waiting, also those that others are on.
        done: judged.
        skipped: left out with a reason.
        mine: judged by the asker.
        median_seconds: of the asker's judgements; None where there is none.
    """

    open: int
    done: int
    skipped: int
    mine: int
    median_seconds: float | None


def next_item(user: User, queue: Queue) -> ReviewItem | None:
    """The item to judge now, reserved for this person: the one already held, else the first that is free."""
    for _ in range(20):  # others may take the same item in between; twenty times in a row they do not
        now = timezone.now()
        waiting = queue.items.filter(state=ReviewItem.State.OPEN)
        mine = waiting.filter(reserved_by=user, reserved_until__gte=now).order_by("-priority", "id").first()
        item = mine or waiting.filter(_free(user)).order_by("-priority", "id").first()
        if item is None or reserve(user, item):
            return item
    return None


def reserve(user: User, item: ReviewItem) -> bool:
    """Hold an item for ten minutes; whether it was free."""
    until = timezone.now() + RESERVED
    free = ReviewItem.objects.filter(_free(user), pk=item.pk, state=ReviewItem.State.OPEN)
    if not free.update(reserved_by=user, reserved_until=until):
        return False
    item.reserved_by, item.reserved_until = user, until
    return True


def release(user: User, item: ReviewItem) -> None:
    """Let others have an item."""
    ReviewItem.objects.filter(pk=item.pk, reserved_by=user, state=ReviewItem.State.OPEN).update(
        reserved_by=None, reserved_until=None
    )


def give_verdict(
    user: User,
    item: ReviewItem,
    grade: str,
    *,
    cause: str = "",
    flags: Mapping[str, str] | None = None,
    correction: str = "",
    comment: str = "",
    seconds: float = 0.0,
) -> Verdict:
    """Say how good an answer was; the item is then done, and the verdict stands among the scores too.

    Giving a verdict again replaces the own one.

    Raises:
        BadRequest: the grade, cause or a flag's verdict is none that there is.
        NotAllowed: someone else holds the item.
        StoreAway: the score cannot be stored; nothing was kept.
    """
    said = _checked(grade, cause, flags or {})
    with transaction.atomic():
        mine = ReviewItem.objects.filter(_free(user) | ~Q(state=ReviewItem.State.OPEN), pk=item.pk)
        if not mine.update(state=ReviewItem.State.DONE, skip_reason="", reserved_by=None, reserved_until=None):
            raise NotAllowed("someone else holds this item; it comes free when they are done or in ten minutes")
        verdict, _ = Verdict.objects.update_or_create(
            item=item,
            reviewer=user,
            defaults={
                "grade": grade,
                "cause": cause,
                "flags": said,
                "correction": correction,
                "comment": comment,
                "seconds": min(max(seconds, 0.0), 86_400.0),
            },
        )
        # Last, so that a store that is away leaves no verdict without its score.
        verdict_scores.write(verdict)
    item.refresh_from_db()
    return verdict


def skip(user: User, item: ReviewItem, reason: str) -> None:
    """Leave an item out, with a reason.

    Raises:
        BadRequest: no reason was given, or the item is already done.
        NotAllowed: someone else holds it.
    """
    if not reason.strip():
        raise BadRequest("say why this item is skipped")
    if not ReviewItem.objects.filter(pk=item.pk, state=ReviewItem.State.OPEN).exists():
        raise BadRequest("this item is no longer open")
    # Who skipped and when stays with the item, so that it can be taken back.
    skipped = ReviewItem.objects.filter(_free(user), pk=item.pk, state=ReviewItem.State.OPEN).update(
        state=ReviewItem.State.SKIPPED,
        skip_reason=reason.strip()[:300],
        reserved_by=user,
        reserved_until=timezone.now(),
    )
    if not skipped:
        raise NotAllowed("someone else holds this item; it comes free when they are done or in ten minutes")
    item.refresh_from_db()


def undo(user: User, queue: Queue) -> ReviewItem | None:
    """Take back this person's last verdict or skip in a queue and hold the item again; None where there is none."""
    verdict = Verdict.objects.filter(reviewer=user, item__queue=queue).order_by("-updated_at", "-id").first()
    skipped = queue.items.filter(state=ReviewItem.State.SKIPPED, reserved_by=user).order_by("-reserved_until").first()
    if verdict and skipped and skipped.reserved_until and skipped.reserved_until > verdict.updated_at:
        verdict = None
    item = verdict.item if verdict else skipped
    if item is None:
        return None
    with transaction.atomic():
        _reopen(user, item)
        if verdict:
            verdict_scores.take_back(verdict)
            verdict.delete()
    item.refresh_from_db()
    return item


def counts(user: User, queue: Queue) -> Counts:
    """Where a queue stands, seen by one person."""
    by_state = dict.fromkeys(ReviewItem.State.values, 0)
    for state in queue.items.values_list("state", flat=True):
        by_state[state] += 1
    seconds = list(Verdict.objects.filter(reviewer=user, item__queue=queue).values_list("seconds", flat=True))
    timed = [one for one in seconds if one > 0]
    return Counts(
        open=by_state[ReviewItem.State.OPEN],
        done=by_state[ReviewItem.State.DONE],
        skipped=by_state[ReviewItem.State.SKIPPED],
        mine=len(seconds),
        median_seconds=statistics.median(timed) if timed else None,
    )


def _free(user: User) -> Q:
    return Q(reserved_by=None) | Q(reserved_by=user) | Q(reserved_until=None) | Q(reserved_until__lt=timezone.now())


def _reopen(user: User, item: ReviewItem) -> None:
    others = item.verdicts.exclude(reviewer=user).exists()
    ReviewItem.objects.filter(pk=item.pk).update(
        state=ReviewItem.State.DONE if others else ReviewItem.State.OPEN,
        skip_reason="",
        reserved_by=user,
        reserved_until=timezone.now() + RESERVED,
    )


def _checked(grade: str, cause: str, flags: Mapping[str, str]) -> dict[str, str]:
    if grade not in Verdict.Grade.values:
        raise BadRequest(f"grade is {grade[:40]!r}; it must be one of {', '.join(Verdict.Grade.values)}")
    if cause and cause not in Cause.values:
        raise BadRequest(f"cause is {cause[:40]!r}; it must be one of {', '.join(Cause.values)}, or empty")
    wrong = [name for name, said in flags.items() if said not in _FLAG_VERDICTS]
    if wrong:
        raise BadRequest(f"flags: {wrong[0][:40]!r} must be confirmed or rejected, or missed where nothing was found")
    return dict(flags)
