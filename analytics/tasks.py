"""What the worker is poked to do; each task looks for itself what is new and may run twice without harm."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from backend.errors import StoreError

log = logging.getLogger(__name__)

_POKE_S: Final = 20.0
"""A poke that waited longer is dropped: the next tick has sent another."""


@contextmanager
def _put_off(what: str, *names: object) -> Iterator[None]:
    """Leave to a later tick what a store that is away or busy keeps from being done now, and say so."""
    try:
        yield
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning(f"{what}: %s", *names, fault)


@shared_task(name="analytics.tasks.tick")  # type: ignore[untyped-decorator]  # celery ships no types
def tick() -> None:
    """Poke the projects in which something is new, or whose topics are due."""
    from analytics.alerts import deliver, watch
    from analytics.detection import judge_new, rerun_deeds
    from analytics.pipeline import due, emerge, fit_due, relabel
    from analytics.replay import run
    from analytics.sampling import sweep
    from ingest.prices import recomputing

    now = timezone.now()
    with _put_off("nothing could be looked for, the next tick will"):
        for project_id in due.waiting():
            advance_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in fit_due.due():
            fit_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in relabel.waiting():
            relabel_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in rerun_deeds.due():
            rerun_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in judge_new.due():
            judge_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in run.due():
            replay_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in recomputing.due():
            recompute_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in sweep.due():
            sweep_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in emerge.waiting():
            look_for_new_topics.apply_async((project_id,), expires=_POKE_S)
        for project_id in watch.due(now):
            watch_project.apply_async((project_id,), expires=_POKE_S)
        if deliver.is_due(now):
            deliver_alerts.apply_async((), expires=_POKE_S)


@shared_task(name="analytics.tasks.advance_project")  # type: ignore[untyped-decorator]  # celery ships no types
def advance_project(project_id: int) -> None:
    """Bring the stages of a project forward."""
    from analytics.pipeline.advance import advance
    from analytics.pipeline.stages import STAGES

    with _put_off("project %s stays where it is, the next tick goes on", project_id):
        advance(project_id, STAGES)


@shared_task(name="analytics.tasks.fit_project")  # type: ignore[untyped-decorator]  # celery ships no types
def fit_project(project_id: int) -> None:
    """Find the topics of a project anew, if that is still due."""
    from analytics.pipeline.fit import fit_when_due

    with _put_off("topics of project %s stay as they are", project_id):
        fit_when_due(project_id)


@shared_task(name="analytics.tasks.relabel_project")  # type: ignore[untyped-decorator]  # celery ships no types
def relabel_project(project_id: int) -> None:
    """Let stored assignments follow what people decided, as far as a page did not wait for it."""
    from analytics.pipeline.relabel import apply_all

    with _put_off("decisions in project %s wait for the next tick", project_id):
        apply_all(project_id)


@shared_task(name="analytics.tasks.rerun_project")  # type: ignore[untyped-decorator]  # celery ships no types
def rerun_project(project_id: int) -> None:
    """Carry re-runs of detectors on, and put in place what was decided."""
    from analytics.detection.rerun import advance

    with _put_off("re-runs of project %s stay where they are, the next tick goes on", project_id):
        advance(project_id)


@shared_task(name="analytics.tasks.judge_project")  # type: ignore[untyped-decorator]  # celery ships no types
def judge_project(project_id: int) -> None:
    """Have judges in natural language look at new turns."""
    from analytics.detection.judge_new import advance

    with _put_off("judges of project %s wait for the next tick", project_id):
        advance(project_id)


@shared_task(name="analytics.tasks.replay_project")  # type: ignore[untyped-decorator]  # celery ships no types
def replay_project(project_id: int) -> None:
    """Send recorded requests again, changed and unchanged, and judge what comes back."""
    from analytics.replay.run import advance

    with _put_off("replays of project %s wait for the next tick", project_id):
        advance(project_id)


@shared_task(name="analytics.tasks.recompute_project")  # type: ignore[untyped-decorator]  # celery ships no types
def recompute_project(project_id: int) -> None:
    """Price stored calls anew, as far as somebody asked for it."""
    from ingest.prices.recomputing import advance

    with _put_off("costs of project %s are recomputed from where that stands by the next tick", project_id):
        advance(project_id)


@shared_task(name="analytics.tasks.sweep_project")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep_project(project_id: int) -> None:
    """Leave out what a project samples away, of traces whose hold is over."""
    from analytics.sampling.sweep import sweep

    with _put_off("traces of project %s stay whole until the next sweep", project_id):
        while sweep(project_id):
            pass


@shared_task(name="analytics.tasks.clear_attachments")  # type: ignore[untyped-decorator]  # celery ships no types
def clear_attachments() -> None:
    """Give up attachments that no stored span refers to, those of projects gone, and addresses of old uploads."""
    from backend.attachments.place import shelf
    from backend.env import env
    from backend.projects.attachments_unused import clear
    from backend.store.connection import store
    from backend.store.spool import Spool
    from backend.uploads.models import FileAddress

    with _put_off("attachments stay until they are looked through again"):
        FileAddress.objects.clear_old()
        done = clear(shelf(), store(), Spool(env().home / "spool", env().spool_limit_mib))
        log.info("%s attachments were given up (%s bytes), %s are in use", done.removed, done.size_bytes, done.kept)


@shared_task(name="analytics.tasks.look_for_new_topics")  # type: ignore[untyped-decorator]  # celery ships no types
def look_for_new_topics(project_id: int) -> None:
    """Look for what people have begun to want since topics were found."""
    from analytics.pipeline.emerge import look_when_due

    with _put_off("new wants of project %s are looked for by the next tick", project_id):
        look_when_due(project_id)


@shared_task(name="analytics.tasks.watch_project")  # type: ignore[untyped-decorator]  # celery ships no types
def watch_project(project_id: int) -> None:
    """Judge the last full hours of what the rules of a project watch."""
    from analytics.alerts.watch import watch

    with _put_off("rules of project %s were not looked at, the next tick will", project_id):
        watch(project_id, timezone.now())


@shared_task(name="analytics.tasks.deliver_alerts")  # type: ignore[untyped-decorator]  # celery ships no types
def deliver_alerts() -> None:
    """Send the messages of alerts that are due."""
    from analytics.alerts.deliver import deliver

    try:
        deliver(timezone.now())
    except (OperationalError, InterfaceError) as fault:
        log.warning("messages of alerts wait for the next tick: %s", fault)
