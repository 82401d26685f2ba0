"""Detectors over turns: what they found becomes flags, what they looked at stands in the ledger."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import ClassVar, Final

import msgspec

from analytics.detectors.base import Detector, Finding, TurnColumns, Unjudged, Verdict
from analytics.pipeline import judged, ledger, rows
from analytics.pipeline.judged import StoredTurn
from analytics.pipeline.ledger import Entry
from analytics.questions.sql import fill
from backend.registry import discover
from backend.store.connection import store
from backend.store.query import Query

log = logging.getLogger(__name__)

SPENT = "us:detector:"
"""Begins the names of counts of a run that tell how many microseconds of a core each detector took."""


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
class _Known:
    turn_id: str
    trace_id: str
    detector: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """What became of some turns.

    Attributes:
        flags: how many stand now.
        spent: microseconds of a core by ``SPENT`` and the detector's name.
        changed: ids of traces that have a flag they had not, or lost one.
    """

    flags: int
    spent: dict[str, int]
    changed: tuple[str, ...]


_KNOWN: Final = Query(
    "known_flags",
    fill("SELECT turn_id, trace_id, detector FROM flag FINAL WHERE @project AND turn_id IN {ids:Array(String)}"),
    _Known,
    "worker",
)


@cache
def detectors() -> dict[str, Detector]:
    """Every detector by name."""
    return {name: kind() for name, kind in discover("analytics.detectors", Detector).items()}  # type: ignore[type-abstract]


class Detect:
    """Turns are judged and flagged by the detectors that need no vectors: these flags take seconds."""

    name: ClassVar[str] = "detect"
    follows: ClassVar[str] = "assemble"
    window: ClassVar[int] = 500

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Judge the turns of these traces anew: what is no longer found is taken back."""
        chosen = [one for one in detectors().values() if not one.needs_vectors]
        turns, columns = judged.read(project_id, trace_ids, with_peers=any(one.needs_peers for one in chosen))
        if not turns:
            return {"turns_judged": 0, "flags": 0}
        found = flag(project_id, turns, columns, chosen)
        return {"turns_judged": len(turns), "flags": found.flags, **found.spent}


def flag(project_id: int, turns: Sequence[StoredTurn], columns: TurnColumns, chosen: Sequence[Detector]) -> Flagged:
    """Judge turns anew, store what is found and in the ledger what was looked at, and take back what is gone.

    Flags of other detectors stay as they are, for another stage judges by those; flags of a detector that is no
    longer there are taken back.

    Args:
        project_id: of the project.
        turns: as they are stored.
        columns: the same turns as detectors read them.
        chosen: the detectors that judge them.
    """
    flags: list[Flag] = []
    spent: dict[str, int] = {}
    for detector in chosen:
        began = time.thread_time_ns()
        verdicts = judge(detector, columns)
        spent[f"{SPENT}{detector.name}"] = (time.thread_time_ns() - began) // 1000
        flags.extend(_flags(detector, turns, verdicts))
        entries = [_entry(turn, verdict) for turn, verdict in zip(turns, verdicts, strict=True)]
        ledger.write(project_id, f"detector:{detector.name}", detector.version, entries)
    others = detectors().keys() - {one.name for one in chosen}
    return Flagged(len(flags), spent, _store(project_id, turns, flags, others))


def judge(detector: Detector, turns: TurnColumns) -> list[Verdict | Exception]:
    """Verdicts of a detector; a turn on which it fails has the error for a verdict, the others theirs."""
    try:
        return list(detector.detect(turns))
    except Exception as fault:  # noqa: BLE001 - plugins: one that fails must not stop the others
        if len(turns) == 1:
            log.error("detector %s failed on turn %s: %r", detector.name, turns.turn_id[0], fault)
            return [fault]
        return [verdict for turn in turns for verdict in judge(detector, TurnColumns.of([turn]))]


def _flags(detector: Detector, turns: Sequence[StoredTurn], verdicts: Sequence[Verdict | Exception]) -> list[Flag]:
    return [
        Flag(
            flag_id=f"{turn.turn_id}:{detector.name}",
            detector=detector.name,
            detector_version=detector.version,
            severity=found.severity or detector.severity,
            confidence=found.score,
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


def _entry(turn: StoredTurn, verdict: Verdict | Exception) -> Entry:
    if isinstance(verdict, Exception):
        return Entry(turn.turn_id, "failed", f"{type(verdict).__name__}: {verdict}"[:500], turn.start)
    if isinstance(verdict, Unjudged):
        return Entry(turn.turn_id, "unjudged", verdict.reason, turn.start)
    return Entry(turn.turn_id, "matched" if isinstance(verdict, Finding) else "ran", "", turn.start)


def _store(
    project_id: int, turns: Sequence[StoredTurn], flags: Sequence[Flag], others: Collection[str]
) -> tuple[str, ...]:
    """Make the stored flags those that were found, but for those of ``others``; give the traces that changed."""
    known = store().fetch(_KNOWN, project_id=project_id, ids=[turn.turn_id for turn in turns])
    stood = {(one.turn_id, one.detector): one.trace_id for one in known if one.detector not in others}
    found = {(one.turn_id, one.detector): one.trace_id for one in flags}
    rows.insert("flag", project_id, flags)
    if gone := [key for key in stood if key not in found]:
        keys = {"turn_id": [turn_id for turn_id, _ in gone], "detector": [name for _, name in gone]}
        rows.delete("flag", project_id, keys)
    return tuple(sorted({(stood | found)[key] for key in stood.keys() ^ found.keys()}))
