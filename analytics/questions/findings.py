"""What detectors and people say of turns: flags with their evidence, scores with their explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from analytics.questions.marks import GRAVITY
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The words a flag rests on.

    Attributes:
        span_id: the span they stand in.
        field: which text of the turn: ``input``, ``output``, ``status``, ``finish_reason``, ``tool`` (a call's
            arguments), ``tool_result``, ``document`` or ``system``.
        start: offset of the first code point in that text.
        end: offset after the last one.
        quote: the words themselves.
        source: where the words came from: ``user``, ``document``, ``tool`` or ``answer``; empty on older flags.
        index: which document or tool call of the turn, from 0.
    """

    span_id: str = ""
    field: str = ""
    start: int = 0
    end: int = 0
    quote: str = ""
    source: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A detector's finding about a turn; ``evidence`` is JSON of ``list[Evidence]``."""

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

    @property
    def cited(self) -> list[Evidence]:
        """The evidence; none where some other writer left what cannot be read."""
        try:
            return _evidence.decode(self.evidence) if self.evidence else []
        except msgspec.MsgspecError:
            return []


@dataclass(frozen=True, slots=True)
class JudgementRow:
    """One score of a turn, span, trace or conversation; which ids are set says of what."""

    score_id: str
    name: str
    value: float | None
    label: str
    explanation: str
    source: str
    author: str
    trace_id: str
    span_id: str
    turn_id: str
    time: datetime


CAUSE: Final = "cause"
"""Name under which a cause is stored: its word as the label, its probability as the value."""

ANALYSER: Final = "analyser"
"""Source of scores that the analysis itself gives."""

_evidence: Final = msgspec.json.Decoder(list[Evidence])

_FLAGS: Final = Query(
    "flags_of_turns",
    fill("""
SELECT flag_id, detector, detector_version, severity, confidence, explanation, evidence, turn_id, trace_id, span_id
FROM flag FINAL
WHERE @project AND turn_id IN {ids:Array(String)}
"""),
    FlagRow,
)
_SCORES: Final = Query(
    "scores_of_traces",
    fill("""
SELECT score_id, name, value, label, explanation, source, author, trace_id, span_id, turn_id, time
FROM score FINAL
WHERE @project AND ((trace_id != '' AND trace_id IN {ids:Array(String)})
   OR (trace_id = '' AND conversation_id != '' AND conversation_id = {conversation_id:String}))
ORDER BY time, score_id LIMIT 1000
"""),
    JudgementRow,
)


def flags_of_turns(project_id: int, turn_ids: Sequence[str]) -> dict[str, list[FlagRow]]:
    """Flags by turn, gravest first."""
    found: dict[str, list[FlagRow]] = {}
    for row in store().fetch(_FLAGS, project_id=project_id, ids=list(turn_ids)) if turn_ids else ():
        found.setdefault(row.turn_id, []).append(row)
    return {turn_id: sorted(rows, key=_gravest) for turn_id, rows in found.items()}


def scores_of(project_id: int, trace_ids: Sequence[str], conversation_id: str = "") -> list[JudgementRow]:
    """Scores of these traces and of the conversation as a whole, in the order they were given."""
    return store().fetch(_SCORES, project_id=project_id, ids=list(trace_ids), conversation_id=conversation_id)


def _gravest(flag: FlagRow) -> tuple[int, str]:
    return -GRAVITY.get(flag.severity, 0), flag.detector
