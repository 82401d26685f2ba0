"""Spans made of parts: all that was told of a trace, in whichever order it came, each time more is told.

Design: docs/decisions, "Spans from parts".
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from backend.errors import AssayError, StoreError
from backend.sensitive.policy import AS_SENT, Policy
from backend.store.client import Store
from backend.store.inserter import Outcome
from backend.store.parts import UNBEGUN, StoredPart, Touched, part_rows
from backend.store.rows import span_rows
from backend.store.writer import Writer
from backend.telemetry.span import Span
from ingest import counters, steps
from ingest.mapping.values import from_json
from ingest.prices.table import Price
from ingest.redaction.redacting import FAILED, redacted_spans
from ingest.twins import counted_once
from ingest.wire import langfuse, langsmith, mlflow, opik, otlp_content, timeless
from ingest.wire.gathering import Gathering, Trace
from ingest.wire.late import GRACE_S, as_stored, stand_ins
from ingest.wire.placing import Placing

log = logging.getLogger(__name__)

Items = dict[tuple[str, str], dict[str, Any]]
READERS: Final[dict[str, Callable[[str, Items], list[Span]]]] = {
    "langfuse": langfuse.spans,
    "langsmith": langsmith.spans,
    "mlflow": mlflow.spans,
    "opik": opik.spans,
    otlp_content.API: otlp_content.spans,
    timeless.API: timeless.spans,
}

EVERY_S: Final = 0.5
LATE_EVERY_S: Final = 5.0
OVERLAP_US: Final = 5_000_000
"""Blocks become visible a little later than their time says; what was seen already is not done again."""

_MOST_TRACES = 20_000
_TOGETHER = 100
_LONGEST_PAUSE_S = 10.0


class Merger:
    """Follows new parts and stores the spans of their traces; one process of an installation at a time."""

    def __init__(
        self,
        store: Store,
        writer: Writer,
        folder: Path,
        *,
        grace_s: float = GRACE_S,
        prices: Callable[[int], Sequence[Price]] = lambda _: (),
        policies: Callable[[int], Policy] = lambda _: AS_SENT,
    ) -> None:
        """Remember where to read and write.

        Args:
            store: where parts are.
            writer: takes the spans.
            folder: keeps how far this installation is.
            grace_s: how long the beginning of a step is waited for.
            prices: gives those that a project set for itself.
            policies: tells what of a project's telemetry may be stored now, whatever held when its parts came.
        """
        self._prices, self._policies = prices, policies
        self._store, self._writer, self._folder = store, writer, folder
        self._grace_s, self._late_at = grace_s, 0.0
        self._placing = Placing(store, writer)
        self._gathering = Gathering(store)
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
        """Merge all traces that something new was told of, and those whose beginning was waited for long enough.

        Returns:
            How many spans were stored.

        Raises:
            StoreError: the store is away; the same traces are merged again.
        """
        with self._alone() as mine:
            if not mine:
                return 0
            cursor = self._cursor("cursor")
            touched = self._gathering.touched(since=cursor - OVERLAP_US, limit=_MOST_TRACES)
            fresh = [one for one in touched if self._seen.get(_key(one)) != one.last_stored]
            stored = self._merge(self._gathering.traces(fresh))
            if touched:
                self._move(touched, cursor)
            stored += self._run_late()
            self._placing.run_when_due()
            return stored

    def _run_late(self) -> int:
        """Merge traces with steps whose beginning nobody told."""
        now = time.monotonic()
        if now < self._late_at:
            return 0
        self._late_at = now + min(LATE_EVERY_S, self._grace_s)
        since = self._cursor("late")
        until = time.time_ns() // 1000 - int(self._grace_s * 1e6)
        if until <= since:
            return 0
        touched = self._store.fetch(UNBEGUN, since=since - OVERLAP_US, until=until, limit=_MOST_TRACES)
        stored = self._merge(self._gathering.traces(touched), late=True)
        self._mark("late", touched[-1].last_stored if len(touched) == _MOST_TRACES else until)
        return stored

    def _merge(self, traces: list[Trace], *, late: bool = False) -> int:
        """Store the spans of traces; many share a block, so that a backlog does not wait for an insert a trace."""
        stored = 0
        for first in range(0, len(traces), _TOGETHER):
            told = self._gathering.told(traces[first : first + _TOGETHER])
            made = [(trace, self._made(trace, parts, late=late)) for trace, parts in told.items()]
            waiting = [
                (trace, spans, self._writer.submit(span_rows(trace[0], spans))) for trace, spans in made if spans
            ]
            for (project_id, api, _), spans, future in waiting:
                count = self._stored(project_id, api, spans, future)
                counters.MERGED.labels(api).inc(count)
                stored += count
        return stored

    def _made(self, trace: Trace, parts: list[StoredPart], *, late: bool) -> list[Span]:
        project_id, api, trace_id = trace
        if late:
            found = stand_ins(api, trace_id, merged(parts), parts)
            if not found:
                return []
            self._writer.submit(part_rows(project_id, found)).result(60)
            parts += [as_stored(part) for part in found]
        return _spans(api, trace_id, parts, self._prices(project_id), self._policies(project_id))

    def _stored(self, project_id: int, api: str, spans: list[Span], future: Future[Outcome]) -> int:
        """Wait for spans; where the store finds fault with them, store each by itself, so that one costs no others."""
        try:
            future.result(60)
        except StoreError:
            raise
        except AssayError as fault:
            if len(spans) > 1:
                alone = [([span], self._writer.submit(span_rows(project_id, [span]))) for span in spans]
                return sum(self._stored(project_id, api, one, its) for one, its in alone)
            log.error("a span of %s cannot be stored: %s", api, fault)
            counters.REFUSED.labels(api, "that the store cannot read").inc()
            return 0
        return len(spans)

    def _move(self, touched: list[Touched], cursor: int) -> None:
        last = touched[-1].last_stored
        full = len(touched) == _MOST_TRACES
        after = max(cursor, last + OVERLAP_US if full else last)
        self._seen = {_key(one): one.last_stored for one in touched if one.last_stored > after - OVERLAP_US}
        if after != cursor:
            self._mark("cursor", after)

    def _mark(self, name: str, moment: int) -> None:
        draft = self._folder / f"{name}.draft"
        draft.write_text(str(moment))
        draft.rename(self._folder / name)

    def _cursor(self, name: str) -> int:
        """Microseconds; a lost file means that all is merged once more, which changes nothing."""
        try:
            return int((self._folder / name).read_text())
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


def merged_at_once(merger: Merger) -> int:
    """Merge until nothing new is told, for who cannot wait for the server to do it; 0 where a server is at it.

    Returns:
        How many spans were stored.
    """
    stored = 0
    while found := merger.run():
        stored += found
    return stored


def _key(one: Touched) -> tuple[int, str, str, str]:
    return one.project_id, one.api, one.trace_id, one.item_id


def _spans(api: str, trace_id: str, parts: list[StoredPart], own: Sequence[Price], policy: Policy) -> list[Span]:
    """What was told of a trace as spans that can be kept; what cannot is counted."""
    reader = READERS.get(api)
    if reader is None:
        log.error("parts of the unknown API %s stay where they are", api)
        return []
    try:
        spans, refused = steps.run(counted_once(reader(trace_id, merged(parts))), own)
        spans, failed = redacted_spans(spans, policy)
    except Exception:
        log.exception("a trace of %s cannot be read; others go on", api)
        counters.REFUSED.labels(api, "of a trace that cannot be read").inc(len({part.item_id for part in parts}))
        return []
    for reason, count in [*refused, *([(FAILED, failed)] if failed else [])]:
        log.warning("%s spans of a trace of %s were refused: %s", count, api, reason)
        counters.REFUSED.labels(api, reason).inc(count)
    return spans


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
