"""What of a trace was masked or left out before it was stored, as its spans tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from analytics.questions.sql import fill
from analytics.questions.traces import TRACE_TIMES
from backend.sensitive.tokens import Masked, counted
from backend.store.connection import store
from backend.store.query import Query
from backend.telemetry import semconv


@dataclass(frozen=True, slots=True)
class _Row:
    masked: str
    dropped: str


@dataclass(frozen=True, slots=True)
class Redactions:
    """Of one trace.

    Attributes:
        masked: by the word of its tokens, how many different values were masked.
        dropped: whether messages, documents, arguments and results were left out.
    """

    masked: dict[str, int]
    dropped: bool


_REDACTIONS: Final = Query(
    "redactions_of_trace",
    fill(
        """
SELECT attributes[{masked:String}] AS masked, attributes[{dropped:String}] AS dropped
FROM span FINAL
WHERE @project AND start_time >= fromUnixTimestamp64Nano({first:Int64})
  AND start_time <= fromUnixTimestamp64Nano({last:Int64}) AND trace_id = {trace_id:String}
  AND (masked != '' OR dropped != '')
LIMIT 2000
"""
    ),
    _Row,
)
_decoder: Final = msgspec.json.Decoder(Masked)


def redactions_of(project_id: int, trace_id: str) -> Redactions:
    """What was masked or left out of a trace."""
    times = store().fetch(TRACE_TIMES, project_id=project_id, ids=[trace_id])
    if not times:
        return Redactions({}, dropped=False)
    rows = store().fetch(
        _REDACTIONS,
        project_id=project_id,
        trace_id=trace_id,
        first=min(one.first for one in times),
        last=max(one.last for one in times),
        masked=semconv.ASSAY_MASKED,
        dropped=semconv.ASSAY_DROPPED,
    )
    return Redactions(counted(_read(row.masked) for row in rows), dropped=any(row.dropped for row in rows))


def _read(text: str) -> Masked:
    try:
        return _decoder.decode(text) if text else {}
    except msgspec.MsgspecError:  # a client wrote the attribute before the project had a policy
        return {}
