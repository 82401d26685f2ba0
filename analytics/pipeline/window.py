"""Which traces changed: a stage follows the moment rows were stored, in windows, and never skips one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from analytics.questions.scope import moment_of, nanoseconds
from analytics.questions.sql import fill
from backend.jobs.models import Stage
from backend.store.connection import store
from backend.store.query import Query

OVERLAP: Final = timedelta(seconds=10)
"""How long a group of rows may be on its way: its moment is set when ClickHouse takes it, it is seen when committed."""

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in what was stored: all before ``moment``, and of it the traces up to ``cursor``."""

    moment: datetime
    cursor: str = ""

    @classmethod
    def of(cls, stage: Stage) -> Place:
        """How far a stage has come."""
        return cls(stage.position or BEGINNING, stage.cursor)

    @property
    def text(self) -> str:
        """Names the place in ``Run.counts``."""
        return f"{self.moment.isoformat()} {self.cursor}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A trace with rows after a place.

    Attributes:
        first: microsecond-exact nanoseconds of the first such row.
        last: of the last.
        rows: how many; with ``last`` it tells whether more came since.
    """

    trace_id: str
    first: int
    last: int
    rows: int

    @property
    def place(self) -> Place:
        """Where it stands in what was stored."""
        return Place(moment_of(self.first), self.trace_id)


@dataclass(frozen=True, slots=True)
class _Clock:
    now: int


@dataclass(frozen=True, slots=True)
class _Newest:
    """The last row of a project."""

    project_id: int
    last: int


_CLOCK: Final = Query("clock", "SELECT toUnixTimestamp64Micro(now64(6)) AS now", _Clock, "worker", "installation")

_CHANGED: Final = Query(
    "changed_traces",
    fill("""
SELECT trace_id, toUnixTimestamp64Micro(min(stored_at)) * 1000 AS first,
       toUnixTimestamp64Micro(max(stored_at)) * 1000 AS last, count() AS rows
FROM span_preview
WHERE @project AND stored_at >= fromUnixTimestamp64Micro({position:Int64})
  AND (stored_at > fromUnixTimestamp64Micro({position:Int64}) OR trace_id > {cursor:String})
GROUP BY trace_id
HAVING (min(stored_at), trace_id) <= (fromUnixTimestamp64Micro({until:Int64}), {until_cursor:String})
ORDER BY first, trace_id
LIMIT {limit:UInt32}
"""),
    Changed,
    "worker",
)

_NEWEST: Final = Query(
    "newest_rows",
    """
SELECT project_id, toUnixTimestamp64Micro(max(stored_at)) * 1000 AS last
FROM span_preview WHERE stored_at >= fromUnixTimestamp64Micro({since:Int64})
GROUP BY project_id
""",
    _Newest,
    "worker",
    "installation",
)


def clock() -> datetime:
    """The engine's own time, which ``stored_at`` is in."""
    return moment_of(store().fetch(_CLOCK)[0].now * 1000)


def changed(project_id: int, after: Place, until: Place, limit: int) -> list[Changed]:
    """Traces with rows after one place whose first such row is not after the other, in that order."""
    return store().fetch(
        _CHANGED,
        project_id=project_id,
        position=nanoseconds(after.moment) // 1000,
        cursor=after.cursor,
        until=nanoseconds(until.moment) // 1000,
        until_cursor=until.cursor,
        limit=limit,
    )


def newest(since: datetime) -> dict[int, datetime]:
    """When the last row of each project was stored that stored any since then."""
    rows = store().fetch(_NEWEST, since=nanoseconds(since) // 1000)
    return {row.project_id: moment_of(row.last) for row in rows}
