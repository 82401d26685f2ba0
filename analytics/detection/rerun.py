"""Re-runs of detectors on history as workers carry them on: judged in windows, put in place, taken back."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from analytics.detection import shadow
from analytics.detection.chosen import Chosen, made, version_of
from analytics.detection.rerun_deeds import kind_in, range_of
from analytics.detectors.base import Detector, TurnColumns
from analytics.pipeline import again, judged
from analytics.pipeline.detect import entry_of, flags_of, judge, left_out
from analytics.questions.sql import fill
from backend.detection import own
from backend.detection.choices import Author, Choice, choices, choose, record
from backend.detection.models import OPEN, OwnDetector, Rerun
from backend.errors import BadRequest, NotFound
from backend.jobs import runs
from backend.jobs.claims import Claim, claimed
from backend.store.connection import store
from backend.store.query import Query

log = logging.getLogger(__name__)

STAGE: Final = "rerun"
"""Name of the ``jobs.Stage`` that is claimed while a project's re-runs go on."""
WINDOW: Final = 100
_FOLLOWED_AT_ONCE: Final = 50
_TRIES: Final = 3
_STATE = Rerun.State
_GIVEN_UP: Final = {
    _STATE.RUNNING.value: _STATE.FAILED,
    _STATE.SWITCHING.value: _STATE.READY,
    _STATE.UNDOING.value: _STATE.ON,
}


@dataclass(frozen=True, slots=True)
class _Place:
    turn_id: str
    trace_id: str


_NEXT: Final = Query(
    "turns_to_judge_again",
    fill("""
SELECT turn_id, trace_id FROM turn FINAL
WHERE @project AND turn_id > {cursor:String} AND @in_range
ORDER BY turn_id LIMIT {limit:UInt32}
"""),
    _Place,
    "worker",
)


def advance(project_id: int, seconds: float = 20.0) -> None:
    """Carry the re-runs of a project on, the oldest first, unless another worker does."""
    deadline = time.monotonic() + seconds
    with claimed(project_id, [STAGE]) as claim:
        while claim is not None and not claim.lost and time.monotonic() < deadline:
            rerun = Rerun.objects.filter(project_id=project_id, state__in=OPEN).order_by("pk").first()
            if rerun is None:
                return
            _carry_on(rerun, claim, deadline)


def _carry_on(rerun: Rerun, claim: Claim, deadline: float) -> None:
    (stage,) = claim.stages
    place = f"{rerun.pk} {rerun.state} {rerun.cursor}"
    if len(runs.tries_at(stage, place)) >= _TRIES:
        error = f"a worker ended {_TRIES} times while it was {rerun.get_state_display().lower()}"
        Rerun.objects.filter(pk=rerun.pk, state=rerun.state).update(state=_GIVEN_UP[rerun.state], error=error)
        return
    run = runs.begin(stage, place=place)
    try:
        counts = _judge(rerun, claim, deadline) if rerun.state == _STATE.RUNNING else _put(rerun, claim, deadline)
    except BadRequest as fault:
        runs.end(run, {}, str(fault), failed=True)
        Rerun.objects.filter(pk=rerun.pk).update(state=_STATE.FAILED, error=str(fault))
        return
    runs.end(run, counts)


def _judge(rerun: Rerun, claim: Claim, deadline: float) -> dict[str, int]:
    one = Chosen(_detector(rerun), True, rerun.share)
    turns = 0
    while True:
        places = store().fetch(_NEXT, **range_of(rerun), cursor=rerun.cursor, limit=WINDOW)
        state = _STATE.RUNNING if len(places) == WINDOW else _STATE.READY
        same = Rerun.objects.filter(pk=rerun.pk, state=_STATE.RUNNING, cursor=rerun.cursor)
        if places:
            turns += _window(rerun, one, places)
            rerun.cursor, rerun.done = places[-1].turn_id, rerun.done + len(places)
        finished = timezone.now() if state == _STATE.READY else None
        if not same.update(cursor=rerun.cursor, done=rerun.done, state=state, finished_at=finished):
            rerun.refresh_from_db()  # another worker has it, or it was discarded while this window was judged
            if rerun.state == _STATE.DISCARDED:
                shadow.drop(rerun)
            return {"turns_judged": turns}
        if finished or claim.lost or time.monotonic() > deadline:
            return {"turns_judged": turns}


def _window(rerun: Rerun, one: Chosen, places: list[_Place]) -> int:
    wanted = {place.turn_id for place in places}
    turns, columns = judged.read(
        rerun.project_id,
        sorted({place.trace_id for place in places}),
        with_vectors=one.detector.needs_vectors,
        with_peers=one.detector.needs_peers,
    )
    kept = [at for at, turn in enumerate(turns) if turn.turn_id in wanted]
    stored = [turns[at] for at in kept]
    taken = [at for at in kept if one.takes(turns[at].turn_id)]
    verdicts = judge(one.detector, TurnColumns.of([columns.at(at) for at in taken])) if taken else []
    said = dict(zip((turns[at].turn_id for at in taken), verdicts, strict=True))
    entries = [entry_of(turn, said[turn.turn_id]) if turn.turn_id in said else left_out(one, turn) for turn in stored]
    flags = flags_of(one.detector, [turns[at] for at in taken], verdicts)
    shadow.write(rerun, version_of(one.detector), stored, flags, entries)
    return len(stored)


def _put(rerun: Rerun, claim: Claim, deadline: float) -> dict[str, int]:
    """Switch a re-run on, or take that back; each step may be done again by a worker that takes over.

    Causes rest on flags, and finding them costs what scoring a turn does, so they follow a few traces at a time.
    """
    is_on = rerun.state == _STATE.SWITCHING
    if is_on and not rerun.is_saved:
        shadow.save(rerun)
        _set(rerun)
    if not is_on:
        _set_back(rerun)
    if not rerun.cursor:
        shadow.put_in_place(rerun, "after" if is_on else "before")
    followed = 0
    changed = [trace for trace in shadow.changed_traces(rerun) if trace > rerun.cursor]
    while followed < len(changed):
        part = changed[followed : followed + _FOLLOWED_AT_ONCE]
        again.follow_flags(rerun.project_id, part)
        followed += len(part)
        rerun.cursor = part[-1]
        Rerun.objects.filter(pk=rerun.pk, state=rerun.state).update(cursor=rerun.cursor)
        if followed < len(changed) and (claim.lost or time.monotonic() > deadline):
            return {"traces": followed}
    state = _STATE.ON if is_on else _STATE.UNDONE
    Rerun.objects.filter(pk=rerun.pk).update(state=state, is_saved=is_on)
    return {"traces": followed}


@transaction.atomic
def _set(rerun: Rerun) -> None:
    """Make what was tried what runs from now on, and remember what ran."""
    author = Author(rerun.decided_by)
    now = choices(rerun.project_id).get(rerun.detector, Choice())
    row = OwnDetector.objects.filter(project_id=rerun.project_id, name=rerun.detector).first()
    before = {
        "is_enabled": now.is_enabled, "threshold": now.threshold, "share": now.share,
        "definition": row.definition if row else None,
    }  # fmt: skip
    choose(rerun.project, rerun.detector, Choice(True, rerun.threshold, rerun.share), author)
    if row and rerun.definition:
        own.change(rerun.project, rerun.detector, rerun.definition, author)
    record(rerun.project, rerun.detector, author, "switched on", {}, {"re-run": rerun.pk})
    Rerun.objects.filter(pk=rerun.pk).update(before=before, is_saved=True)
    rerun.before, rerun.is_saved = before, True


@transaction.atomic
def _set_back(rerun: Rerun) -> None:
    """Make what ran before run again, unless somebody has set something else since."""
    author, before = Author(rerun.decided_by), rerun.before
    if not before:
        return
    now = choices(rerun.project_id).get(rerun.detector, Choice())
    if (now.threshold, now.share) == (rerun.threshold, rerun.share):
        back = Choice(before["is_enabled"], before["threshold"], before["share"])
        choose(rerun.project, rerun.detector, back, author)
    row = OwnDetector.objects.filter(project_id=rerun.project_id, name=rerun.detector).first()
    if row and before["definition"] and row.definition == rerun.definition:
        own.change(rerun.project, rerun.detector, before["definition"], author)
    record(rerun.project, rerun.detector, author, "taken back", {}, {"re-run": rerun.pk})
    Rerun.objects.filter(pk=rerun.pk).update(before={})


def _detector(rerun: Rerun) -> Detector:
    """The detector that runs, or a fault where it is no longer the one that began.

    Raises:
        BadRequest: it is gone, or another version is installed.
    """
    try:
        found = made(kind_in(rerun.project_id, rerun.detector, rerun.definition), rerun.threshold)
    except NotFound as fault:
        raise BadRequest(str(fault)) from None
    if version_of(found) != rerun.version:
        raise BadRequest(f"{rerun.detector} is of version {version_of(found)} now; discard this and begin anew")
    return found
