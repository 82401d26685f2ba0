"""Scores and causes of turns: values become rows of ``score``, and what was looked at stands in the ledger."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final

import msgspec

from analytics.causes.attribute import attribute, counts_against
from analytics.causes.base import VERSION, Cause
from analytics.detectors.turn import Evidence, Turn, TurnColumns
from analytics.pipeline import judged, ledger
from analytics.pipeline.followed import followed
from analytics.pipeline.judged import StoredTurn
from analytics.pipeline.ledger import Entry
from analytics.questions.findings import ANALYSER, CAUSE
from analytics.questions.sql import fill
from analytics.scores.base import Measured, Score, Scored, Unjudged
from backend.registry import discover
from backend.store.connection import store
from backend.store.query import Query
from backend.store.scores import write_scores
from backend.telemetry.score import Score as Judgement

log = logging.getLogger(__name__)

_SPENT: Final = "us:score:"

Found = Mapping[str, tuple[Evidence, ...]]
Looked = Measured | Exception


@dataclass(frozen=True, slots=True)
class _Known:
    score_id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Flag:
    turn_id: str
    detector: str
    severity: str
    evidence: str


_KNOWN: Final = Query(
    "known_scores",
    fill("""
SELECT score_id, name FROM score FINAL
WHERE @project AND turn_id IN {ids:Array(String)} AND source = {source:String}
"""),
    _Known,
    "worker",
)
_FLAGS: Final = Query(
    "flags_for_causes",
    fill(
        "SELECT turn_id, detector, severity, evidence FROM flag FINAL WHERE @project AND turn_id IN {ids:Array(String)}"
    ),
    _Flag,
    "worker",
)


@cache
def scores() -> dict[str, Score]:
    """Every score by name."""
    return {name: kind() for name, kind in discover("analytics.scores", Score).items()}  # type: ignore[type-abstract]


class ScoreTurns:
    """Turns are scored, and the bad ones get a probable cause."""

    name: ClassVar[str] = "score"
    follows: ClassVar[str] = "compare"
    window: ClassVar[int] = 50

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Score the turns of these traces anew, and those right before them that were scored as the last ones.

        What has no value any more is taken back.
        """
        ids = [*trace_ids, *followed(project_id, trace_ids)]
        turns, columns = judged.read(project_id, ids, with_vectors=True)
        if not turns:
            return {"turns_judged": 0, "scores": 0, "causes": 0}
        values: list[dict[str, Measured]] = [{} for _ in turns]
        rows: list[Judgement] = []
        spent: dict[str, int] = {}
        for score in scores().values():
            began = time.thread_time_ns()
            found = measured(score, columns)
            spent[f"{_SPENT}{score.name}"] = (time.thread_time_ns() - began) // 1000
            for of_turn, value in zip(values, found, strict=True):
                if not isinstance(value, Exception):
                    of_turn[score.name] = value
            rows += [
                _row(turn, score, value) for turn, value in zip(turns, found, strict=True) if isinstance(value, Scored)
            ]
            entries = [_entry(turn, value, score.low) for turn, value in zip(turns, found, strict=True)]
            ledger.write(project_id, f"score:{score.name}", score.version, entries)
        caused = _causes(project_id, turns, list(columns), values)
        _store(project_id, turns, [*rows, *caused])
        return {"turns_judged": len(turns), "scores": len(rows), "causes": len(caused), **spent}


def measured(score: Score, turns: TurnColumns) -> list[Looked]:
    """Values of a score; a turn on which it fails has the error for a value, the others theirs."""
    try:
        return list(score.measure(turns))
    except Exception as fault:  # noqa: BLE001 - plugins: one that fails must not stop the others
        if len(turns) == 1:
            log.error("score %s failed on turn %s: %r", score.name, turns.turn_id[0], fault)
            return [fault]
        return [value for turn in turns for value in measured(score, TurnColumns.of([turn]))]


def caused(turn: Turn, found: Found, values: Mapping[str, Measured]) -> Cause | Exception | None:
    """Cause of a turn, None where it is not bad, or the fault that kept it from being looked for."""
    try:
        return attribute(turn, found, values)
    except Exception as fault:  # noqa: BLE001 - text from outside: one turn must not stop the batch
        log.error("no cause could be looked for in turn %s: %r", turn.turn_id, fault)
        return fault


def _causes(
    project_id: int, turns: Sequence[StoredTurn], columns: Sequence[Turn], values: Sequence[Mapping[str, Measured]]
) -> list[Judgement]:
    flags: defaultdict[str, dict[str, tuple[Evidence, ...]]] = defaultdict(dict)
    for flag in store().fetch(_FLAGS, project_id=project_id, ids=[turn.turn_id for turn in turns]):
        if counts_against(flag.detector, flag.severity):
            flags[flag.turn_id][flag.detector] = _evidence(flag.evidence)
    rows, entries = [], []
    for stored, turn, of_turn in zip(turns, columns, values, strict=True):
        cause = caused(turn, flags[stored.turn_id], of_turn)
        if isinstance(cause, Cause):
            rows.append(_cause_row(stored, cause))
        failed = f"{type(cause).__name__}: {cause}"[:500] if isinstance(cause, Exception) else ""
        outcome: ledger.Outcome = "failed" if failed else "matched" if cause else "ran"
        entries.append(Entry(stored.turn_id, outcome, failed, stored.start))
    ledger.write(project_id, CAUSE, VERSION, entries)
    return rows


def _evidence(stored: str) -> tuple[Evidence, ...]:
    try:
        return tuple(msgspec.json.decode(stored, type=list[Evidence])) if stored else ()
    except msgspec.MsgspecError:
        return ()


def _row(turn: StoredTurn, score: Score, value: Scored) -> Judgement:
    return _judgement(turn, score.name, value.value, value.label, value.explanation, f"{score.name} {score.version}")


def _cause_row(turn: StoredTurn, cause: Cause) -> Judgement:
    quoted = "; ".join(f"“{one.quote[:120]}”" for one in cause.evidence[:2] if one.quote.strip())
    text = f"{cause.explanation} See {quoted}." if quoted else cause.explanation
    row = _judgement(turn, CAUSE, cause.probability, cause.name, text, f"cause {VERSION}")
    first = next((one.span_id for one in cause.evidence if one.span_id), turn.output_span_id)
    return msgspec.structs.replace(row, span_id=first)


def _judgement(turn: StoredTurn, name: str, value: float, label: str, text: str, author: str) -> Judgement:
    return Judgement(
        score_id=f"{turn.turn_id}:{name}",
        name=name,
        value=round(value, 6),
        label=label,
        explanation=text.encode("utf-8", "replace").decode(),
        source=ANALYSER,
        author=author,
        trace_id=turn.trace_id,
        span_id=turn.output_span_id,
        turn_id=turn.turn_id,
        conversation_id=turn.conversation_id,
        time=turn.start,
    )


def _entry(turn: StoredTurn, value: Looked, low: float) -> Entry:
    if isinstance(value, Exception):
        return Entry(turn.turn_id, "failed", f"{type(value).__name__}: {value}"[:500], turn.start)
    if isinstance(value, Unjudged):
        return Entry(turn.turn_id, "unjudged", value.reason, turn.start)
    return Entry(turn.turn_id, "matched" if value.value < low else "ran", "", turn.start)


def _store(project_id: int, turns: Sequence[StoredTurn], rows: Sequence[Judgement]) -> None:
    ids = [turn.turn_id for turn in turns]
    known = store().fetch(_KNOWN, project_id=project_id, ids=ids, source=ANALYSER)
    kept = {row.score_id for row in rows}
    if rows:
        write_scores(store(), project_id, rows)
    gone = [
        Judgement(score_id=one.score_id, name=one.name, source=ANALYSER, time=turns[0].start)
        for one in known
        if one.score_id not in kept
    ]
    if gone:
        write_scores(store(), project_id, gone, deleted=True)
