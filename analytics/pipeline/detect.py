"""Detectors over turns: what they found becomes flags, what they looked at stands in the ledger."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Final

import msgspec

from analytics.detection.chosen import Chosen, chosen, version_of
from analytics.detectors.base import Detector, Finding, TurnColumns, Unjudged, Verdict
from analytics.pipeline import judged, ledger, rows
from analytics.pipeline.judged import StoredTurn
from analytics.pipeline.ledger import Entry
from analytics.questions.sql import fill
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


class Detect:
    """Turns are judged and flagged by the detectors that need no vectors: these flags take seconds."""

    name: ClassVar[str] = "detect"
    follows: ClassVar[str] = "assemble"
    window: ClassVar[int] = 500

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Judge the turns of these traces anew: what is no longer found is taken back."""
        known = chosen(project_id)
        mine = [one for one in known if not one.detector.needs_vectors and not one.detector.is_remote]
        with_peers = any(one.detector.needs_peers and one.is_enabled for one in mine)
        turns, columns = judged.read(project_id, trace_ids, with_peers=with_peers)
        if not turns:
            return {"turns_judged": 0, "flags": 0}
        found = flag(project_id, turns, columns, mine, {one.name for one in known} - {one.name for one in mine})
        return {"turns_judged": len(turns), "flags": found.flags, **found.spent}


def flag(
    project_id: int,
    turns: Sequence[StoredTurn],
    columns: TurnColumns,
    mine: Sequence[Chosen],
    others: Collection[str],
) -> Flagged:
    """Judge turns anew, store what is found and in the ledger what was looked at, and take back what is gone.

    Gone are also flags of detectors that are switched off, that leave the turn out, or that are no longer there.

    Args:
        project_id: of the project.
        turns: as they are stored.
        columns: the same turns as detectors read them.
        mine: the detectors that judge them.
        others: names of detectors that judge elsewhere; their flags stay as they are.
    """
    flags: list[Flag] = []
    spent: dict[str, int] = {}
    for one in mine:
        began = time.thread_time_ns()
        taken = [place for place, turn in enumerate(turns) if one.is_enabled and one.takes(turn.turn_id)]
        looked_at = columns if len(taken) == len(turns) else TurnColumns.of([columns.at(place) for place in taken])
        verdicts = judge(one.detector, looked_at) if taken else []
        spent[f"{SPENT}{one.name}"] = (time.thread_time_ns() - began) // 1000
        flags.extend(flags_of(one.detector, [turns[place] for place in taken], verdicts))
        said = dict(zip(taken, verdicts, strict=True))
        entries = [entry_of(turn, said[at]) if at in said else left_out(one, turn) for at, turn in enumerate(turns)]
        ledger.write(project_id, f"detector:{one.name}", version_of(one.detector), entries)
    return Flagged(len(flags), spent, _store(project_id, turns, flags, others))


def left_out(one: Chosen, turn: StoredTurn) -> Entry:
    """What the ledger says of a turn that a detector was not to look at."""
    if not one.is_enabled:
        return Entry(turn.turn_id, "off", "switched off in the project's settings", turn.start)
    return Entry(turn.turn_id, "sampled_out", f"looks at {one.share:.4g} of the turns", turn.start)


def judge(detector: Detector, turns: TurnColumns) -> list[Verdict | Exception]:
    """Verdicts of a detector; a turn on which it fails has the error for a verdict, the others theirs."""
    try:
        return list(detector.detect(turns))
    except Exception as fault:  # noqa: BLE001 - plugins: one that fails must not stop the others
        if len(turns) == 1:
            log.error("detector %s failed on turn %s: %r", detector.name, turns.turn_id[0], fault)
            return [fault]
        return [verdict for turn in turns for verdict in judge(detector, TurnColumns.of([turn]))]


def flags_of(detector: Detector, turns: Sequence[StoredTurn], verdicts: Sequence[Verdict | Exception]) -> list[Flag]:
    """Rows of what a detector found."""
    return [
        Flag(
            flag_id=f"{turn.turn_id}:{detector.name}",
            detector=detector.name,
            detector_version=version_of(detector),
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


def entry_of(turn: StoredTurn, verdict: Verdict | Exception) -> Entry:
    """What the ledger says of a turn that a detector looked at."""
    if isinstance(verdict, Exception):
        return Entry(turn.turn_id, "failed", f"{type(verdict).__name__}: {verdict}"[:500], turn.start)
    if isinstance(verdict, Unjudged):
        return Entry(turn.turn_id, "unjudged", verdict.reason, turn.start)
    return Entry(turn.turn_id, "matched" if isinstance(verdict, Finding) else "ran", _cut(turn), turn.start)


def _cut(turn: StoredTurn) -> str:
    """What of a turn no detector read, in words."""
    left = ((turn.input_cut, "question"), (turn.output_cut, "answer"))
    return ", ".join(f"{count:,} characters of the {text} were not read" for count, text in left if count)


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
