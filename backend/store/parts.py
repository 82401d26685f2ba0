"""Parts of spans on their way to the store, and back out of it as whole traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from backend.store.query import Query
from backend.store.rows import Rows
from backend.telemetry.part import WirePart

_COLUMNS: Final = ("project_id", *WirePart.__struct_fields__)


@dataclass(frozen=True, slots=True)
class Touched:
    """A trace of which something new was told.

    Attributes:
        last_stored: microseconds since 1970 by the store's clock.
    """

    project_id: int
    api: str
    trace_id: str
    item_id: str
    last_stored: int


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as it is kept."""

    trace_id: str
    item_id: str
    kind: str
    sent_at: int
    body: str


@dataclass(frozen=True, slots=True)
class ProjectId:
    """A project by its number."""

    project_id: int


@dataclass(frozen=True, slots=True)
class TraceId:
    """A trace by its name."""

    trace_id: str


TOUCHED: Final = Query(
    "wire_parts_touched",
    """
    SELECT project_id, api, trace_id, if(trace_id = '', item_id, '') AS item_id,
        toInt64(max(toUnixTimestamp64Micro(stored_at))) AS last_stored
    FROM wire_part
    WHERE stored_at > fromUnixTimestamp64Micro({since:Int64})
      AND (api != {rare:String} OR project_id IN {rare_in:Array(UInt32)})
    GROUP BY project_id, api, trace_id, item_id
    ORDER BY last_stored LIMIT {limit:UInt32}
    """,
    Touched,
    scope="installation",
)
"""Traces that parts came for since a moment, the earliest first; of one API in some projects only."""

TELLING: Final = Query(
    "wire_projects_telling",
    "SELECT project_id FROM wire_part WHERE api = {api:String} GROUP BY project_id",
    ProjectId,
    scope="installation",
)
"""Projects that an API told anything in, of late."""

UNBEGUN: Final = Query(
    "wire_parts_unbegun",
    """
    SELECT project_id, api, trace_id, '' AS item_id, last_stored FROM (
        SELECT project_id, api, trace_id, item_id, kind,
            toInt64(max(toUnixTimestamp64Micro(stored_at))) AS last_stored,
            countIf(part_id = 'assay.start_time' OR JSONExtractRaw(body, 'start_time') NOT IN ('', 'null', '""')
                OR JSONExtractRaw(body, 'startTime') NOT IN ('', 'null', '""')
                OR (api = 'langfuse' AND JSONExtractRaw(body, 'timestamp') NOT IN ('', 'null', '""'))) AS told
        FROM wire_part
        WHERE stored_at > fromUnixTimestamp64Micro({since:Int64})
          AND stored_at <= fromUnixTimestamp64Micro({until:Int64}) AND trace_id != '' AND NOT startsWith(api, 'otlp')
        GROUP BY project_id, api, trace_id, item_id, kind
        HAVING told = 0
    )
    ORDER BY last_stored LIMIT {limit:UInt32}
    """,
    Touched,
    limits="worker",
    scope="installation",
)
"""Traces with steps of which messages of a time range tell no beginning; older or later ones may."""

TRACE_OF: Final = Query(
    "wire_trace_of_item",
    """
    SELECT project_id, api, trace_id, item_id, toInt64(max(toUnixTimestamp64Micro(stored_at))) AS last_stored
    FROM wire_part
    WHERE project_id = {project_id:UInt32} AND api = {api:String} AND item_id = {item_id:String} AND trace_id != ''
    GROUP BY project_id, api, trace_id, item_id
    """,
    Touched,
)
"""Which trace an item belongs to that some part named without its trace."""

PARTS: Final = Query(
    "wire_parts",
    """
    SELECT trace_id, item_id, kind, sent_at, body
    FROM wire_part FINAL
    WHERE project_id = {project_id:UInt32} AND api IN {apis:Array(String)} AND trace_id IN {traces:Array(String)}
    UNION ALL
    SELECT trace_id, item_id, kind, sent_at, body
    FROM wire_part FINAL
    WHERE project_id = {project_id:UInt32} AND api IN {apis:Array(String)} AND trace_id = ''
      AND item_id IN (
        SELECT item_id FROM wire_part
        WHERE project_id = {project_id:UInt32} AND api IN {apis:Array(String)} AND trace_id IN {traces:Array(String)}
      )
    """,
    StoredPart,
)
"""All that was told of some traces; a part that does not say its trace has an item that another part places."""

WITH_PARTS: Final = Query(
    "wire_traces_with_parts",
    """
    SELECT trace_id FROM wire_part
    WHERE project_id = {project_id:UInt32} AND api = {api:String} AND trace_id IN {traces:Array(String)}
    GROUP BY trace_id
    """,
    TraceId,
)
"""Those of some traces that an API told anything of."""


def part_rows(project_id: int, parts: Sequence[WirePart]) -> Rows:
    """Encode parts of one project.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate, which UTF-8 has no bytes for.
    """
    lines = [msgspec.json.encode((project_id, *msgspec.structs.astuple(part))) for part in parts]
    return Rows("wire_part", _COLUMNS, b"\n".join([*lines, b""]), len(parts))
