"""Moves a project's stages on: first what is settled, window by window, then once what has only just come."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.pipeline.step import AWAY, Step, Systemic, Tally, attempt
from analytics.pipeline.window import OVERLAP, Changed, Place, changed, clock
from backend.jobs import runs
from backend.jobs.claims import DIED, Claim, claimed
from backend.jobs.models import Run, Stage

log = logging.getLogger(__name__)

SLICE_S: Final = 5.0
"""How long one stage may go on before the next has its turn; a window that has begun is finished."""
MOST_FRESH: Final = 2000
TRIES: Final = 5
"""How often a window in which everything fails is tried before it is passed over."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What this process knows to have done already, so that fresh traces are not done again when they settle."""

    last: int
    rows: int
    stages: frozenset[str]

    def covers(self, trace: Changed, stages: frozenset[str]) -> bool:
        """Whether nothing has come since and these stages were among those that ran."""
        return (self.last, self.rows) == (trace.last, trace.rows) and stages <= self.stages


_done: dict[int, dict[str, _Done]] = {}
_behind: dict[int, Place] = {}


class _Stalled(Exception):
    """A stage cannot go on now; those that do not follow it can."""


class _Lost(Exception):
    """The claim is gone: whoever has it now goes on."""


def advance(project_id: int, steps: Sequence[Step], seconds: float = 20.0) -> bool:
    """Bring the stages of a project forward.

    Args:
        project_id: of the project.
        steps: the stages in order; each follows the one before.
        seconds: roughly how long; the rest is for the next call.

    Returns:
        Whether something is left to do that need not wait.
    """
    deadline = time.monotonic() + seconds
    with claimed(project_id, [step.name for step in steps]) as claim:
        if claim is None:
            return False
        try:
            while (more := _round(project_id, steps, claim)) and time.monotonic() < deadline:
                continue
        except _Lost:
            return False
        return more


def forget() -> None:
    """Forget what this process has done; as if it had just been started."""
    _done.clear()
    _behind.clear()


def _round(project_id: int, steps: Sequence[Step], claim: Claim) -> bool:
    now = clock()
    _notice_rewind(project_id, claim.stages)
    stages = {stage.name: stage for stage in claim.stages}
    ready: list[Step] = []
    stalled = False
    for step in steps:
        limit = Place(now - OVERLAP)
        if step.follows in stages:
            limit = min(limit, Place.of(stages[step.follows]))
        try:
            reached = _follow(project_id, step, claim, stages[step.name], limit)
        except _Stalled:
            reached, stalled = False, True
        if reached and (step.follows not in stages or any(one.name == step.follows for one in ready)):
            ready.append(step)
    if ready:
        stalled |= _look_at_fresh(project_id, ready, claim, Place(now, "\U0010ffff"))
    _behind[project_id] = min(Place.of(stage) for stage in claim.stages)
    return len(ready) < len(steps) and not stalled


def _notice_rewind(project_id: int, stages: Sequence[Stage]) -> None:
    """A stage that someone sent back has to do again what this process remembers as done."""
    if min(Place.of(stage) for stage in stages) < _behind.get(project_id, Place.of(stages[0])):
        _done.pop(project_id, None)


def _follow(project_id: int, step: Step, claim: Claim, stage: Stage, limit: Place) -> bool:
    """Do windows up to a place; whether it was reached."""
    deadline = time.monotonic() + SLICE_S
    while Place.of(stage) < limit:
        tries = runs.tries_at(stage, Place.of(stage).text)
        size = _size(step.window, tries)
        window = changed(project_id, Place.of(stage), limit, size)
        if not window:
            break
        ids = [one.trace_id for one in window if not _is_done(project_id, one, frozenset({step.name}))]
        if ids:
            _run(step, stage, project_id, ids, len(tries) >= TRIES)
        end = window[-1].place if len(window) == size else limit
        if not claim.advance(stage, position=end.moment, cursor=end.cursor):
            raise _Lost
        if len(window) == size and time.monotonic() > deadline:
            return Place.of(stage) >= limit
    return True


def _is_done(project_id: int, trace: Changed, stages: frozenset[str]) -> bool:
    done = _done.get(project_id, {}).get(trace.trace_id)
    return done is not None and done.covers(trace, stages)


def _size(window: int, tries: Sequence[Run]) -> int:
    """A window that killed the worker is tried in parts, so that in the end one trace stands alone."""
    deaths = sum(run.error == DIED for run in tries)
    return max(1, window >> 4 * deaths)


def _look_at_fresh(project_id: int, steps: Sequence[Step], claim: Claim, until: Place) -> bool:
    """Do at once what has only just come; it stays ahead of the positions, as more may still be on its way.

    Returns:
        Whether a stage could not go on.
    """
    stages = {stage.name: stage for stage in claim.stages}
    wanted = frozenset(step.name for step in steps)
    fresh = changed(project_id, min(Place.of(stages[name]) for name in wanted), until, 10 * MOST_FRESH)
    todo = [one for one in fresh if not _is_done(project_id, one, wanted)][:MOST_FRESH]
    head = until.moment if len(todo) < MOST_FRESH else todo[-1].place.moment
    ran: set[str] = set()
    for step in steps if todo else ():
        if step.follows in stages and step.follows not in ran:
            continue
        try:
            _run(step, stages[step.name], project_id, [one.trace_id for one in todo], pass_over=False, fresh=True)
        except _Stalled:
            continue
        ran.add(step.name)
        if not claim.advance(stages[step.name], head=head):
            raise _Lost
    known = _done.get(project_id, {})
    kept = {one.trace_id: known[one.trace_id] for one in fresh if one.trace_id in known}
    _done[project_id] = kept | {one.trace_id: _Done(one.last, one.rows, frozenset(ran)) for one in todo}
    return bool(todo) and len(ran) < len(steps)


def _run(step: Step, stage: Stage, project_id: int, ids: list[str], pass_over: bool, *, fresh: bool = False) -> None:
    run = runs.begin(stage, place="fresh" if fresh else Place.of(stage).text)
    try:
        tally: Tally = attempt(step, project_id, ids, pass_over=pass_over)
    except (*AWAY, Systemic) as fault:
        log.error("%s of project %s stopped: %s", step.name, project_id, fault)
        runs.end(run, {}, f"{type(fault).__name__}: {fault}", failed=True)
        raise _Stalled from fault
    runs.end(run, dict(tally.counts), tally.error)
