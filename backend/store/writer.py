"""Group commit: many requests, one synced file; an answer when the rows are safe, and larger blocks behind it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client import Counter, Gauge

from backend.errors import StoreAway, StoreError, TooMany
from backend.store.client import Store
from backend.store.inserter import BLOCK_LIMIT_MIB, REFUSED, Group, Inserter, Outcome
from backend.store.rows import Rows, insert_all
from backend.store.spool import Spool, SpoolFull

log = logging.getLogger(__name__)

QUEUE_LIMIT_MIB: Final = 128
LINGER_S: Final = 0.004
"""How long a file waits for more: about as long as the disk takes to sync one."""

_CACHE_MIB = 64
_WORTH_A_FILE = 2**20
REPLAY_EVERY_S: Final = 0.5
_LONGEST_PAUSE_S = 10.0

SPOOLED = Counter("assay_rows_spooled", "Rows that are safe on disk.", ["table"])
REPLAYED = Counter("assay_rows_replayed", "Rows of an ended process brought from disk to the store.", ["table"])
QUEUED = Gauge("assay_queue_bytes", "Rows that wait to be safe, in bytes.")
SPOOL_SIZE = Gauge("assay_spool_bytes", "Size of the spool on disk.")


class _Waiting(NamedTuple):
    rows: Rows
    future: Future[Outcome]
    stored: bool


class Writer:
    """Takes rows from many threads, makes them safe on disk a group at a time, and stores them in larger blocks.

    While one group is being synced the next gathers, so groups grow with the load and nobody waits for a timer.
    """

    def __init__(self, store: Store, spool: Spool, *, queue_limit_mib: int = QUEUE_LIMIT_MIB) -> None:
        """Remember where to; ``start`` begins.

        Args:
            store: where rows go.
            spool: where they are safe until the store has them.
            queue_limit_mib: most memory of rows that are not safe yet.
        """
        self._store = store
        self._spool = spool
        self._limit = queue_limit_mib * 1024 * 1024
        self._inserter = Inserter(store, spool, _CACHE_MIB * 2**20)
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._change = threading.Condition()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._write_groups, name="writer", daemon=True),
            threading.Thread(target=self._replay_spool, name="spool", daemon=True),
        ]

    def start(self) -> Writer:
        """Begin to write, and to bring in what an earlier process left on disk."""
        self._inserter.start()
        for thread in self._threads:
            thread.start()
        return self

    def submit(self, rows: Rows, *, stored: bool = True) -> Future[Outcome]:
        """Queue rows of one request.

        Args:
            rows: what to store.
            stored: wait until a question finds the rows, and hear of it when the store refuses them; otherwise the
                future ends as soon as they are safe on disk, and what is refused later is kept aside and counted.

        Returns:
            A future that ends when the rows are stored or safe, or in the error that befell just these rows.

        Raises:
            TooMany: too much waits already; nothing was taken.
            StoreAway: the writer has been closed.
        """
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()  # queued rows will be written: a caller who leaves cancels nothing
        if not rows.count:
            future.set_result("stored")
            return future
        with self._change:
            if self._closing.is_set():
                raise StoreAway("the server is shutting down")
            waits = self._waiting_bytes + self._inserter.held
            if waits and waits + len(rows.text) > self._limit:
                raise TooMany(
                    f"{waits / 2**20:.0f} MiB of spans wait for the store, and the limit is"
                    f" {self._limit // 2**20} MiB; send again in a moment"
                )
            self._waiting.append(_Waiting(rows, future, stored))
            self._waiting_bytes += len(rows.text)
            self._change.notify()
        return future

    @property
    def is_away(self) -> bool:
        """Whether the store did not take the last block, so that what is safe waits on disk."""
        return self._inserter.is_away

    def close(self, timeout_s: float = 30.0) -> None:
        """Make safe everything that waits, store what the store takes, then end."""
        with self._change:
            self._closing.set()
            self._change.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)
        self._inserter.close(timeout_s)
        self._spool.release()

    def _next_group(self) -> list[_Waiting]:
        """What waits, up to a block's size; empty only when the writer is closed and all is written."""
        with self._change:
            while not self._waiting and not self._closing.is_set():
                self._change.wait()
            self._linger()
            group: list[_Waiting] = []
            size = 0
            while self._waiting and (not group or size + len(self._waiting[0].rows.text) <= BLOCK_LIMIT_MIB * 2**20):
                group.append(self._waiting.popleft())
                size += len(group[-1].rows.text)
            self._waiting_bytes -= size
            QUEUED.set(self._waiting_bytes)
        return group

    def _linger(self) -> None:
        """Wait a moment for those who were answered together and send together again: fewer, larger files."""
        until = time.monotonic() + LINGER_S
        while not self._closing.is_set() and self._waiting_bytes < _WORTH_A_FILE:
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            self._change.wait(left_s)

    def _write_groups(self) -> None:
        while group := self._next_group():
            try:
                self._write([one for one in group if not one.stored])
                self._hand_over([one for one in group if one.stored])
            except Exception as fault:  # the outer loop: it must outlive any fault, and tells those who wait
                log.exception("a group of %s requests could not be written", len(group))
                for one in group:
                    if not one.future.done():
                        one.future.set_exception(StoreAway(f"the rows could not be written: {fault}"))

    def _write(self, group: list[_Waiting]) -> None:
        """Make a group safe, answer for it, and pass it on to be stored."""
        if not group:
            return
        entries = [one.rows for one in group]
        try:
            path = self._spool.put(entries)
        except SpoolFull as full:
            self._write_past(group, full)
            return
        self._inserter.add(Group(entries, sum(len(rows.text) for rows in entries), path))
        for rows, future, _ in group:
            SPOOLED.labels(rows.table).inc(rows.count)
            future.set_result("spooled")

    def _write_past(self, group: list[_Waiting], full: SpoolFull) -> None:
        """Where the disk takes nothing the store may: its answer is then waited for."""
        if not self._inserter.is_away:
            log.warning("a group of %s requests goes to the store alone: %s", len(group), full)
            self._hand_over(group)
            return
        for _, future, _ in group:
            future.set_exception(StoreAway(f"ClickHouse takes no rows, and {full}"))

    def _hand_over(self, group: list[_Waiting]) -> None:
        if group:
            entries = [one.rows for one in group]
            size = sum(len(rows.text) for rows in entries)
            self._inserter.add(Group(entries, size, futures=[one.future for one in group]))

    def _replay_spool(self) -> None:
        pause_s = 0.0
        while not self._closing.wait(pause_s):
            pause_s = max(pause_s, REPLAY_EVERY_S)
            try:
                SPOOL_SIZE.set(self._spool.size())
                if self._spool.orphans():
                    pause_s = REPLAY_EVERY_S if self._replay() else min(_LONGEST_PAUSE_S, pause_s * 2)
            except Exception:
                log.exception("the spool could not be replayed; it is tried again")
                pause_s = _LONGEST_PAUSE_S

    def _replay(self) -> bool:
        """Bring in what ended processes left; false when the store is still away."""
        with self._spool.replaying() as mine:
            if not mine:
                return True
            for path in self._spool.orphans():
                if self._closing.is_set():
                    return True
                try:
                    self._replay_group(path)
                except StoreError:
                    return False
        return True

    def _replay_group(self, path: Path) -> None:
        entries = self._spool.take(path)
        for entry, refused in zip(entries, insert_all(self._store, entries), strict=True):
            if refused is None:
                REPLAYED.labels(entry.table).inc(entry.count)
            else:
                REFUSED.labels(entry.table).inc(entry.count)
                self._spool.refuse(entry, str(refused))
        self._spool.done(path)
