"""Spans made of parts: all that was told of a trace, in whichever order it came, each time more is told.

Design: docs/decisions, "Spans from parts".
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from backend.errors import AssayError, StoreError
from backend.store.client import Store
from backend.store.parts import PARTS, TOUCHED, TRACE_OF, StoredPart, Touched
from backend.store.rows import span_rows
from backend.store.writer import Writer
from backend.telemetry.span import Span
from ingest import steps
from ingest.mapping.values import from_json
from ingest.wire import langfuse, langsmith, opik

log = logging.getLogger(__name__)

Items = dict[tuple[str, str], dict[str, Any]]
READERS: Final[dict[str, Callable[[str, Items], list[Span]]]] = {
    "langfuse": langfuse.spans,
    "langsmith": langsmith.spans,
    "opik": opik.spans,
}

EVERY_S: Final = 0.5
OVERLAP_US: Final = 5_000_000
"""Blocks become visible a little later than their time says; what was seen already is not done again."""

_MOST_TRACES = 20_000
_LONGEST_PAUSE_S = 10.0


class Merger:
    """Follows new parts and stores the spans of their traces; one process of an installation at a time."""

    def __init__(self, store: Store, writer: Writer, folder: Path) -> None:
        """Remember where to read and write.

        Args:
            store: where parts are.
            writer: takes the spans.
            folder: keeps how far this installation is.
        """
        self._store, self._writer, self._folder = store, writer, folder
        self._seen: dict[tuple[int, str, str, str], int] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="merger", daemon=True)

    def start(self) -> Merger:
        """Begin to follow."""
        self._thread.start()
        return self

    def close(self) -> None:
        """End; what was not merged is merged at the next start."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def run(self) -> int:
        """Merge all traces that something new was told of.

        Returns:
            How many spans were stored.

        Raises:
            StoreError: the store is away; the same traces are merged again.
        """
        with self._alone() as mine:
            if not mine:
                return 0
            cursor = self._cursor()
            touched = self._store.fetch(TOUCHED, since=cursor - OVERLAP_US, limit=_MOST_TRACES)
            fresh = [one for one in touched if self._seen.get(_key(one)) != one.last_stored]
            stored = sum(self._merge(trace) for trace in self._traces(fresh))
            if touched:
                self._move(touched, cursor)
            return stored

    def _traces(self, touched: Iterable[Touched]) -> list[tuple[int, str, str]]:
        found: dict[tuple[int, str, str], None] = {}
        for one in touched:
            if one.trace_id:
                found[one.project_id, one.api, one.trace_id] = None
                continue
            for other in self._store.fetch(TRACE_OF, project_id=one.project_id, api=one.api, item_id=one.item_id):
                found[other.project_id, other.api, other.trace_id] = None
        return list(found)

    def _merge(self, trace: tuple[int, str, str]) -> int:
        project_id, api, trace_id = trace
        reader = READERS.get(api)
        if reader is None:
            log.error("parts of the unknown API %s stay where they are", api)
            return 0
        parts = self._store.fetch(PARTS, project_id=project_id, api=api, trace_id=trace_id)
        spans, refused = steps.run(reader(trace_id, merged(parts)))
        if refused:
            log.warning("spans of a trace of %s were refused: %s", api, refused)
        try:
            self._writer.submit(span_rows(project_id, spans)).result(60)
        except StoreError:
            raise
        except AssayError as fault:  # these spans' own fault: others must not wait behind them
            log.error("the spans of a trace of %s cannot be stored: %s", api, fault)
        return len(spans)

    def _move(self, touched: list[Touched], cursor: int) -> None:
        last = touched[-1].last_stored
        full = len(touched) == _MOST_TRACES
        after = max(cursor, last + OVERLAP_US if full else last)
        self._seen = {_key(one): one.last_stored for one in touched if one.last_stored > after - OVERLAP_US}
        if after != cursor:
            draft = self._folder / "cursor.draft"
            draft.write_text(str(after))
            draft.rename(self._folder / "cursor")

    def _cursor(self) -> int:
        """Microseconds; a lost file means that all is merged once more, which changes nothing."""
        try:
            return int((self._folder / "cursor").read_text())
        except (FileNotFoundError, ValueError):
            return OVERLAP_US

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "merge.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _follow(self) -> None:
        pause_s = EVERY_S
        while not self._closing.wait(pause_s):
            try:
                self.run()
                pause_s = EVERY_S
            except Exception:
                log.exception("parts could not be merged; it is tried again")
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)


def _key(one: Touched) -> tuple[int, str, str, str]:
    return one.project_id, one.api, one.trace_id, one.item_id


def merged(parts: Iterable[StoredPart]) -> Items:
    """Lay messages over each other by their time: what says something wins over what is empty, later over earlier.

    >>> early = StoredPart("t", "i", "span", 1, '{"name": "a", "output": {}}')
    >>> late = StoredPart("t", "i", "span", 2, '{"name": null, "output": "b"}')
    >>> merged([late, early])
    {('span', 'i'): {'name': 'a', 'output': 'b'}}
    """
    items: Items = {}
    for part in sorted(parts, key=lambda part: (part.sent_at, part.body)):
        told = from_json(part.body)
        _lay_over(items.setdefault((part.kind, part.item_id), {}), told)
    return items


def _lay_over(under: dict[str, Any], told: dict[str, Any]) -> None:
    for name, value in told.items():
        if value is None or (value in ("", [], {}) and under.get(name) is not None):
            continue
        if name in {"metadata", "extra"} and isinstance(value, dict) and isinstance(under.get(name), dict):
            _lay_over(under[name], value)
        else:
            under[name] = value
