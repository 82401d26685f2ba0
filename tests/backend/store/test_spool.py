"""Groups on disk are whole, in order, bounded, and survive the process that wrote them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from backend.store.rows import Rows
from backend.store.spool import Spool, SpoolFull, Waiting

ENTRY = Rows("span", ("project_id", "name"), b'[1,"a"]\n', 1)


def test_a_group_comes_back_as_it_was(tmp_path: Path) -> None:
    """What is read is what was put, entry by entry."""
    spool = Spool(tmp_path, 1)
    other = Rows("score", ("project_id",), b"[2]\n" * 1000, 1000)
    spool.put([ENTRY, other])
    (path,) = spool.waiting()
    assert spool.take(path) == [ENTRY, other]
    spool.done(path)
    assert spool.waiting() == []


def test_groups_wait_in_their_order(tmp_path: Path) -> None:
    """The oldest group comes first."""
    spool = Spool(tmp_path, 1)
    entries = [Rows("span", ("a",), f"[{number}]\n".encode(), 1) for number in range(20)]
    for entry in entries:
        spool.put([entry])
    assert [spool.take(path)[0] for path in spool.waiting()] == entries


def test_what_waits_is_told_with_its_age(tmp_path: Path) -> None:
    """Bytes of all groups, and since when the oldest is there; nothing where nothing waits."""
    spool = Spool(tmp_path, 1)
    assert spool.waiting_size() == Waiting(0, None)
    before = time.time()
    paths = [spool.put([ENTRY]) for _ in range(3)]
    found = spool.waiting_size()
    assert found.size_bytes == sum(path.stat().st_size for path in paths)
    assert found.since is not None
    assert before - 1 <= found.since.timestamp() <= time.time()


def test_the_limit_holds(tmp_path: Path) -> None:
    """Beyond the limit nothing is taken, and what is there stays readable."""
    spool = Spool(tmp_path, 1)
    noise = Rows("span", ("a",), os.urandom(400_000), 1)
    spool.put([noise])
    spool.put([noise])
    with pytest.raises(SpoolFull, match="of 1 MiB"):
        spool.put([noise])
    assert len(spool.waiting()) == 2
    spool.done(spool.waiting()[0])
    spool.put([noise])
    assert len(spool.waiting()) == 2


def test_a_damaged_group_is_put_aside(tmp_path: Path) -> None:
    """A file that is not what was written is neither replayed nor deleted."""
    spool = Spool(tmp_path, 1)
    spool.put([ENTRY])
    (path,) = spool.waiting()
    path.write_bytes(path.read_bytes()[:-1])
    assert spool.take(path) == []
    assert spool.waiting() == []
    assert (tmp_path / "refused" / path.name).exists()


def test_one_process_replays_at_a_time(tmp_path: Path) -> None:
    """The right to replay is exclusive, and free again afterwards."""
    one, other = Spool(tmp_path, 1), Spool(tmp_path, 1)
    with one.replaying() as mine, other.replaying() as theirs:
        assert (mine, theirs) == (True, False)
    with other.replaying() as theirs:
        assert theirs


def test_groups_of_the_living_are_their_own(tmp_path: Path) -> None:
    """Another process takes a group only after the one that wrote it has ended."""
    one, other = Spool(tmp_path, 1), Spool(tmp_path, 1)
    path = one.put([ENTRY])
    assert (one.orphans(), other.orphans(), other.waiting()) == ([], [], [path])
    one.release()
    assert other.orphans() == [path]


def test_locks_of_the_dead_are_removed(tmp_path: Path) -> None:
    """They go once their owner has ended and left nothing; those of the living stay."""
    dead, living = Spool(tmp_path, 1), Spool(tmp_path, 1)
    for spool in (dead, living):
        spool.done(spool.put([ENTRY]))
    dead.release()
    for lock in tmp_path.glob("*.owner"):
        os.utime(lock, (time.time() - 3600, time.time() - 3600))
    with living.replaying():
        assert len(list(tmp_path.glob("*.owner"))) == 1


def test_an_unfinished_draft_is_no_group(tmp_path: Path) -> None:
    """What a killed process had not finished writing is ignored and, when it is old, removed."""
    spool = Spool(tmp_path, 1)
    draft = tmp_path / "1-2-3.draft"
    draft.write_bytes(b"half")
    assert spool.waiting() == []
    os.utime(draft, (time.time() - 3600, time.time() - 3600))
    with spool.replaying():
        assert not draft.exists()


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """A folder that cannot be written is an error that a client retries."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SpoolFull, match="cannot be written"):
        Spool(blocked / "spool", 1).put([ENTRY])
