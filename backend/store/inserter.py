"""From safe to stored: groups of rows, on disk or in memory, go to the store in blocks, in their order."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from prometheus_client import Counter

from backend.errors import AssayError, BadRequest, StoreAway, StoreError
from backend.store.client import Store
from backend.store.rows import Rows, insert_all
from backend.store.spool import Spool

log = logging.getLogger(__name__)

Outcome = Literal["stored", "spooled"]

BLOCK_LIMIT_MIB: Final = 16
EVERY_S: Final = 0.9
"""Between the beginnings of two blocks while nobody waits for one; after a pause this long the next begins at once. An
insert costs the store 40 ms of CPU, be it of one span or of 800, and leaves a part to merge. This and the insert itself
bound how long a span that is safe stays invisible while others keep coming."""
LINGER_S: Final = 0.02
"""How long a block waits for more where somebody waits for it."""

_WORTH_A_BLOCK = 14 * 2**20
_TRY_AGAIN_S = 1.0
_LONGEST_PAUSE_S = 5.0

WRITTEN = Counter("assay_rows_written", "Rows that the store has taken.", ["table"])
REFUSED = Counter("assay_rows_refused", "Rows that the store refuses for what they hold.", ["table"])
BLOCKS = Counter("assay_blocks_written", "Blocks that the store has taken.")


@dataclass(slots=True)
class Group:
    """Rows that go to the store together.

    Attributes:
        entries: the rows; None where only the disk has them, to spare memory.
        size: bytes of the rows' text.
        path: their file in the spool; None where they are not on disk.
        futures: who waits until they are stored, one an entry; none where they were answered when they were safe.
        counted: its size is part of what memory is bounded by.
    """

    entries: list[Rows] | None
    size: int
    path: Path | None = None
    futures: list[Future[Outcome]] = field(default_factory=list)
    counted: bool = False


class Inserter:
    """One thread that stores groups in the order in which they were added."""

    def __init__(self, store: Store, spool: Spool, memory: int) -> None:
        """Remember where to; ``start`` begins.

        Args:
            store: where rows go.
            spool: where they are as long as the store does not have them.
            memory: bytes of rows on disk that are kept in memory as well.
        """
        self._store, self._spool, self._memory = store, spool, memory
        self._groups: deque[Group] = deque()
        self._change = threading.Condition()
        self._closing = False
        self._begun = 0.0
        self._pause_s = 0.0
        self._thread = threading.Thread(target=self._insert_blocks, name="inserter", daemon=True)
        self._queued = self._awaited = self._cached = 0
        self.held = 0
        """Bytes of rows in memory that are on no disk."""

    def start(self) -> None:
        """Begin to insert."""
        self._thread.start()

    def add(self, group: Group) -> None:
        """Queue a group."""
        with self._change:
            if group.path is None:
                self.held += group.size
            elif self._cached + group.size > self._memory:
                group.entries = None
            else:
                self._cached += group.size
            group.counted = group.entries is not None
            self._groups.append(group)
            self._queued += group.size
            self._awaited += bool(group.futures)
            self._change.notify()

    @property
    def is_away(self) -> bool:
        """Whether the store did not take the last block."""
        return self._pause_s > 0

    def close(self, timeout_s: float) -> None:
        """Store everything that was added, or leave it on disk where the store is away; then end."""
        with self._change:
            self._closing = True
            self._change.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _next_block(self) -> list[Group]:
        """Groups for one block; empty only when the inserter is closed and nothing is left."""
        with self._change:
            while not self._groups and not self._closing:
                self._change.wait()
            self._linger()
            self._begun = time.monotonic()
            block: list[Group] = []
            size = 0
            while self._groups and (not block or size + self._groups[0].size <= BLOCK_LIMIT_MIB * 2**20):
                block.append(self._groups.popleft())
                size += block[-1].size
                self._awaited -= bool(block[-1].futures)
            self._queued -= size
        return block

    def _linger(self) -> None:
        """Wait for more: longer, and so for larger blocks, where everybody has his answer already."""
        arrived = time.monotonic()
        while not self._closing:
            until = arrived + LINGER_S if self._awaited else self._begun + EVERY_S
            if self._pause_s:
                until = self._begun + self._pause_s
            elif self._queued >= _WORTH_A_BLOCK:
                return
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            self._change.wait(left_s)

    def _insert_blocks(self) -> None:
        while block := self._next_block():
            try:
                self._insert(block)
            except StoreError as fault:
                log.warning("the store took no block of %s groups: %s", len(block), fault)
                self._keep(block)
            except Exception:  # the outer loop: it must outlive any fault, and nothing that is on disk is given up
                log.exception("a block of %s groups could not be stored; it is tried again", len(block))
                self._keep(block)
            else:
                self._pause_s = 0.0

    def _insert(self, block: list[Group]) -> None:
        for group in block:
            if group.entries is None and group.path is not None:
                group.entries = self._spool.take(group.path)
        outcomes = iter(insert_all(self._store, [entry for group in block for entry in group.entries or ()]))
        BLOCKS.inc()
        for group in block:
            self._forget(group)
            for place, entry in enumerate(group.entries or ()):
                self._settle(entry, next(outcomes), group.futures[place] if group.futures else None)
            if group.path is not None:
                self._spool.done(group.path)

    def _settle(self, entry: Rows, refused: StoreError | None, future: Future[Outcome] | None) -> None:
        (REFUSED if refused else WRITTEN).labels(entry.table).inc(entry.count)
        if future is None:
            if refused:
                self._spool.refuse(entry, str(refused))
        elif future.done():  # a second try of a block of which the disk could not be told that it is stored
            return
        elif refused:
            future.set_exception(BadRequest(f"the store cannot take these rows: {refused}"))
        else:
            future.set_result("stored")

    def _keep(self, block: list[Group]) -> None:
        """Take a block back that the store did not take; who waits for it is answered once it is on disk."""
        self._pause_s = min(_LONGEST_PAUSE_S, max(_TRY_AGAIN_S, self._pause_s * 2))
        kept = []
        for group in block:
            self._forget(group)
            if group.path is None and not self._spooled(group):
                continue
            group.entries = None
            kept.append(group)
        with self._change:
            if not self._closing:  # else the next process finds them on disk
                self._groups.extendleft(reversed(kept))
                self._queued += sum(group.size for group in kept)

    def _spooled(self, group: Group) -> bool:
        try:
            group.path = self._spool.put(group.entries or [])
        except AssayError as fault:
            for future in group.futures:
                if not future.done():
                    future.set_exception(StoreAway(f"ClickHouse takes no rows, and {fault}"))
            return False
        for future in group.futures:
            if not future.done():
                future.set_result("spooled")
        group.futures = []
        return True

    def _forget(self, group: Group) -> None:
        """Take a group that leaves memory out of what memory is bounded by."""
        with self._change:
            if group.counted and group.path is None:
                self.held -= group.size
            elif group.counted:
                self._cached -= group.size
            group.counted = False
