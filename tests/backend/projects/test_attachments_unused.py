"""Attachments go with the spans that referred to them, and never before."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backend.attachments.place import shelf
from backend.attachments.reference import Reference, langfuse_id
from backend.attachments.shelf import FolderShelf
from backend.env import env
from backend.errors import StoreAway
from backend.projects.attachments_unused import clear
from backend.store.client import Store
from backend.store.parts import part_rows
from backend.store.rows import insert_all, span_rows
from backend.store.spool import Spool
from backend.telemetry.part import WirePart
from backend.telemetry.span import Span
from tests.conftest import Cast

DAY_S = 86_400


@pytest.fixture
def kept(tmp_path: Path) -> FolderShelf:
    """An empty folder."""
    return FolderShelf(tmp_path / "attachments")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool."""
    return Spool(tmp_path / "spool", 10)


def _old(kept: FolderShelf, project_id: int, content: bytes, age_s: float = 2 * DAY_S) -> str:
    key = kept.put(project_id, content)
    path = next((kept._folder / str(project_id)).rglob(key))
    os.utime(path, (time.time() - age_s,) * 2)
    return key


def _span(place: int, **fields: object) -> Span:
    start = (1_700_000_000 + place * 40 * DAY_S) * 10**9
    return Span(trace_id="a" * 32, span_id=f"{place:016x}", start_time=start, end_time=start, **fields)  # type: ignore[arg-type]


def test_what_a_span_refers_to_stays_wherever_it_stands(
    store: Store, cast: Cast, kept: FolderShelf, spool: Spool
) -> None:
    """In any month, in messages, results, attributes, as Langfuse writes it, or in a part that is no span yet."""
    project = cast.project.pk
    keys = [_old(kept, project, bytes([number])) for number in range(6)]
    texts = [str(Reference(key, "image/png", 1)) for key in keys]
    media = f"@@@langfuseMedia:type=image/png|id={langfuse_id(keys[3])}|source=bytes@@@"
    spans = [
        _span(0, input_messages=f'[{{"role":"user","parts":[{{"type":"blob","content":"{texts[0]}"}}]}}]'),
        _span(1, tool_result=f"see {texts[1]}"),
        _span(2, attributes={"x": texts[2]}, input_text=media),
    ]
    part = WirePart(
        api="langfuse", trace_id="t", item_id="i", kind="k", part_id="p", sent_at=1, body=f'{{"a":"{texts[4]}"}}'
    )
    assert insert_all(store, [span_rows(project, spans), part_rows(project, [part])]) == [None, None]
    done = clear(kept, store, spool)
    assert (done.removed, done.size_bytes, done.kept) == (1, 1, 5)
    assert [kept.find(project, key) is not None for key in keys] == [True] * 5 + [False]


def test_what_is_young_stays_though_no_span_refers_to_it(
    store: Store, cast: Cast, kept: FolderShelf, spool: Spool
) -> None:
    """Its span may be on its way."""
    key = _old(kept, cast.project.pk, b"young", DAY_S / 2)
    assert clear(kept, store, spool).removed == 0
    assert kept.find(cast.project.pk, key) is not None
    assert clear(kept, store, spool, least_age_h=1).removed == 1


def test_a_reference_of_another_project_keeps_nothing(
    store: Store, cast: Cast, kept: FolderShelf, spool: Spool
) -> None:
    """Each project has its own."""
    key = _old(kept, cast.project.pk, b"mine")
    insert_all(store, [span_rows(cast.project.pk + 1, [_span(0, input_text=str(Reference(key, "", 1)))])])
    assert clear(kept, store, spool).removed == 1


def test_all_of_a_project_that_is_gone_go(store: Store, cast: Cast, kept: FolderShelf, spool: Spool) -> None:
    """However young."""
    kept.put(4_000_000, b"left")
    assert clear(kept, store, spool).projects == 1
    assert kept.projects() == []


def test_nothing_goes_while_spans_wait(store: Store, cast: Cast, kept: FolderShelf, spool: Spool) -> None:
    """They may refer to anything."""
    key = _old(kept, cast.project.pk, b"waits")
    spool.put([span_rows(cast.project.pk, [_span(0)])])
    with pytest.raises(StoreAway, match="wait in the spool"):
        clear(kept, store, spool)
    assert kept.find(cast.project.pk, key) is not None


def test_the_command_says_what_it_did(store: Store, cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    """And why it did not."""
    place = shelf()
    assert isinstance(place, FolderShelf)
    _old(place, cast.project.pk, b"x" * 2**20)
    call_command("attachments")
    assert "removed 1 attachments (1.0 MiB)" in capsys.readouterr().out
    path = Spool(env().home / "spool", 10).put([span_rows(cast.project.pk, [_span(0)])])
    try:
        with pytest.raises(CommandError, match="wait in the spool"):
            call_command("attachments")
    finally:
        path.unlink()
