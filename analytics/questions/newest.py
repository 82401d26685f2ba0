"""The newest trace of a project: what set-up waits for and the palette lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.scope import nanoseconds
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class NewTrace:
    """A trace and when its newest span was stored."""

    trace_id: str
    name: str
    stored_at: datetime


_NEWEST: Final = Query(
    "newest_traces",
    """
    SELECT trace_id, argMin(s.name, s.start_time) AS name, max(s.stored_at) AS stored_at FROM span_preview AS s
    WHERE project_id = {project_id:UInt32} AND s.start_time >= fromUnixTimestamp64Nano({start:Int64})
      AND s.stored_at > fromUnixTimestamp64Nano({since:Int64})
    GROUP BY trace_id ORDER BY stored_at DESC LIMIT {limit:UInt32}
    """,
    NewTrace,
)


def newest_traces(project_id: int, *, start: datetime, since: datetime, limit: int = 5) -> list[NewTrace]:
    """Traces that began after ``start`` and were stored after ``since``, newest first."""
    return store().fetch(
        _NEWEST, project_id=project_id, start=nanoseconds(start), since=nanoseconds(since), limit=limit
    )
