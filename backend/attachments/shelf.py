"""Where attachments are kept: a folder, or a bucket. Each content once a project, by the hash of its bytes."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from backend.attachments.reference import SHORT
from backend.errors import StoreAway

_FULL: Final = 64


class ShelfAway(StoreAway):
    """Attachments can be neither written nor read now; trying again later helps."""

    code = "attachments_away"


@dataclass(frozen=True, slots=True)
class Kept:
    """One attachment.

    Attributes:
        key: SHA-256 of its content, hexadecimal.
        size: bytes.
        kept_at: seconds since 1970 when it was last put aside.
    """

    key: str
    size: int
    kept_at: float


class Shelf(ABC):
    """A place for attachments of all projects; safe to share between threads and processes."""

    @abstractmethod
    def put(self, project_id: int, content: bytes) -> str:
        """Keep a content and return its key; when this returns it survives a power cut.

        Raises:
            ShelfAway: it could not be kept.
        """

    @abstractmethod
    def find(self, project_id: int, key: str) -> Kept | None:
        """The attachment whose hash begins with ``SHORT`` or more digits; None where the project has none.

        Raises:
            ShelfAway: the place does not answer.
        """

    @abstractmethod
    def open(self, project_id: int, kept: Kept) -> IO[bytes]:
        """Its content, to be read and closed.

        Raises:
            FileNotFoundError: it was removed meanwhile.
            ShelfAway: the place does not answer.
        """

    def has_any(self, project_id: int) -> bool:
        """Whether the project may have attachments; a page without any asks no further."""
        return True

    @abstractmethod
    def all_of(self, project_id: int) -> Iterator[Kept]:
        """Every attachment of a project."""

    @abstractmethod
    def projects(self) -> list[int]:
        """Projects that have attachments, or had."""

    @abstractmethod
    def remove(self, project_id: int, kept: Kept) -> None:
        """Give one up, unless it was put aside again since it was found; one that is gone already is no error."""

    def remove_project(self, project_id: int) -> None:
        """Give up all of a project."""
        for kept in self.all_of(project_id):
            self.remove(project_id, kept)


class FolderShelf(Shelf):
    """A folder: ``PROJECT/HH/HASH``, each file written whole, synced and then named."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder; it is made at the first attachment."""
        self._folder = folder

    def put(self, project_id: int, content: bytes) -> str:
        """Write the file, unless it is there."""
        key = hashlib.sha256(content).hexdigest()
        path = self._path(project_id, key)
        draft = path.with_name(f".{secrets.token_hex(8)}.draft")
        try:
            with suppress(FileNotFoundError):
                os.utime(path)  # used again just now: whoever clears up leaves it
                _sync(path.parent)  # its writer may not have come to that yet
                return key
            self._make(path.parent)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            _sync(path.parent)
        except OSError as fault:
            with suppress(OSError):
                draft.unlink()
            raise ShelfAway(f"an attachment cannot be written: {fault.strerror}") from fault
        return key

    def find(self, project_id: int, key: str) -> Kept | None:
        """Look for the file, or for the one whose name begins so."""
        path = self._path(project_id, key)
        if len(key) < _FULL:
            path = next(path.parent.glob(f"{key}*"), path) if len(key) >= SHORT else path
        try:
            told = path.stat()
        except OSError:
            return None
        return Kept(path.name, told.st_size, told.st_mtime)

    def open(self, project_id: int, kept: Kept) -> IO[bytes]:
        """Open the file."""
        return self._path(project_id, kept.key).open("rb")

    def has_any(self, project_id: int) -> bool:
        """Whether it has a folder."""
        return (self._folder / str(project_id)).is_dir()

    def all_of(self, project_id: int) -> Iterator[Kept]:
        """Walk the project's folder."""
        for path in sorted((self._folder / str(project_id)).glob("[0-9a-f][0-9a-f]/[0-9a-f]*")):
            with suppress(FileNotFoundError):
                told = path.stat()
                yield Kept(path.name, told.st_size, told.st_mtime)

    def projects(self) -> list[int]:
        """Names of the folders."""
        found = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(int(path.name) for path in found if path.name.isdecimal())

    def remove(self, project_id: int, kept: Kept) -> None:
        """Take the file away, look once more, and only then give it up."""
        path = self._path(project_id, kept.key)
        aside = path.with_name(f".{secrets.token_hex(8)}.draft")
        with suppress(FileNotFoundError):
            path.rename(aside)
            if aside.stat().st_mtime > kept.kept_at:
                aside.rename(path)
            else:
                aside.unlink()

    def remove_project(self, project_id: int) -> None:
        """Remove the project's folder."""
        shutil.rmtree(self._folder / str(project_id), ignore_errors=True)

    def clear_drafts(self, older_than_s: float) -> int:
        """Remove what a process that ended in the middle left; returns how many."""
        before, count = time.time() - older_than_s, 0
        for path in self._folder.glob("*/*/.*.draft"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        return count

    def _path(self, project_id: int, key: str) -> Path:
        return self._folder / str(int(project_id)) / key[:2] / checked(key)

    def _make(self, folder: Path) -> None:
        """Make a folder and sync the one that names it."""
        for each in (self._folder, folder.parent, folder):
            if not each.is_dir():
                each.mkdir(parents=True, exist_ok=True, mode=0o700)
                _sync(each.parent)


def checked(key: str) -> str:
    """A hash, or the beginning of one.

    Raises:
        ValueError: it is neither, and could name anything.
    """
    if not (SHORT <= len(key) <= _FULL and all(letter in "0123456789abcdef" for letter in key)):
        raise ValueError(f"{key[:80]!r} is no hash of an attachment")
    return key


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
