"""Flags of a range, newest first, page by page."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from backend.errors import BadRequest
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class ListedFlag:
    """A detector's finding about a turn.

    Attributes:
        confidence: how sure, 0 to 1.
        evidence: JSON of the words it rests on.
        turn_time: when the turn began.
    """

    flag_id: str
    detector: str
    detector_version: str
    severity: str
    confidence: float
    explanation: str
    evidence: str
    turn_id: str
    trace_id: str
    span_id: str
    conversation_id: str
    turn_time: datetime


@dataclass(frozen=True, slots=True)
class FlagPage:
    """Part of a list of flags; ``next`` is the cursor of what follows, empty at the end."""

    flags: tuple[ListedFlag, ...]
    next: str


@dataclass(frozen=True, slots=True)
class _Found:
    flag_id: str
    detector: str
    detector_version: str
    severity: str
    confidence: float
    explanation: str
    evidence: str
    turn_id: str
    trace_id: str
    span_id: str
    conversation_id: str
    turn_time: datetime
    nanos: int


_FLAGS: Final = Query(
    "flag_list",
    fill("""
SELECT flag_id, detector, detector_version, severity, confidence, explanation, evidence, turn_id, trace_id, span_id,
    conversation_id, turn_time, toUnixTimestamp64Nano(turn_time) AS nanos
FROM flag FINAL
WHERE @project AND @flag_range
  AND ({detector:String} = '' OR detector = {detector:String})
  AND ({trace_id:String} = '' OR trace_id = {trace_id:String})
  AND ({conversation_id:String} = '' OR conversation_id = {conversation_id:String})
  AND ({environment:String} = '' OR turn_id IN (
    SELECT turn_id FROM turn FINAL WHERE @project AND @in_range AND environment = {environment:String}))
  AND ({after_turn:String} = '' OR (nanos, turn_id, detector)
    < ({after_nanos:Int64}, {after_turn:String}, {after_detector:String}))
ORDER BY nanos DESC, turn_id DESC, detector DESC
LIMIT {limit:UInt32}
"""),
    _Found,
)


def list_flags(
    scope: Scope,
    *,
    detector: str = "",
    trace_id: str = "",
    conversation_id: str = "",
    cursor: str = "",
    limit: int = 50,
) -> FlagPage:
    """One page of the flags of turns that began in the range.

    Args:
        scope: project, range and environment.
        detector: only of this one.
        trace_id: only of this trace.
        conversation_id: only of this conversation.
        cursor: ``next`` of the page before; empty for the first.
        limit: most flags.

    Raises:
        BadRequest: the cursor is none of ours.
    """
    nanos, turn, last = _read_cursor(cursor)
    asked = {"detector": detector, "trace_id": trace_id, "conversation_id": conversation_id, "limit": limit + 1}
    after = {"after_nanos": nanos, "after_turn": turn, "after_detector": last}
    found = store().fetch(_FLAGS, **scope.parameters(), **asked, **after)
    shown = found[:limit]
    return FlagPage(
        tuple(ListedFlag(**{name: getattr(row, name) for name in ListedFlag.__dataclass_fields__}) for row in shown),
        _write_cursor(shown[-1]) if len(found) > limit else "",
    )


def _write_cursor(last: _Found) -> str:
    text = msgspec.json.encode((last.nanos, last.turn_id, last.detector))
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, str, str]:
    if not text:
        return 0, "", ""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=tuple[int, str, str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise BadRequest("the cursor cannot be read; start again without one") from None
