"""Accepted rows on disk while ClickHouse is away: whole files or none, in order, for whichever process comes next."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
        self._size, self._size_read_at = 0, 0.0

    def put(self, entries: list[Rows]) -> None:
        """Write a group; when this returns it survives a power cut.

        Raises:
            SpoolFull: the limit is reached or the disk is full.
        """
        text = _sealed(entries)
        if self.size() + len(text) > self._limit:
            raise SpoolFull(
                f"ClickHouse is away and the spool holds {self._size / 2**20:.0f} MiB"
                f" of {self._limit // 2**20} MiB (ASSAY_SPOOL_LIMIT_MIB)"
            )
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._numbers)}"
        draft = self.folder / f"{name}.draft"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_through(draft, text)
            draft.rename(self.folder / f"{name}.spool")
            _sync_folder(self.folder)
        except OSError as fault:
            with suppress(OSError):
                draft.unlink()
            raise SpoolFull(f"ClickHouse is away and the spool cannot be written: {fault.strerror}") from fault
        self._size += len(text)

    def waiting(self) -> list[Path]:
        """Groups that wait for the store, oldest first."""
        return sorted(self.folder.glob("*.spool")) if self.folder.is_dir() else []

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
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._numbers)}"
        _write_through(target / f"{name}.spool", _sealed([entry]))
        log.error("%s row(s) of a spooled group were refused (%s); kept as refused/%s.spool", entry.count, reason, name)

    def _aside(self, path: Path) -> None:
        target = self.folder / "refused"
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.rename(target / path.name)

    def _files(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("*") if path.is_file()) if self.folder.is_dir() else iter(())

    def _sweep(self) -> None:
        """Remove drafts of killed processes: nobody was told that they are safe."""
        for draft in self.folder.glob("*.draft"):
            try:
                if time.time() - draft.stat().st_mtime > _ABANDONED_S:
                    draft.unlink(missing_ok=True)
            except FileNotFoundError:
                continue


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
