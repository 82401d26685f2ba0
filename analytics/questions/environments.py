"""Which environments a project's telemetry names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.scope import nanoseconds
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class _Environment:
    environment: str
    spans: int


# No FINAL: a span that was sent twice names the same environment.
_ENVIRONMENTS: Final = Query(
    "environments",
    """
    SELECT environment, count() AS spans FROM span_preview
    WHERE project_id = {project_id:UInt32} AND start_time >= fromUnixTimestamp64Nano({start:Int64})
      AND environment != ''
    GROUP BY environment ORDER BY spans DESC, environment LIMIT 50
    """,
    _Environment,
)


def environments(project_id: int, since: datetime) -> list[str]:
    """Names by number of spans since a moment, at most 50."""
    rows = store().fetch(_ENVIRONMENTS, project_id=project_id, start=nanoseconds(since))
    return [row.environment for row in rows]
