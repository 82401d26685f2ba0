"""Attachments whose spans are gone are given up by the worker, once a day, without anybody's doing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from celery.beat import PersistentScheduler
from django.utils import timezone

from analytics.tasks import clear_attachments
from backend.attachments.place import shelf
from backend.attachments.reference import Reference
from backend.attachments.shelf import FolderShelf
from backend.celery import app
from backend.env import env
from backend.store.client import Store
from backend.store.rows import insert_all, span_rows
from backend.store.spool import Spool
from backend.telemetry.span import Span
from backend.uploads.models import FileAddress
from tests.conftest import Cast

NAME = "clear_attachments"


def _old(project_id: int, content: bytes) -> str:
    place = shelf()
    assert isinstance(place, FolderShelf)
    key = place.put(project_id, content)
    os.utime(next((place._folder / str(project_id)).rglob(key)), (time.time() - 2 * 86_400,) * 2)
    return key


def _span(**fields: str) -> Span:
    return Span(trace_id="a" * 32, span_id="b" * 16, start_time=time.time_ns(), end_time=time.time_ns(), **fields)


@pytest.fixture
def waits(cast: Cast) -> Iterator[Path]:
    """A span that waits in the spool."""
    path = Spool(env().home / "spool", 10).put([span_rows(cast.project.pk, [_span()])])
    yield path
    path.unlink(missing_ok=True)


def test_the_task_gives_up_what_no_span_refers_to(store: Store, cast: Cast) -> None:
    """And leaves what one does; a second run changes nothing."""
    project = cast.project.pk
    used, unused = _old(project, b"used"), _old(project, b"unused")
    insert_all(store, [span_rows(project, [_span(tool_result=f"see {Reference(used, '', 4)}")])])
    for _ in range(2):
        clear_attachments.apply().get()
        assert [shelf().find(project, key) is not None for key in (used, unused)] == [True, False]
    shelf().remove_project(project)


def test_the_task_forgets_old_addresses_of_uploads(store: Store, cast: Cast) -> None:
    """Their spans have come, or never will; a young one stays."""
    old, young = [
        FileAddress.objects.create(project=cast.project, token=word, reference="x") for word in ("old", "young")
    ]
    FileAddress.objects.filter(pk=old.pk).update(uploaded_at=timezone.now() - timedelta(hours=25))
    clear_attachments.apply().get()
    assert [one.pk for one in FileAddress.objects.all()] == [young.pk]


def test_the_task_leaves_all_while_spans_wait(
    store: Store, cast: Cast, waits: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They may refer to anything; the log says so, and the task does not fail."""
    key = _old(cast.project.pk, b"unused")
    clear_attachments.apply().get()
    assert shelf().find(cast.project.pk, key) is not None
    assert "attachments stay" in caplog.text
    waits.unlink()
    clear_attachments.apply().get()
    assert shelf().find(cast.project.pk, key) is None


def _scheduler(folder: Path) -> PersistentScheduler:
    return PersistentScheduler(app, schedule_filename=str(folder / "beat"))


def test_beat_asks_for_it_once_a_day_and_remembers_over_a_restart(tmp_path: Path) -> None:
    """A machine that is on for an hour a day comes to it too."""
    assert app.conf.beat_schedule[NAME]["task"] == clear_attachments.name
    first = _scheduler(tmp_path)
    entry = first.schedule[NAME]
    assert not entry.is_due().is_due
    assert timedelta(hours=23) < timedelta(seconds=entry.is_due().next) <= timedelta(days=1)
    entry.last_run_at -= timedelta(hours=25)
    first.close()
    again = _scheduler(tmp_path)
    assert again.schedule[NAME].is_due().is_due
    again.close()
