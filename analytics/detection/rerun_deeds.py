"""Re-runs of a detector on history as people ask for them: begun, switched on, taken back, discarded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from analytics.detection import shadow
from analytics.detection.chosen import made, version_of
from analytics.detection.kinds import kind_of, kinds_of, normal
from analytics.detectors.base import Detector
from analytics.questions.scope import nanoseconds
from analytics.questions.sql import fill
from backend.detection.choices import Author, Choice
from backend.detection.models import OPEN, OwnDetector, Rerun
from backend.errors import BadRequest, NotFound
from backend.projects.models import Project
from backend.store.connection import store
from backend.store.query import Query

MOST_TURNS: Final = 1_000_000
"""Turns of one re-run; so many flags are put in place by one insert."""
LONGEST: Final = timedelta(days=400)
_STATE = Rerun.State


@dataclass(frozen=True, slots=True)
class _Counted:
    turns: int


_COUNT: Final = Query(
    "count_turns_to_judge_again",
    fill("SELECT count() AS turns FROM turn FINAL WHERE @project AND @in_range"),
    _Counted,
)


def begin(
    project: Project,
    detector: str,
    choice: Choice,
    start: datetime,
    end: datetime,
    author: Author,
    definition: dict[str, object] | None = None,
) -> Rerun:
    """Have a detector run over a period, apart from the flags that stand.

    Args:
        project: whose turns.
        detector: its name.
        choice: threshold and share to try.
        start: of the first turn, included.
        end: excluded.
        author: who asks.
        definition: of an own detector, to try another than the one it has.

    Raises:
        NotFound: there is no such detector.
        BadRequest: the period is empty, too long or holds too many turns, or another re-run of it is not decided.
    """
    row = OwnDetector.objects.filter(project=project, name=detector).first()
    definition = normal(row.kind, definition or row.definition) if row else None
    kind = kind_in(project.pk, detector, definition)
    if not start < end or end - start > LONGEST:
        raise BadRequest(f"the period must be longer than nothing and at most {LONGEST.days} days")
    waiting = Rerun.objects.filter(project=project, detector=detector, state__in=[*OPEN, _STATE.READY]).first()
    if waiting is not None:
        raise BadRequest(f"re-run {waiting.pk} of {detector} is not decided; switch it on or discard it first")
    found = Rerun(
        project=project, detector=detector, version=version_of(made(kind, choice.threshold)), start=start, end=end,
        threshold=choice.threshold, share=choice.share, definition=definition, author_name=author.name,
    )  # fmt: skip
    found.turns = store().fetch(_COUNT, **range_of(found))[0].turns
    if not 0 < found.turns <= MOST_TURNS:
        raise BadRequest(f"the period holds {found.turns:,} turns; a re-run takes from 1 to {MOST_TURNS:,}")
    found.save()
    return found


def decide(rerun: Rerun, deed: str, author: Author) -> None:
    """Switch a re-run on, take that back, or discard it; a worker does what takes long.

    Raises:
        BadRequest: it is not in a state in which that can be done, or it is of a version that is no longer installed.
        NotFound: the detector is gone.
    """
    before, after = DEEDS[deed]
    if after == _STATE.SWITCHING:
        current = version_of(made(kind_in(rerun.project_id, rerun.detector, rerun.definition), rerun.threshold))
        if current != rerun.version:
            raise BadRequest(f"{rerun.detector} is of version {current} by now; discard this and run it again")
    changed = Rerun.objects.filter(pk=rerun.pk, state__in=before).update(
        state=after, decided_by=author.name, decided_at=timezone.now(), error="", cursor=""
    )
    if not changed:
        rerun.refresh_from_db()
        raise BadRequest(f"re-run {rerun.pk} is {rerun.get_state_display().lower()}; it cannot be {deed} now")
    rerun.refresh_from_db()
    if after == _STATE.DISCARDED:
        shadow.drop(rerun)


DEEDS: Final = {
    "switched on": ((_STATE.READY, _STATE.UNDONE), _STATE.SWITCHING),
    "taken back": ((_STATE.ON,), _STATE.UNDOING),
    "discarded": ((_STATE.RUNNING, _STATE.READY, _STATE.UNDONE, _STATE.FAILED), _STATE.DISCARDED),
}


def due() -> list[int]:
    """Projects in which a worker has something to do about a re-run."""
    return sorted(set(Rerun.objects.filter(state__in=OPEN).values_list("project_id", flat=True)))


def kind_in(project_id: int, name: str, definition: dict[str, object] | None) -> type[Detector]:
    """The kind of detector of a project by its name, with a definition where it is an own one.

    Raises:
        NotFound: there is none by that name.
    """
    row = OwnDetector.objects.filter(project_id=project_id, name=name).first()
    if row and definition:
        return kind_of(project_id, name, row.kind, definition)
    kind = kinds_of(project_id).get(name)
    if kind is None:
        raise NotFound(f"there is no detector {name[:80]!r}")
    return kind


def range_of(rerun: Rerun) -> dict[str, object]:
    """Project and period as `@in_range` asks for them."""
    return {
        "project_id": rerun.project_id, "start": nanoseconds(rerun.start), "end": nanoseconds(rerun.end),
    }  # fmt: skip
