"""The folder of attachments: each content once a project, whole or not at all, and never another project's."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.attachments.reference import SHORT
from backend.attachments.shelf import FolderShelf, ShelfAway


@pytest.fixture
def shelf(tmp_path: Path) -> FolderShelf:
    """An empty one."""
    return FolderShelf(tmp_path / "attachments")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_content_is_found_by_its_hash_and_by_its_beginning(shelf: FolderShelf) -> None:
    """Both name the same bytes."""
    key = shelf.put(1, b"hello")
    assert key == hashlib.sha256(b"hello").hexdigest()
    for asked in (key, key[:SHORT]):
        found = shelf.find(1, asked)
        assert found is not None
        assert (found.key, found.size) == (key, 5)
        with shelf.open(1, found) as file:
            assert file.read() == b"hello"


def test_the_same_content_is_kept_once_a_project_and_never_shared(shelf: FolderShelf, tmp_path: Path) -> None:
    """Twice in one project is one file; another project finds nothing until it sent it too."""
    key = shelf.put(1, b"hello")
    assert shelf.put(1, b"hello") == key
    assert len(_files(tmp_path)) == 1
    assert shelf.find(2, key) is None
    shelf.put(2, b"hello")
    shelf.remove_project(1)
    assert shelf.find(1, key) is None
    assert shelf.find(2, key) is not None
    assert shelf.projects() == [2]


def test_many_at_once_leave_whole_files_only(shelf: FolderShelf, tmp_path: Path) -> None:
    """Requests with the same pictures race."""
    contents = [bytes([number]) * 5000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda number: shelf.put(1, contents[number % 8]), range(160)))
    assert len(set(keys)) == 8
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in _files(tmp_path)} == {
        key: key for key in keys
    }


@pytest.mark.parametrize("key", ["", "..", "../../etc/passwd", "g" * 64, "a" * 65, "A" * 64, "a" * (SHORT - 1)])
def test_what_is_no_hash_reaches_no_file(shelf: FolderShelf, key: str) -> None:
    """An address can name nothing else."""
    shelf.put(1, b"hello")
    with pytest.raises(ValueError, match="no hash"):
        shelf.find(1, key)


def test_a_disk_that_takes_nothing_is_said_and_leaves_nothing(shelf: FolderShelf, tmp_path: Path) -> None:
    """The request is refused with a status that makes clients send again."""
    (tmp_path / "attachments").write_text("in the way")
    with pytest.raises(ShelfAway, match="cannot be written") as told:
        shelf.put(1, b"hello")
    assert told.value.status == 503
    assert [path.name for path in _files(tmp_path)] == ["attachments"]


def test_what_was_put_aside_again_is_not_given_up(shelf: FolderShelf) -> None:
    """A job that clears up found it before a new span came."""
    key = shelf.put(1, b"hello")
    path = next(path for path in shelf._folder.rglob(key))
    os.utime(path, (time.time() - 90_000,) * 2)
    found = shelf.find(1, key)
    assert found is not None
    shelf.put(1, b"hello")
    shelf.remove(1, found)
    assert shelf.find(1, key) is not None
    again = shelf.find(1, key)
    assert again is not None
    shelf.remove(1, again)
    assert shelf.find(1, key) is None
    shelf.remove(1, again)


def test_drafts_of_a_process_that_ended_are_cleared(shelf: FolderShelf) -> None:
    """Those of one that may still write are left."""
    key = shelf.put(1, b"hello")
    folder = next(shelf._folder.rglob(key)).parent
    old, new = folder / ".1.draft", folder / ".2.draft"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 9000,) * 2)
    assert shelf.clear_drafts(3600) == 1
    assert (old.exists(), new.exists()) == (False, True)
    assert [kept.key for kept in shelf.all_of(1)] == [key]
