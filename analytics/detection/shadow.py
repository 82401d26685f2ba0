"""Rows of a re-run, apart from flags: written while it runs, put in the flags' place at once, and taken back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics.pipeline import rows
from analytics.pipeline.detect import Flag
from analytics.pipeline.judged import StoredTurn
from analytics.pipeline.ledger import Entry
from analytics.questions.scope import nanoseconds
from analytics.questions.sql import fill
from backend.detection.models import Rerun
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowRow:
    """A row of the table ``shadow``, in the order of its columns."""

    rerun_id: int
    side: str
    turn_id: str
    outcome: str
    reason: str
    is_flagged: int
    detector_version: str
    severity: str
    confidence: float
    explanation: str
    evidence: str
    trace_id: str
    span_id: str
    conversation_id: str
    turn_time: int


_SIDE: Final = "@project AND rerun_id = {rerun_id:UInt32} AND side = {side:String}"
# One insert of one block is one part, which ClickHouse shows whole or not at all.
_WHOLE: Final = (
    "SETTINGS max_insert_threads = 1, max_threads = 1, min_insert_block_size_rows = 10000000,"
    " min_insert_block_size_bytes = 0, max_insert_block_size = 10000000"
)
# What stood about every turn that was judged: a turn that the detector had never seen has an empty outcome.
_SAVE: Final = fill(
    """
INSERT INTO shadow
    (project_id, rerun_id, side, turn_id, outcome, reason, is_flagged, detector_version, severity, confidence,
     explanation, evidence, trace_id, span_id, conversation_id, turn_time, version, is_deleted)
SELECT a.project_id, a.rerun_id, 'before', a.turn_id, l.outcome, l.reason, f.turn_id != '',
    if(f.turn_id != '', f.detector_version, l.analyser_version), f.severity, f.confidence, f.explanation, f.evidence,
    a.trace_id, f.span_id, a.conversation_id, a.turn_time, {version:UInt64}, 0
FROM (SELECT project_id, rerun_id, turn_id, trace_id, conversation_id, turn_time FROM shadow FINAL WHERE @side) AS a
LEFT JOIN (
    SELECT * FROM flag FINAL
    WHERE @project AND detector = {detector:String} AND @flag_range
) AS f ON f.turn_id = a.turn_id
LEFT JOIN (
    SELECT * FROM ledger FINAL
    WHERE @project AND analyser = {analyser:String}
) AS l ON l.subject_id = a.turn_id
""",
    side=_SIDE,
    whole=_WHOLE,
)
# Turns on which the detector failed keep the flag they have.
_FLAGS: Final = fill(
    """
INSERT INTO flag
    (project_id, flag_id, detector, detector_version, severity, confidence, explanation, evidence, turn_id, trace_id,
     span_id, conversation_id, turn_time, version, is_deleted)
SELECT project_id, concat(turn_id, ':', {detector:String}), {detector:String}, detector_version, severity,
    confidence, explanation, evidence, turn_id, trace_id, span_id, conversation_id, turn_time, {version:UInt64},
    1 - is_flagged
FROM shadow FINAL
WHERE @side AND ({side:String} = 'before' OR outcome != 'failed') AND (is_flagged OR turn_id IN (
    SELECT turn_id FROM flag FINAL
    WHERE @project AND detector = {detector:String} AND @flag_range))
@whole
""",
    side=_SIDE,
    whole=_WHOLE,
)
_LEDGER: Final = fill(
    """
INSERT INTO ledger
    (project_id, analyser, analyser_version, subject_id, outcome, reason, subject_time, version)
SELECT project_id, {analyser:String}, detector_version, turn_id, outcome, reason, turn_time, {version:UInt64}
FROM shadow FINAL WHERE @side AND outcome != ''
@whole
""",
    side=_SIDE,
    whole=_WHOLE,
)
_DROP: Final = """
INSERT INTO shadow (project_id, rerun_id, side, turn_id, version, is_deleted)
SELECT project_id, rerun_id, side, turn_id, {version:UInt64}, 1 FROM shadow FINAL
WHERE project_id = {project_id:UInt32} AND rerun_id = {rerun_id:UInt32}
"""


@dataclass(frozen=True, slots=True)
class _Changed:
    trace_id: str


_CHANGED: Final = Query(
    "traces_changed_by_a_rerun",
    fill("""
SELECT DISTINCT a.trace_id AS trace_id FROM
(SELECT turn_id, trace_id, is_flagged, outcome FROM shadow FINAL
 WHERE @project AND rerun_id = {rerun_id:UInt32} AND side = 'after') AS a
INNER JOIN
(SELECT turn_id, is_flagged FROM shadow FINAL
 WHERE @project AND rerun_id = {rerun_id:UInt32} AND side = 'before') AS b ON a.turn_id = b.turn_id
WHERE a.is_flagged != b.is_flagged AND a.outcome != 'failed' ORDER BY trace_id
"""),
    _Changed,
    "worker",
)


def write(
    rerun: Rerun, version: str, turns: Sequence[StoredTurn], flags: Sequence[Flag], said: Sequence[Entry]
) -> None:
    """Keep what a re-run made of some turns; doing it again keeps the same.

    Args:
        rerun: whose.
        version: of the detector, as its flags would name it.
        turns: that were judged.
        flags: what was found.
        said: of each turn, as the ledger would say it.
    """
    found = {flag.turn_id: flag for flag in flags}
    made = [_row(rerun, version, turn, found.get(turn.turn_id), entry) for turn, entry in zip(turns, said, strict=True)]
    rows.insert("shadow", rerun.project_id, made)


def save(rerun: Rerun) -> None:
    """Keep what stands now about the turns of a re-run, so that switching it on can be taken back."""
    store().command(_SAVE, {**_parameters(rerun), "side": "after"})


def put_in_place(rerun: Rerun, side: str) -> None:
    """Make the flags and the ledger of the period what one side says; both sides of a pair may be put again.

    Args:
        rerun: whose.
        side: ``after`` switches it on, ``before`` takes that back.
    """
    parameters = {**_parameters(rerun), "side": side}
    store().command(_FLAGS, parameters)
    store().command(_LEDGER, parameters)


def drop(rerun: Rerun) -> None:
    """Forget the rows of a re-run."""
    store().command(_DROP, _parameters(rerun))


def changed_traces(rerun: Rerun) -> list[str]:
    """Traces with a turn whose flag came or went."""
    found = store().fetch(_CHANGED, project_id=rerun.project_id, rerun_id=rerun.pk)
    return [one.trace_id for one in found]


def _parameters(rerun: Rerun) -> dict[str, Any]:
    return {
        "project_id": rerun.project_id,
        "rerun_id": rerun.pk,
        "detector": rerun.detector,
        "analyser": f"detector:{rerun.detector}",
        "start": nanoseconds(rerun.start),
        "end": nanoseconds(rerun.end),
        "version": time.time_ns(),
    }


def _row(rerun: Rerun, version: str, turn: StoredTurn, flag: Flag | None, entry: Entry) -> ShadowRow:
    return ShadowRow(
        rerun_id=rerun.pk,
        side="after",
        turn_id=turn.turn_id,
        outcome=entry.outcome,
        reason=entry.reason,
        is_flagged=int(flag is not None),
        detector_version=version,
        severity=flag.severity if flag else "",
        confidence=flag.confidence if flag else 0.0,
        explanation=flag.explanation if flag else "",
        evidence=flag.evidence if flag else "",
        trace_id=turn.trace_id,
        span_id=flag.span_id if flag else "",
        conversation_id=turn.conversation_id,
        turn_time=turn.start,
    )
