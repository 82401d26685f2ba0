"""Accepted rows on disk until ClickHouse has them: whole files or none, in order, for whichever process comes next.

Each process owns the groups that it wrote as long as it lives; those of a process that has ended are orphans, which the
others bring in. A lock that ends with its process says who lives.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import lz4.frame
import msgspec

from backend.errors import StoreAway
from backend.store.rows import Rows

log = logging.getLogger(__name__)

_MAGIC = b"ASSAY-SPOOL-1\n"
_DIGEST = 16
_ABANDONED_S = 120.0
_SIZE_GOOD_FOR_S = 1.0

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(list[tuple[str, tuple[str, ...], bytes, int]])


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is on disk and not stored yet.

    Attributes:
        size_bytes: of its files.
        since: when the oldest was written; None where nothing waits.
    """

    size_bytes: int
    since: datetime | None


class SpoolFull(StoreAway):
    """Neither the store nor the spool can take more; trying again later helps."""

    code = "spool_full"


class Spool:
    """A folder of groups of rows, shared by the processes of one installation."""

    def __init__(self, folder: Path, limit_mib: int) -> None:
        """Remember the folder; it is made at the first group.

        Args:
            folder: where the files are.
            limit_mib: most disk space that they may take.
        """
        self.folder = folder
        self._limit = limit_mib * 1024 * 1024
        self._numbers = itertools.count()
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._owning: IO[str] | None = None
        self._size, self._size_read_at = 0, 0.0

    def put(self, entries: list[Rows]) -> Path:
        """Write a group and return its file; when this returns the group survives a power cut.

        Raises:
            SpoolFull: the limit is reached or the disk is full.
        """
        text = _sealed(entries)
        if self.size() + len(text) > self._limit:
            raise SpoolFull(
                f"the spool holds {self._size / 2**20:.0f} MiB of {self._limit // 2**20} MiB (ASSAY_SPOOL_LIMIT_MIB)"
                " that ClickHouse has not taken yet"
            )
        name = self._name()
        draft, path = self.folder / f"{name}.draft", self.folder / f"{name}.spool"
        try:
            self._own()
            _write_through(draft, text)
            draft.rename(path)
            _sync_folder(self.folder)
        except OSError as fault:
            for file in (draft, path):
                with suppress(OSError):
                    file.unlink()
            raise SpoolFull(f"the spool cannot be written: {fault.strerror}") from fault
        self._size += len(text)
        return path

    def waiting(self) -> list[Path]:
        """All groups on disk, oldest first."""
        return sorted(self.folder.glob("*.spool")) if self.folder.is_dir() else []

    def waiting_size(self) -> Waiting:
        """How much waits, of all processes, and since when."""
        files = self.waiting()
        since = datetime.fromtimestamp(_written_ns(files[0]) / 1e9, UTC) if files else None
        return Waiting(sum(_bytes(path) for path in files), since)

    def orphans(self) -> list[Path]:
        """Groups of processes that have ended, oldest first."""
        groups = self.waiting()
        alive = {owner: self._lives(owner) for owner in {_owner_of(path) for path in groups}}
        return [path for path in groups if not alive[_owner_of(path)]]

    def release(self) -> None:
        """Leave what is still here to whichever process comes next."""
        if self._owning is not None:
            self._owning.close()
            self._owning = None

    def size(self) -> int:
        """Bytes on disk, at most a second old."""
        now = time.monotonic()
        if now - self._size_read_at > _SIZE_GOOD_FOR_S:
            self._size, self._size_read_at = sum(_bytes(path) for path in self._files()), now
        return self._size

    @contextmanager
    def replaying(self) -> Iterator[bool]:
        """Hold the right to replay; false when another process has it. It ends with the process, however that ends."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "replay.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            self._sweep()
            yield True

    def take(self, path: Path) -> list[Rows]:
        """Read a group; what is no whole group is put aside under ``refused`` and reads as none."""
        entries = _opened(path.read_bytes())
        if entries is None:
            log.error("spool file %s is damaged; it was put aside under refused/", path.name)
            self._aside(path)
            return []
        return entries

    def done(self, path: Path) -> None:
        """Remove a group that the store has."""
        self._size -= _bytes(path)
        path.unlink(missing_ok=True)

    def refuse(self, entry: Rows, reason: str) -> None:
        """Keep rows that the store refuses for ever, with the reason, outside the queue."""
        target = self.folder / "refused"
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = self._name()
        _write_through(target / f"{name}.spool", _sealed([entry]))
        log.error("%s row(s) of a spooled group were refused (%s); kept as refused/%s.spool", entry.count, reason, name)

    def _name(self) -> str:
        return f"{time.time_ns():020d}-{self._owner}-{next(self._numbers)}"

    def _own(self) -> None:
        """Hold this process's lock from before its first group on."""
        if self._owning is None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.folder / f"{self._owner}.owner").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._owning = lock

    def _lives(self, owner: str) -> bool:
        try:
            with (self.folder / f"{owner}.owner").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _aside(self, path: Path) -> None:
        target = self.folder / "refused"
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.rename(target / path.name)

    def _files(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("*") if path.is_file()) if self.folder.is_dir() else iter(())

    def _sweep(self) -> None:
        """Remove drafts of killed processes, which nobody was told are safe, and locks of owners that left nothing."""
        owners = {_owner_of(path) for path in self.waiting()}
        for path in [*self.folder.glob("*.draft"), *self.folder.glob("*.owner")]:
            try:
                if time.time() - path.stat().st_mtime < _ABANDONED_S:
                    continue
            except FileNotFoundError:
                continue
            if path.suffix == ".draft" or not (path.stem in owners or self._lives(path.stem)):
                path.unlink(missing_ok=True)


def _written_ns(path: Path) -> int:
    return int(path.stem.partition("-")[0])


def _owner_of(path: Path) -> str:
    return path.stem.partition("-")[2].rpartition("-")[0]


def _sealed(entries: list[Rows]) -> bytes:
    plain = _encode([(entry.table, entry.columns, entry.text, entry.count) for entry in entries])
    packed: bytes = lz4.frame.compress(plain)
    return _MAGIC + hashlib.blake2b(packed, digest_size=_DIGEST).digest() + packed


def _opened(text: bytes) -> list[Rows] | None:
    head, packed = text[: len(_MAGIC) + _DIGEST], text[len(_MAGIC) + _DIGEST :]
    if head != _MAGIC + hashlib.blake2b(packed, digest_size=_DIGEST).digest():
        return None
    return [Rows(*entry) for entry in _decoder.decode(lz4.frame.decompress(packed))]


def _write_through(path: Path, text: bytes) -> None:
    with path.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
