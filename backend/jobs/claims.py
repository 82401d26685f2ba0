"""Who works on what: a claim is a conditional update, is renewed while work goes on, and expires when it does not."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from backend.jobs.models import Run, Stage

LEASE = timedelta(seconds=30)
"""How long the stages of a killed worker wait for the next one."""
RENEW_S = 8.0


class Claim:
    """Stages of one project that this worker may advance."""

    def __init__(self, worker: str, stages: list[Stage]) -> None:
        self.worker = worker
        self.stages = stages
        self._ended = threading.Event()
        self._lost = threading.Event()

    @property
    def lost(self) -> bool:
        """Whether the claim expired under us; what was computed since is stored again by whoever has it now."""
        return self._lost.is_set()

    def advance(
        self, stage: Stage, *, position: datetime | None = None, cursor: str = "", head: datetime | None = None
    ) -> bool:
        """Store how far a stage has come, unless the claim was lost or someone sent the stage back meanwhile."""
        new = {"position": position or stage.position, "cursor": cursor if position else stage.cursor}
        new["head"] = max(filter(None, (head, stage.head)), default=None)
        same = Stage.objects.filter(
            pk=stage.pk, claimed_by=self.worker, position=stage.position, cursor=stage.cursor
        )  # .filter(position=None) is IS NULL
        if not same.update(**new, updated_at=timezone.now()):
            self._lost.set()
            return False
        for name, value in new.items():
            setattr(stage, name, value)
        return True

    def renew(self) -> None:
        """Prolong the claim; a claim that someone else has taken meanwhile is lost."""
        held = Stage.objects.filter(pk__in=[stage.pk for stage in self.stages], claimed_by=self.worker)
        if held.update(claimed_until=timezone.now() + LEASE) != len(self.stages):
            self._lost.set()

    def keep(self) -> None:
        """Renew until the claim ends; runs in a thread of its own with a connection of its own."""
        while not self._ended.wait(RENEW_S):
            try:
                self.renew()
            except DatabaseError:  # busy or away for a moment; the lease outlasts three of them
                continue
            finally:
                connection.close()

    def end(self) -> None:
        """Let others have the stages."""
        self._ended.set()
        Stage.objects.filter(pk__in=[stage.pk for stage in self.stages], claimed_by=self.worker).update(
            claimed_by="", claimed_until=None
        )


def stages_of(project_id: int, names: Iterable[str]) -> list[Stage]:
    """The stages of a project in this order, made where they are missing."""
    wanted = list(names)
    found = {stage.name: stage for stage in Stage.objects.filter(project_id=project_id, name__in=wanted)}
    missing = [Stage(project_id=project_id, name=name) for name in wanted if name not in found]
    if missing:
        Stage.objects.bulk_create(missing, ignore_conflicts=True)
        found = {stage.name: stage for stage in Stage.objects.filter(project_id=project_id, name__in=wanted)}
    return [found[name] for name in wanted]


@contextmanager
def claimed(project_id: int, names: Iterable[str]) -> Iterator[Claim | None]:
    """Claim stages for the length of a block; None where another worker has any of them."""
    wanted = [stage.pk for stage in stages_of(project_id, names)]
    claim = _take(wanted)
    if claim is None:
        yield None
        return
    beat = threading.Thread(target=claim.keep, name="claim", daemon=True)
    beat.start()
    try:
        yield claim
    finally:
        claim.end()


def _take(wanted: list[int]) -> Claim | None:
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    now = timezone.now()
    free = Stage.objects.filter(pk__in=wanted).filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
    with transaction.atomic():
        if free.update(claimed_by=worker, claimed_until=now + LEASE) != len(wanted):
            transaction.set_rollback(True)
            return None
        # Whoever left a run open has died: its claim could not be taken otherwise.
        left = Run.objects.filter(stage_id__in=wanted, state=Run.State.RUNNING)
        left.update(state=Run.State.FAILED, finished_at=now, error=DIED)
    order = {key: place for place, key in enumerate(wanted)}
    return Claim(worker, sorted(Stage.objects.filter(pk__in=wanted), key=lambda stage: order[stage.pk]))


DIED = "the worker ended before the run did"
