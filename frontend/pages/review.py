"""Review: queues of answers to judge, one item at a time, by keyboard and without JavaScript alike."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from analytics.detection.chosen import chosen
from analytics.questions.findings import flags_of_turns
from analytics.questions.judging import judged
from backend.errors import AssayError, BadRequest, NotAllowed, NotFound
from backend.projects.access import Access
from backend.review import deeds, places
from backend.review.filling import default_queue
from backend.review.models import Queue, ReviewItem, Verdict
from frontend.guard import person, project_page
from frontend.pages import review_form, review_item_view


@require_GET
@project_page
def review(request: HttpRequest, access: Access) -> HttpResponse:
    """Go straight to the only queue; several are listed."""
    default_queue(access.project.pk)
    waiting = Count("items", filter=Q(items__state=ReviewItem.State.OPEN))
    done = Count("items", filter=Q(items__state=ReviewItem.State.DONE))
    queues = list(access.project.queues.annotate(waiting=waiting, done=done).order_by("id"))
    if len(queues) == 1:
        return redirect("review_queue", access.project.slug, queues[0].slug)
    return render(request, "review/queues.html", {"page_title": "Review", "queues": queues})


@require_GET
@project_page
def review_queue(request: HttpRequest, access: Access, queue: str) -> HttpResponse:
    """Open the next item, after ``?after=`` where that is given; say so when nothing is left."""
    found = queue_of(access, queue)
    user = person(request)
    after = request.GET.get("after", "")
    last = (
        found.items.filter(pk=int(after)).first() if after.isascii() and after.isdigit() and len(after) < 18 else None
    )
    item = places.next_item(user, found, last)
    if item is not None:
        return redirect("review_item", access.project.slug, found.slug, item.pk)
    counts = deeds.counts(user, found)
    context = {
        "page_title": "Review",
        "queue": found,
        "period": None,
        "counts": counts,
        "pace": review_form.pace(counts.median_seconds),
        "held": places.held_by_others(user, found),
        "can_undo": can_undo(request, found),
    }
    return render(request, "review/done.html", context)


@require_GET
@project_page
def review_item(request: HttpRequest, access: Access, queue: str, item_id: int) -> HttpResponse:
    """Show an item and hold it for this person where it is free."""
    item = item_of(access, queue, item_id)
    user = person(request)
    places.let_go(user, item.queue, but=item)
    if item.state == ReviewItem.State.OPEN and not deeds.reserve(user, item):
        item.refresh_from_db()
    mine = item.verdicts.filter(reviewer=user).first()
    return _show(request, item, review_form.of_verdict(mine))


@require_POST
@project_page
def review_verdict(request: HttpRequest, access: Access, queue: str, item_id: int) -> HttpResponse:
    """Keep a verdict and go on to the next item; what cannot be kept comes back as it was filled in."""
    item = item_of(access, queue, item_id)
    filled = review_form.of_post(request.POST)
    flags = flags_of_turns(access.project.pk, [item.turn_id]).get(item.turn_id, ())
    detectors = {flag.detector for flag in flags}
    try:
        filled.check()
        deeds.give_verdict(
            person(request),
            item,
            filled.grade,
            cause=filled.cause,
            flags=review_form.fitting(filled.flags, detectors, {one.name for one in chosen(access.project.pk)}),
            correction=filled.correction,
            comment=filled.comment,
            seconds=filled.seconds,
        )
    except (BadRequest, NotAllowed) as fault:
        item.refresh_from_db()
        return _show(request, item, filled, fault)
    return _next(access, item)


@require_POST
@project_page
def review_skip(request: HttpRequest, access: Access, queue: str, item_id: int) -> HttpResponse:
    """Leave an item out with a reason and go on to the next."""
    item = item_of(access, queue, item_id)
    reason = review_form.clean(request.POST.get("reason", ""))
    try:
        deeds.skip(person(request), item, reason)
    except (BadRequest, NotAllowed) as fault:
        item.refresh_from_db()
        return _show(request, item, review_form.of_post(request.POST), fault)
    return _next(access, item)


@require_POST
@project_page
def review_undo(request: HttpRequest, access: Access, queue: str) -> HttpResponse:
    """Take the last verdict or skip back and open its item again."""
    found = queue_of(access, queue)
    item = deeds.undo(person(request), found)
    if item is None:
        messages.info(request, "There is nothing of yours to take back in this queue.")
        return redirect("review_queue", access.project.slug, found.slug)
    messages.success(request, "Taken back. The item is open again and yours.")
    return redirect("review_item", access.project.slug, found.slug, item.pk)


def queue_of(access: Access, slug: str) -> Queue:
    """A queue of the project.

    Raises:
        NotFound: there is none by that name.
    """
    found = access.project.queues.filter(slug=slug).first()
    if found is None:
        raise NotFound(f"there is no queue {slug!r} in {access.project.name}")
    return found


def item_of(access: Access, queue: str, item_id: int) -> ReviewItem:
    """An item of a queue of the project.

    Raises:
        NotFound: the queue has none by that number.
    """
    items = ReviewItem.objects.select_related("queue__project", "reserved_by")
    item = items.filter(queue__project=access.project, queue__slug=queue, pk=item_id).first()
    if item is None:
        raise NotFound(f"there is no item {item_id} in the queue {queue!r}")
    return item


def can_undo(request: HttpRequest, queue: Queue) -> bool:
    """Whether this person did anything in the queue that can be taken back."""
    user = person(request)
    skipped = queue.items.filter(state=ReviewItem.State.SKIPPED, reserved_by=user)
    return skipped.exists() or Verdict.objects.filter(reviewer=user, item__queue=queue).exists()


def _last(request: HttpRequest, queue: Queue) -> ReviewItem | None:
    after = request.GET.get("after", "")
    is_number = after.isascii() and after.isdigit() and len(after) < 18
    return queue.items.filter(pk=int(after)).first() if is_number else None


def _show(
    request: HttpRequest, item: ReviewItem, filled: review_form.Filled, fault: AssayError | None = None
) -> HttpResponse:
    user = person(request)
    found = judged(item.queue.project.pk, item.turn_id)
    counts = deeds.counts(user, item.queue)
    context: dict[str, Any] = {
        "page_title": "Review",
        "queue": item.queue,
        "item": item,
        "period": None,  # an item has no time range to choose
        "place": places.place_of(item),
        "counts": counts,
        "pace": review_form.pace(counts.median_seconds),
        "can_undo": can_undo(request, item.queue),
        "holder": places.holder(user, item),
        "mine": item.reserved_until if item.state == ReviewItem.State.OPEN and item.reserved_by == user else None,
        "filled": filled,
        "fault": str(fault) if fault else "",
        "others": _others(item, request),
        **review_form.choices(),
        **(review_item_view.context(item.queue.project, found, filled) if found else {}),
    }
    return render(request, "review/item.html", context, status=fault.status if fault else 200)


def _others(item: ReviewItem, request: HttpRequest) -> list[Verdict]:
    """What others said; only for those who have answered themselves."""
    given = item.verdicts.select_related("reviewer").order_by("created_at")
    if not any(verdict.reviewer == request.user for verdict in given):
        return []
    return [verdict for verdict in given if verdict.reviewer != request.user]


def _next(access: Access, item: ReviewItem) -> HttpResponse:
    answer = redirect("review_queue", access.project.slug, item.queue.slug)
    answer["Location"] += f"?after={item.pk}"
    return answer
