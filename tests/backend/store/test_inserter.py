"""What is safe on disk is stored in the end, once, whatever happens between."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from backend.errors import StoreAway
from backend.store.client import Store
from backend.store.rows import insert_all
from backend.store.spool import Spool
from backend.store.writer import Writer
from tests.backend.store.switch import Switch, broken, rows
from tests.ingest.rows import count, wait_for


def _emptied(spool: Spool, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while spool.waiting() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not spool.waiting()


def test_rows_are_safe_on_disk_before_they_are_stored(switch: Switch, spool: Spool, store: Store) -> None:
    """Whoever asks only for safety is answered while the store is held up; the rows are stored when it goes on."""
    switch.hold.clear()
    writer = Writer(switch, spool).start()
    for number in range(3):
        assert writer.submit(rows(f"s{number}"), stored=False).result(5) == "spooled"
    assert len(spool.waiting()) == 3
    assert spool.orphans() == []
    switch.hold.set()
    assert wait_for(store, 3).spans == 3
    assert _emptied(spool)
    writer.close()


def test_a_killed_process_loses_and_doubles_nothing(switch: Switch, tmp_path: Path, store: Store) -> None:
    """What it had stored but not yet taken off the disk is stored again by the next one, and counts once."""
    dead = Spool(tmp_path / "spool", 1)
    dead.put([rows("a", "b")])
    insert_all(store, [rows("a", "b")])
    dead.put([rows("c")])
    dead.release()
    spool = Spool(tmp_path / "spool", 1)
    writer = Writer(switch, spool).start()
    assert wait_for(store, 3).spans == 3
    assert _emptied(spool)
    assert count(store).tokens == 15
    writer.close()


def test_a_row_refused_after_its_answer_is_kept_aside(switch: Switch, spool: Spool, store: Store) -> None:
    """It is not thrown away, and those that share its file are stored."""
    switch.hold.clear()
    writer = Writer(switch, spool).start()
    futures = [writer.submit(some, stored=False) for some in (rows("a"), broken("bad"), rows("b"))]
    assert {future.result(5) for future in futures} == {"spooled"}
    switch.hold.set()
    assert wait_for(store, 2).spans == 2
    assert _emptied(spool)
    assert len(list((spool.folder / "refused").iterdir())) == 1
    writer.close()


def test_a_full_disk_alone_refuses_nothing(store: Store, tmp_path: Path) -> None:
    """Where the spool cannot take rows the store may: the answer then waits for it."""
    writer = Writer(store, Spool(tmp_path / "spool", 0)).start()
    assert writer.submit(rows("a"), stored=False).result(20) == "stored"
    assert count(store).spans == 1
    writer.close()


def test_more_than_memory_holds_waits_on_disk_alone(
    switch: Switch, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long time without the store fills the disk and not the memory, and in the end nothing is missing."""
    monkeypatch.setattr("backend.store.writer._CACHE_MIB", 0)
    switch.fault = StoreAway("away")
    spool = Spool(tmp_path / "spool", 64)
    writer = Writer(switch, spool).start()
    text = "x" * 200_000
    for number in range(20):
        writer.submit(rows(f"s{number}", input_text=text), stored=False).result(5)
    assert all(group.entries is None for group in writer._inserter._groups)
    switch.fault = None
    assert wait_for(store, 20).spans == 20
    assert _emptied(spool)
    writer.close()


def test_an_end_while_the_store_is_away_leaves_all_on_disk(switch: Switch, spool: Spool, store: Store) -> None:
    """The next process brings in what the last one could not store."""
    switch.fault = StoreAway("away")
    writer = Writer(switch, spool).start()
    writer.submit(rows("a"), stored=False).result(5)
    writer.close()
    assert len(spool.orphans()) == 1
    switch.fault = None
    after = Writer(switch, Spool(spool.folder, 1)).start()
    assert wait_for(store, 1).spans == 1
    after.close()
