"""Which attachments stand in what was asked and answered, without reading the messages around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.sql import fill
from analytics.questions.traces import TRACE_TIMES
from backend.attachments.place import shelf
from backend.attachments.reference import PATTERN
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class Attached:
    """References of one span.

    Attributes:
        asked: in the last message of the user.
        answered: in the output.
    """

    trace_id: str
    start_time: datetime
    asked: list[str]
    answered: list[str]


_ATTACHED: Final = Query(
    "attached",
    fill(
        """
SELECT trace_id, start_time,
    extractAll(arrayLast(m -> JSONExtractString(m, 'role') = 'user', JSONExtractArrayRaw(input_messages)),
        {pattern:String}) AS asked,
    extractAll(output_messages, {pattern:String}) AS answered
FROM span AS s
WHERE @project AND s.start_time >= fromUnixTimestamp64Nano({first:Int64})
  AND s.start_time <= fromUnixTimestamp64Nano({last:Int64}) AND trace_id IN {ids:Array(String)}
  AND (multiSearchAny(input_messages, ['attachment:', 'langfuseMedia:type='])
    OR multiSearchAny(output_messages, ['attachment:', 'langfuseMedia:type=']))
ORDER BY stored_at DESC
LIMIT 1 BY trace_id, span_id
LIMIT 1000
"""
    ),
    Attached,
)


def attached(project_id: int, trace_ids: Sequence[str]) -> list[Attached]:
    """Spans of traces that ran near each other, in the order they began; those without attachments are left out.

    Args:
        project_id: of the project.
        trace_ids: of the traces.
    """
    times = store().fetch(TRACE_TIMES, project_id=project_id, ids=list(trace_ids)) if _may_have(project_id) else []
    if not times:
        return []
    first, last = min(one.first for one in times), max(one.last for one in times)
    key = {"project_id": project_id, "ids": list(trace_ids), "first": first, "last": last}
    return sorted(store().fetch(_ATTACHED, **key, pattern=PATTERN), key=lambda row: row.start_time)


def _may_have(project_id: int) -> bool:
    return shelf().has_any(project_id)
