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


TOUCHED: Final = Query(
    "wire_parts_touched",
    """
    SELECT project_id, api, trace_id, if(trace_id = '', item_id, '') AS item_id,
        toInt64(max(toUnixTimestamp64Micro(stored_at))) AS last_stored
    FROM wire_part
    WHERE stored_at > fromUnixTimestamp64Micro({since:Int64})
    GROUP BY project_id, api, trace_id, item_id
    ORDER BY last_stored LIMIT {limit:UInt32}
    """,
    Touched,
    scope="installation",
)
"""Traces that parts came for since a moment, the earliest first."""

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
          AND stored_at <= fromUnixTimestamp64Micro({until:Int64}) AND trace_id != '' AND kind != 'log'
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
    WHERE project_id = {project_id:UInt32} AND api = {api:String} AND trace_id = {trace_id:String}
    UNION ALL
    SELECT trace_id, item_id, kind, sent_at, body
    FROM wire_part FINAL
    WHERE project_id = {project_id:UInt32} AND api = {api:String} AND trace_id = ''
      AND item_id IN (
        SELECT item_id FROM wire_part
        WHERE project_id = {project_id:UInt32} AND api = {api:String} AND trace_id = {trace_id:String}
      )
    """,
    StoredPart,
)
"""All that was told of a trace."""


def part_rows(project_id: int, parts: Sequence[WirePart]) -> Rows:
    """Encode parts of one project.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate, which UTF-8 has no bytes for.
    """
    lines = [msgspec.json.encode((project_id, *msgspec.structs.astuple(part))) for part in parts]
    return Rows("wire_part", _COLUMNS, b"\n".join([*lines, b""]), len(parts))
