"""Recomputes of a project's costs: asked for by people, carried on by workers a day at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from backend.errors import BadRequest, NotFound, StoreAway, StoreError
from backend.jobs import runs
from backend.jobs.claims import Claim, claimed
from backend.jobs.models import Stage
from backend.prices.models import FIRST_DAY, SUMMED, Recompute
from backend.projects.access import Access
from backend.projects.models import Project
from backend.store.connection import store
from ingest.prices.own import EVERY_S, load
from ingest.prices.recompute import Change, changes_of, store_anew
from ingest.prices.table import NONE

STAGE: Final = "recompute"
"""Name of the ``jobs.Stage`` that is claimed while a project's costs are recomputed."""
LONGEST: Final = timedelta(days=400)
MOST_MODELS: Final = 200
"""Models of a recompute that are told apart; the changes of further ones are told together."""
OTHERS: Final = "other models"
_TRIES: Final = 3
# Web servers know a new price within ten seconds; what they stored meanwhile by the old one has to be there first.
_SETTLED_AFTER: Final = timedelta(seconds=EVERY_S + 5)
_STATE: Final = Recompute.State


@transaction.atomic
def begin(project: Project, start: date, end: date, author_name: str) -> Recompute:
    """Have the stored calls of some days priced anew by the prices of now.

    Args:
        project: whose.
        start: first day (UTC).
        end: the day after the last.
        author_name: who asks.

    Raises:
        BadRequest: the period is empty, too long, before 2015 or still to come, or another recompute is running.
    """
    tomorrow = timezone.now().date() + timedelta(days=1)
    if not start < end:
        raise BadRequest(f"end is {end}; it must be after start, {start}")
    if end - start > LONGEST:
        raise BadRequest(f"{start} to {end} is longer than {LONGEST.days} days")
    if start < FIRST_DAY or end > tomorrow:
        raise BadRequest(f"{start} to {end} reaches beyond the days that can hold calls, {FIRST_DAY} to {tomorrow}")
    Project.objects.select_for_update().get(pk=project.pk)  # two that ask at once would both find none running
    running = Recompute.objects.filter(project=project, state=_STATE.RUNNING).first()
    if running is not None:
        raise BadRequest(f"recompute {running.pk} is running; wait for its end or stop it first")
    return Recompute.objects.create(project=project, start=start, end=end, day=start, author_name=author_name)


def recompute_of(access: Access, recompute_id: int) -> Recompute:
    """A recompute of the project.

    Raises:
        NotFound: there is none by that number.
    """
    found = Recompute.objects.filter(project=access.project, pk=recompute_id).first()
    if found is None:
        raise NotFound(f"there is no recompute {recompute_id} in {access.project.slug}")
    return found


def stop(recompute: Recompute, author_name: str) -> None:
    """End one before its end; days that are done stay done.

    Raises:
        BadRequest: it is not running.
    """
    same = Recompute.objects.filter(pk=recompute.pk, state=_STATE.RUNNING)
    is_stopped = same.update(state=_STATE.STOPPED, stopped_by=author_name, finished_at=timezone.now())
    recompute.refresh_from_db()
    if not is_stopped:
        raise BadRequest(f"recompute {recompute.pk} is {recompute.get_state_display().lower()}; there is none to stop")


def due() -> list[int]:
    """Projects in which a recompute waits for a worker."""
    return sorted(set(Recompute.objects.filter(state=_STATE.RUNNING).values_list("project_id", flat=True)))


def advance(project_id: int, seconds: float = 20.0) -> None:
    """Carry the recompute of a project on, unless another worker does.

    Raises:
        StoreAway: ClickHouse cannot be reached; it stays where it is and goes on when it can.
    """
    deadline = time.monotonic() + seconds
    with claimed(project_id, [STAGE]) as claim:
        row = Recompute.objects.filter(project_id=project_id, state=_STATE.RUNNING).order_by("pk").first()
        if claim is None or row is None or _waits(row):
            return
        (stage,) = claim.stages
        place = f"{row.pk} {row.day}"
        if len(runs.tries_at(stage, place)) >= _TRIES:
            _fail(row, f"a worker ended {_TRIES} times while it was at {row.day}")
            return
        _run(row, stage, place, claim, deadline)


def _run(row: Recompute, stage: Stage, place: str, claim: Claim, deadline: float) -> None:
    run = runs.begin(stage, place=place)
    before = row.days_done
    try:
        while row.is_open and not claim.lost and not _waits(row):
            _day(row)
            if time.monotonic() > deadline:
                break
    except StoreAway as fault:
        runs.end(run, {}, str(fault))  # not failed: it is no fault of the day's, however often it is tried
        raise
    except StoreError as fault:
        runs.end(run, {}, str(fault), failed=True)
        _fail(row, f"{row.day}: {fault}")
        return
    runs.end(run, {"days": row.days_done - before})


def _waits(row: Recompute) -> bool:
    """Whether calls may still come in that are priced as before it was asked for."""
    now = timezone.now()
    return row.day >= now.date() and now < row.created_at + _SETTLED_AFTER


def _day(row: Recompute) -> None:
    """Price one day; a worker that takes over in its midst finds what it changes noted, and may store it again."""
    own = load(row.project_id).get(row.project_id, NONE)
    same = Recompute.objects.filter(pk=row.pk, state=_STATE.RUNNING, day=row.day)
    if row.pending is None:
        changes = changes_of(store(), row.project_id, own, row.day)
        row.pending = [asdict(one) for one in changes]
        if any(one.changed for one in changes) and not same.update(pending=row.pending):
            row.refresh_from_db()
            return
    else:
        changes = [Change(**one) for one in row.pending]
    store_anew(store(), row.project_id, own, row.day, changes)
    following = row.day + timedelta(days=1)
    is_last = following >= row.end
    same.update(
        day=following,
        pending=None,
        changes=together(row.changes, changes),
        state=_STATE.DONE if is_last else _STATE.RUNNING,
        finished_at=timezone.now() if is_last else None,
    )
    row.refresh_from_db()  # as it was stored, or as somebody stopped it meanwhile


def together(known: Sequence[dict[str, Any]], changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Add the changes of a day to those of the days before, by model; those that changed most come first.

    Args:
        known: as ``Recompute.changes`` keeps them.
        changes: of the day.
    """
    found = {(one["provider"], one["model"]): dict(one) for one in known}
    for change in changes:
        key = (change.provider, change.response_model or change.request_model)
        if key not in found and len(found) >= MOST_MODELS:
            key = ("", OTHERS)
        into = found.setdefault(key, {"provider": key[0], "model": key[1], **dict.fromkeys(SUMMED, 0)})
        for name in SUMMED:
            into[name] += getattr(change, name)
    return sorted(found.values(), key=lambda one: (-abs(one["after_usd"] - one["before_usd"]), one["model"]))


def _fail(row: Recompute, error: str) -> None:
    Recompute.objects.filter(pk=row.pk, state=_STATE.RUNNING).update(
        state=_STATE.FAILED, error=error, finished_at=timezone.now()
    )
