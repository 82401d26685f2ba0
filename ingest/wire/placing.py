"""Scores that name a span and not its trace: the trace is found once the span is known, and written to the score."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import msgspec

from backend.store.client import Store
from backend.store.query import Query
from backend.store.scores import score_rows
from backend.store.writer import Writer
from backend.telemetry.score import Score

EVERY_S: Final = 5.0
WHOLE_EVERY_S: Final = 600.0
"""How often all that waits is looked for among all spans: a score out of the spool is older than it is known."""

OVERLAP_NS: Final = 10 * 10**9
"""Rows become visible a little later than their time says."""

DAYS: Final = 30
"""How long a span is waited for, and how old one may be."""

_MOST = 10_000
_DAY_NS = 24 * 3600 * 10**9


@dataclass(frozen=True, slots=True)
class _Waiting:
    project_id: int
    score_id: str
    name: str
    value: float | None
    label: str
    explanation: str
    source: str
    author: str
    span_id: str
    conversation_id: str
    time_ns: int
    version: int


@dataclass(frozen=True, slots=True)
class _Found:
    span_id: str
    trace_id: str


_WAITING: Final = Query(
    "scores_without_trace",
    """
    SELECT project_id, score_id, name, value, label, explanation, source, author, span_id, conversation_id,
        toInt64(toUnixTimestamp64Nano(time)) AS time_ns, version
    FROM score FINAL
    WHERE trace_id = '' AND span_id != '' AND is_deleted = 0 AND version > {since:UInt64}
    ORDER BY version DESC LIMIT {limit:UInt32}
    """,
    _Waiting,
    limits="worker",
    scope="installation",
)
_SPANS: Final = Query(
    "traces_of_spans",
    """
    SELECT span_id, any(trace_id) AS trace_id FROM span_preview
    WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64})
      AND stored_at >= fromUnixTimestamp64Nano({stored:Int64}) AND span_id IN {ids:Array(String)}
    GROUP BY span_id
    """,
    _Found,
    limits="worker",
)


class Placing:
    """Follows scores that wait for their span."""

    def __init__(self, store: Store, writer: Writer, *, overlap_ns: int = OVERLAP_NS) -> None:
        """Remember where to read and write.

        Args:
            store: where scores and spans are.
            writer: takes the scores.
            overlap_ns: how much of the time before the last look is looked at again.
        """
        self._overlap_ns = overlap_ns
        self._store, self._writer = store, writer
        self._looked_ns = 0
        self._due = self._whole_at = 0.0

    def run_when_due(self) -> int:
        """Place what can be placed, at most every few seconds; see ``run``."""
        now = time.monotonic()
        if now < self._due:
            return 0
        self._due = now + EVERY_S
        return self.run()

    def run(self) -> int:
        """Write the trace to every waiting score whose span is known.

        A score that is new is looked for among all spans; one that waits, among those that came since the last look.

        Returns:
            How many scores were placed.

        Raises:
            StoreError: the store is away; the same scores are looked at again.
        """
        now = time.time_ns()
        if time.monotonic() >= self._whole_at:
            self._whole_at, self._looked_ns = time.monotonic() + WHOLE_EVERY_S, 0
        last, start = self._looked_ns, now - DAYS * _DAY_NS
        waiting = self._store.fetch(_WAITING, since=start, limit=_MOST)
        placed = 0
        for project_id in {one.project_id for one in waiting}:
            mine = [one for one in waiting if one.project_id == project_id]
            fresh = [one for one in mine if one.version > last - self._overlap_ns]
            older = [one for one in mine if one.version <= last - self._overlap_ns]
            placed += self._place(project_id, fresh, start, 0)
            placed += self._place(project_id, older, start, last - self._overlap_ns)
        self._looked_ns = now
        return placed

    def _place(self, project_id: int, waiting: list[_Waiting], start: int, stored: int) -> int:
        if not waiting:
            return 0
        ids = sorted({one.span_id for one in waiting})
        rows = self._store.fetch(_SPANS, project_id=project_id, start=start, stored=stored, ids=ids)
        traces = {row.span_id: row.trace_id for row in rows}
        scores = [_score(one, traces[one.span_id]) for one in waiting if one.span_id in traces]
        if scores:
            self._writer.submit(score_rows(project_id, scores)).result(60)
        return len(scores)


def _score(one: _Waiting, trace_id: str) -> Score:
    told = {name: getattr(one, name) for name in Score.__struct_fields__ if hasattr(one, name)}
    return msgspec.convert({**told, "trace_id": trace_id, "time": one.time_ns}, Score)
