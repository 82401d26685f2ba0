"""What the worker is poked to do; each task looks for itself what is new and may run twice without harm."""

from __future__ import annotations

import logging
from typing import Final

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from backend.errors import StoreError

log = logging.getLogger(__name__)

_POKE_S: Final = 20.0
"""A poke that waited longer is dropped: the next tick has sent another."""


@shared_task(name="analytics.tasks.tick")  # type: ignore[untyped-decorator]  # celery ships no types
def tick() -> None:
    """Poke the projects in which something is new, or whose topics are due."""
    from analytics.alerts import deliver, watch
    from analytics.detection import judge_new, rerun_deeds
    from analytics.pipeline import due, emerge, fit_due, relabel
    from analytics.sampling import sweep

    now = timezone.now()
    try:
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
        for project_id in sweep.due():
            sweep_project.apply_async((project_id,), expires=_POKE_S)
        for project_id in emerge.waiting():
            look_for_new_topics.apply_async((project_id,), expires=_POKE_S)
        for project_id in watch.due(now):
            watch_project.apply_async((project_id,), expires=_POKE_S)
        if deliver.is_due(now):
            deliver_alerts.apply_async((), expires=_POKE_S)
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("nothing could be looked for, the next tick will: %s", fault)


@shared_task(name="analytics.tasks.advance_project")  # type: ignore[untyped-decorator]  # celery ships no types
def advance_project(project_id: int) -> None:
    """Bring the stages of a project forward."""
    from analytics.pipeline.advance import advance
    from analytics.pipeline.stages import STAGES

    try:
        advance(project_id, STAGES)
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("project %s stays where it is, the next tick goes on: %s", project_id, fault)


@shared_task(name="analytics.tasks.fit_project")  # type: ignore[untyped-decorator]  # celery ships no types
def fit_project(project_id: int) -> None:
    """Find the topics of a project anew, if that is still due."""
    from analytics.pipeline.fit import fit_when_due

    try:
        fit_when_due(project_id)
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("topics of project %s stay as they are: %s", project_id, fault)


@shared_task(name="analytics.tasks.relabel_project")  # type: ignore[untyped-decorator]  # celery ships no types
def relabel_project(project_id: int) -> None:
    """Let stored assignments follow what people decided, as far as a page did not wait for it."""
    from analytics.pipeline.relabel import apply_all

    try:
        apply_all(project_id)
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("decisions in project %s wait for the next tick: %s", project_id, fault)


@shared_task(name="analytics.tasks.rerun_project")  # type: ignore[untyped-decorator]  # celery ships no types
def rerun_project(project_id: int) -> None:
    """Carry re-runs of detectors on, and put in place what was decided."""
    from analytics.detection.rerun import advance

    try:
        advance(project_id)
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("re-runs of project %s stay where they are, the next tick goes on: %s", project_id, fault)


@shared_task(name="analytics.tasks.judge_project")  # type: ignore[untyped-decorator]  # celery ships no types
def judge_project(project_id: int) -> None:
    """Have judges in natural language look at new turns."""
    from analytics.detection.judge_new import advance

    try:
        advance(project_id)
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("judges of project %s wait for the next tick: %s", project_id, fault)


@shared_task(name="analytics.tasks.sweep_project")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep_project(project_id: int) -> None:
    """Leave out what a project samples away, of traces whose hold is over."""
    from analytics.sampling.sweep import sweep

    try:
        while sweep(project_id):
            pass
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("traces of project %s stay whole until the next sweep: %s", project_id, fault)


@shared_task(name="analytics.tasks.look_for_new_topics")  # type: ignore[untyped-decorator]  # celery ships no types
def look_for_new_topics(project_id: int) -> None:
    """Look for what people have begun to want since topics were found."""
    from analytics.pipeline.emerge import look_when_due

    try:
        look_when_due(project_id)
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("new wants of project %s are looked for by the next tick: %s", project_id, fault)


@shared_task(name="analytics.tasks.watch_project")  # type: ignore[untyped-decorator]  # celery ships no types
def watch_project(project_id: int) -> None:
    """Judge the last full hours of what the rules of a project watch."""
    from analytics.alerts.watch import watch

    try:
        watch(project_id, timezone.now())
    except (StoreError, OperationalError, InterfaceError) as fault:
        log.warning("rules of project %s were not looked at, the next tick will: %s", project_id, fault)


@shared_task(name="analytics.tasks.deliver_alerts")  # type: ignore[untyped-decorator]  # celery ships no types
def deliver_alerts() -> None:
    """Send the messages of alerts that are due."""
    from analytics.alerts.deliver import deliver

    try:
        deliver(timezone.now())
    except (OperationalError, InterfaceError) as fault:
        log.warning("messages of alerts wait for the next tick: %s", fault)
