"""Detectors over turns: what they found becomes flags, what they looked at stands in the ledger."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import ClassVar, Final

import msgspec

from analytics.detectors.base import Detector, Finding, ToolCall, TurnColumns, Unjudged, Verdict
from analytics.detectors.base import Turn as Judged
from analytics.pipeline import ledger, rows
from analytics.pipeline.ledger import Entry
from analytics.questions.sql import fill
from backend.registry import discover
from backend.store.connection import store
from backend.store.query import Query

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A row of the table ``flag``, in the order of its columns."""

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
    turn_time: int


@dataclass(frozen=True, slots=True)
class _Turn:
    turn_id: str
    trace_id: str
    conversation_id: str
    start: int
    input_text: str
    output_text: str
    output_span_id: str
    status: str
    error_type: str
    error_message: str
    error_span_id: str
    finish_reason: str
    max_tokens: int
    tool_calls: str


@dataclass(frozen=True, slots=True)
class _Answer:
    trace_id: str
    span_id: str
    output_tokens: int


@dataclass(frozen=True, slots=True)
class _Known:
    turn_id: str
    detector: str


_TURNS: Final = Query(
    "turns_to_judge",
    fill("""
SELECT turn_id, trace_id, conversation_id, toUnixTimestamp64Nano(start_time) AS start, input_text, output_text,
    output_span_id, status, error_type, error_message, error_span_id, finish_reason, max_tokens, tool_calls
FROM turn FINAL
WHERE @project AND trace_id IN {ids:Array(String)}
ORDER BY turn_id
"""),
    _Turn,
    "worker",
)
_ANSWERS: Final = Query(
    "tokens_of_answers",
    fill("""
SELECT trace_id, span_id, max(output_tokens) AS output_tokens
FROM span_preview AS s
WHERE @project AND trace_id IN {ids:Array(String)} AND span_id IN {spans:Array(String)}
  AND s.start_time >= fromUnixTimestamp64Nano({first:Int64})
GROUP BY trace_id, span_id
"""),
    _Answer,
    "worker",
)
_KNOWN: Final = Query(
    "known_flags",
    fill("SELECT turn_id, detector FROM flag FINAL WHERE @project AND turn_id IN {ids:Array(String)}"),
    _Known,
    "worker",
)


@cache
def detectors() -> dict[str, Detector]:
    """Every detector by name."""
    return {name: kind() for name, kind in discover("analytics.detectors", Detector).items()}  # type: ignore[type-abstract]


class Detect:
    """Turns are judged and flagged."""

    name: ClassVar[str] = "detect"
    follows: ClassVar[str] = "assemble"
    window: ClassVar[int] = 500

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Judge the turns of these traces anew: what is no longer found is taken back."""
        turns = store().fetch(_TURNS, project_id=project_id, ids=list(trace_ids))
        if not turns:
            return {"turns_judged": 0, "flags": 0}
        columns = TurnColumns.of([_judged(turn, tokens) for turn, tokens in _with_tokens(project_id, turns)])
        flags: list[Flag] = []
        for detector in detectors().values():
            verdicts = judge(detector, columns)
            flags.extend(_flags(detector, turns, verdicts))
            entries = [_entry(turn, verdict) for turn, verdict in zip(turns, verdicts, strict=True)]
            ledger.write(project_id, f"detector:{detector.name}", detector.version, entries)
        _store(project_id, turns, flags)
        return {"turns_judged": len(turns), "flags": len(flags)}


def judge(detector: Detector, turns: TurnColumns) -> list[Verdict | Exception]:
    """Verdicts of a detector; a turn on which it fails has the error for a verdict, the others theirs."""
    try:
        return list(detector.detect(turns))
    except Exception as fault:  # noqa: BLE001 - plugins: one that fails must not stop the others
        if len(turns) == 1:
            log.error("detector %s failed on turn %s: %r", detector.name, turns.turn_id[0], fault)
            return [fault]
        return [verdict for turn in turns for verdict in judge(detector, TurnColumns.of([turn]))]


def _with_tokens(project_id: int, turns: Sequence[_Turn]) -> list[tuple[_Turn, int]]:
    """Turns with the tokens of the answer alone; the turn has the sum of all its model calls."""
    answers = store().fetch(
        _ANSWERS,
        project_id=project_id,
        ids=sorted({turn.trace_id for turn in turns}),
        spans=sorted({turn.output_span_id for turn in turns}),
        first=min(turn.start for turn in turns),
    )
    tokens = {(one.trace_id, one.span_id): one.output_tokens for one in answers}
    return [(turn, tokens.get((turn.trace_id, turn.output_span_id), 0)) for turn in turns]


def _judged(turn: _Turn, tokens: int) -> Judged:
    return Judged(
        turn_id=turn.turn_id,
        trace_id=turn.trace_id,
        input_text=turn.input_text,
        output_text=turn.output_text,
        output_span_id=turn.output_span_id,
        status=turn.status,
        error_type=turn.error_type,
        error_message=turn.error_message,
        error_span_id=turn.error_span_id,
        finish_reason=turn.finish_reason,
        output_tokens=tokens,
        max_tokens=turn.max_tokens,
        tool_calls=[
            ToolCall(call["name"], call["arguments"], call["span_id"])
            for call in (msgspec.json.decode(turn.tool_calls) if turn.tool_calls else ())
        ],
    )


def _flags(detector: Detector, turns: Sequence[_Turn], verdicts: Sequence[Verdict | Exception]) -> list[Flag]:
    return [
        Flag(
            flag_id=f"{turn.turn_id}:{detector.name}",
            detector=detector.name,
            detector_version=detector.version,
            severity=found.severity or detector.severity,
            confidence=found.confidence,
            explanation=found.explanation,
            evidence=msgspec.json.encode([asdict(one) for one in found.evidence]).decode(),
            turn_id=turn.turn_id,
            trace_id=turn.trace_id,
            span_id=found.evidence[0].span_id if found.evidence else turn.output_span_id,
            conversation_id=turn.conversation_id,
            turn_time=turn.start,
        )
        for turn, found in zip(turns, verdicts, strict=True)
        if isinstance(found, Finding)
    ]


def _entry(turn: _Turn, verdict: Verdict | Exception) -> Entry:
    if isinstance(verdict, Exception):
        return Entry(turn.turn_id, "failed", f"{type(verdict).__name__}: {verdict}"[:500], turn.start)
    if isinstance(verdict, Unjudged):
        return Entry(turn.turn_id, "unjudged", verdict.reason, turn.start)
    return Entry(turn.turn_id, "matched" if verdict else "ran", "", turn.start)


def _store(project_id: int, turns: Sequence[_Turn], flags: Sequence[Flag]) -> None:
    known = store().fetch(_KNOWN, project_id=project_id, ids=[turn.turn_id for turn in turns])
    found = {(flag.turn_id, flag.detector) for flag in flags}
    gone = [one for one in known if (one.turn_id, one.detector) not in found]
    rows.insert("flag", project_id, flags)
    if gone:
        keys = {"turn_id": [one.turn_id for one in gone], "detector": [one.detector for one in gone]}
        rows.delete("flag", project_id, keys)
