"""What each run of a stage did, kept short."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from backend.jobs.models import Run, Stage

KEPT = 200
"""Runs kept of each stage; a run is a few seconds of work, so this is the last ten minutes and every late failure."""


def begin(stage: Stage, **counts: Any) -> Run:
    """Note that a run has begun."""
    run = Run.objects.create(stage=stage, counts=counts)
    if run.pk % 50 == 0:
        _forget(stage)
    return run


def end(run: Run, counts: dict[str, Any], error: str = "", *, failed: bool = False) -> None:
    """Note how a run ended.

    Args:
        run: the run.
        counts: what it did.
        error: what could not be done, in words; a run that went on without it is still done.
        failed: whether it has to be done again.
    """
    run.state = Run.State.FAILED if failed else Run.State.DONE
    run.counts = {**run.counts, **counts}
    run.error = error[:4000]
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "counts", "error", "finished_at"])


def tries_at(stage: Stage, place: str) -> list[Run]:
    """The failed runs of a stage at one place since it last came on, newest first."""
    found = []
    for run in Run.objects.filter(stage=stage).exclude(state=Run.State.RUNNING)[:20]:
        if run.state != Run.State.FAILED or run.counts.get("place") != place:
            break
        found.append(run)
    return found


def _forget(stage: Stage) -> None:
    last = Run.objects.filter(stage=stage).values_list("pk", flat=True)[KEPT : KEPT + 1]
    for oldest in last:
        Run.objects.filter(stage=stage, pk__lte=oldest).exclude(error__gt="").delete()
        Run.objects.filter(stage=stage, pk__lte=oldest - 100 * KEPT).delete()
