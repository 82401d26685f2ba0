"""Group commit: many requests, one block; an answer only when the rows are stored, or safe on disk."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import Final, Literal

from prometheus_client import Counter, Gauge

from backend.errors import BadRequest, StoreAway, StoreError, TooMany
from backend.store.client import Store
from backend.store.rows import Rows, insert_all
from backend.store.spool import Spool

log = logging.getLogger(__name__)

Outcome = Literal["stored", "spooled"]

QUEUE_LIMIT_MIB: Final = 128
BLOCK_LIMIT_MIB: Final = 16
LINGER_S: Final = 0.02
"""How long a block waits for more. An insert costs the store 40 ms of CPU, be it of one span or of 800."""

_WORTH_A_BLOCK = 2 * 2**20
REPLAY_EVERY_S: Final = 0.5
_LONGEST_PAUSE_S = 10.0
_TRY_AGAIN_S = 1.0

WRITTEN = Counter("assay_rows_written", "Rows that the store has taken.", ["table"])
SPOOLED = Counter("assay_rows_spooled", "Rows put on disk while the store was away.", ["table"])
REPLAYED = Counter("assay_rows_replayed", "Rows brought from disk to the store.", ["table"])
REFUSED = Counter("assay_rows_refused", "Rows that the store refuses for what they hold.", ["table"])
BLOCKS = Counter("assay_blocks_written", "Blocks that the store has taken.")
QUEUED = Gauge("assay_queue_bytes", "Rows that wait for the store, in bytes.")
SPOOL_SIZE = Gauge("assay_spool_bytes", "Size of the spool on disk.")


class Writer:
    """Takes rows from many threads and stores them in one, a block at a time.

    While one block is being stored the next gathers, so the block grows with the load and nobody waits for a timer.
    """

    def __init__(self, store: Store, spool: Spool, *, queue_limit_mib: int = QUEUE_LIMIT_MIB) -> None:
        """Remember where to; ``start`` begins.

        Args:
            store: where rows go.
            spool: where they wait when the store is away.
            queue_limit_mib: most memory of rows that wait.
        """
        self._store = store
        self._spool = spool
        self._limit = queue_limit_mib * 1024 * 1024
        self._waiting: deque[tuple[Rows, Future[Outcome]]] = deque()
        self._waiting_bytes = 0
        self._change = threading.Condition()
        self._closing = threading.Event()
        self._away_until = 0.0
        self._threads = [
            threading.Thread(target=self._write_groups, name="writer", daemon=True),
            threading.Thread(target=self._replay_spool, name="spool", daemon=True),
        ]

    def start(self) -> Writer:
        """Begin to write, and to bring in what an earlier process left on disk."""
        for thread in self._threads:
            thread.start()
        return self

    def submit(self, rows: Rows) -> Future[Outcome]:
        """Queue rows of one request.

        Returns:
            A future that ends when the rows are safe, or in the error that befell just these rows.

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
            if self._waiting and self._waiting_bytes + len(rows.text) > self._limit:
                raise TooMany(
                    f"{self._waiting_bytes / 2**20:.0f} MiB of spans wait for the store, and the limit is"
                    f" {self._limit // 2**20} MiB; send again in a moment"
                )
            self._waiting.append((rows, future))
            self._waiting_bytes += len(rows.text)
            self._change.notify()
        return future

    def close(self, timeout_s: float = 30.0) -> None:
        """Store or spool everything that waits, then end."""
        with self._change:
            self._closing.set()
            self._change.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)

    def _next_group(self) -> list[tuple[Rows, Future[Outcome]]]:
        """What waits, up to a block's size; empty only when the writer is closed and all is written."""
        with self._change:
            while not self._waiting and not self._closing.is_set():
                self._change.wait()
            self._linger()
            group: list[tuple[Rows, Future[Outcome]]] = []
            size = 0
            while self._waiting and (not group or size + len(self._waiting[0][0].text) <= BLOCK_LIMIT_MIB * 2**20):
                entry = self._waiting.popleft()
                group.append(entry)
                size += len(entry[0].text)
            self._waiting_bytes -= size
            QUEUED.set(self._waiting_bytes)
        return group

    def _linger(self) -> None:
        """Wait a moment for those who were answered together and send together again: fewer, larger blocks."""
        until = time.monotonic() + LINGER_S
        while not self._closing.is_set() and self._waiting_bytes < _WORTH_A_BLOCK:
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            self._change.wait(left_s)

    def _write_groups(self) -> None:
        while group := self._next_group():
            try:
                self._write(group)
            except Exception as fault:  # the outer loop: it must outlive any fault, and tells those who wait
                log.exception("a group of %s requests could not be written", len(group))
                for _, future in group:
                    if not future.done():
                        future.set_exception(StoreAway(f"the rows could not be written: {fault}"))

    def _write(self, group: list[tuple[Rows, Future[Outcome]]]) -> None:
        entries = [rows for rows, _ in group]
        if time.monotonic() < self._away_until:
            self._set_aside(group)
            return
        try:
            outcomes = insert_all(self._store, entries)
        except StoreError as fault:
            log.warning("the store took no block of %s requests, they go to the spool: %s", len(group), fault)
            self._away_until = time.monotonic() + _TRY_AGAIN_S
            self._set_aside(group)
            return
        BLOCKS.inc()
        for (rows, future), refused in zip(group, outcomes, strict=True):
            if refused is None:
                WRITTEN.labels(rows.table).inc(rows.count)
                future.set_result("stored")
            else:
                REFUSED.labels(rows.table).inc(rows.count)
                future.set_exception(BadRequest(f"the store cannot take these rows: {refused}"))

    def _set_aside(self, group: list[tuple[Rows, Future[Outcome]]]) -> None:
        try:
            self._spool.put([rows for rows, _ in group])
        except StoreAway as fault:
            for _, future in group:
                future.set_exception(fault)
            return
        for rows, future in group:
            SPOOLED.labels(rows.table).inc(rows.count)
            future.set_result("spooled")

    def _replay_spool(self) -> None:
        pause_s = 0.0
        while not self._closing.wait(pause_s):
            pause_s = max(pause_s, REPLAY_EVERY_S)
            try:
                SPOOL_SIZE.set(self._spool.size())
                if self._spool.waiting():
                    pause_s = REPLAY_EVERY_S if self._replay() else min(_LONGEST_PAUSE_S, pause_s * 2)
            except Exception:
                log.exception("the spool could not be replayed; it is tried again")
                pause_s = _LONGEST_PAUSE_S

    def _replay(self) -> bool:
        """Bring in all groups; false when the store is still away."""
        with self._spool.replaying() as mine:
            if not mine:
                return True
            for path in self._spool.waiting():
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
