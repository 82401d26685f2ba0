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
from backend.projects.attachments_unused import FIELDS
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


@dataclass(frozen=True, slots=True)
class Referred:
    """One span of a trace and what it refers to.

    Attributes:
        found: the name of the field, a blank and the reference, in the order of the fields.
    """

    span_id: str
    found: list[str]


MOST_SPANS: Final = 1_000
"""Spans with attachments of one trace that are listed."""
MOST_OF_FIELD: Final = 500
"""References of one field that are listed."""


def _in_field(name: str, texts: str) -> str:
    found = f"arraySlice(extractAll({texts}, {{pattern:String}}), 1, {MOST_OF_FIELD})"
    return f"arrayMap(one -> concat('{name} ', one), {found})"


_IN_TABLES: Final = "arrayStringConcat(arrayConcat(mapValues(attributes), mapValues(resource_attributes)), '\\n')"
_REFERRED: Final = Query(
    "attachments_of_trace",
    fill(
        """
SELECT span_id, arrayConcat(@found) AS found
FROM span AS s
WHERE @project AND s.start_time >= fromUnixTimestamp64Nano({first:Int64})
  AND s.start_time <= fromUnixTimestamp64Nano({last:Int64}) AND trace_id = {trace_id:String}
  AND ({span_id:String} = '' AND arrayExists(text -> multiSearchAny(text, ['attachment:', 'langfuseMedia:type=']),
      [@texts]) OR {span_id:String} != '' AND span_id = {span_id:String})
ORDER BY stored_at DESC
LIMIT 1 BY span_id
LIMIT @most
""",
        found=", ".join([*(_in_field(name, name) for name in FIELDS), _in_field("attributes", _IN_TABLES)]),
        texts=", ".join([*FIELDS, _IN_TABLES]),
        most=str(MOST_SPANS),
    ),
    Referred,
)


def referred(project_id: int, trace_id: str, span_id: str = "") -> list[Referred] | None:
    """Which attachments a trace refers to, span by span; None where it, or the span that is asked for, is not stored.

    Args:
        project_id: of the project.
        trace_id: of the trace.
        span_id: the only span that is looked at; all where it is empty, without those that refer to none.
    """
    times = store().fetch(TRACE_TIMES, project_id=project_id, ids=[trace_id])
    if not times:
        return None
    asked = {"trace_id": trace_id, "span_id": span_id, "first": times[0].first, "last": times[0].last}
    rows = store().fetch(_REFERRED, project_id=project_id, **asked, pattern=PATTERN)
    return None if span_id and not rows else sorted(rows, key=lambda row: row.span_id)


def _may_have(project_id: int) -> bool:
    return shelf().has_any(project_id)
