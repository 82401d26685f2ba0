"""Spans to turns; a trace whose spans came late is made anew, and turns that no longer exist are taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from analytics.pipeline import facts, ledger, rows
from analytics.pipeline.facts import SpanFacts
from analytics.pipeline.ledger import Entry
from analytics.pipeline.turns import Turn, turns_of
from analytics.questions.sampled import left_out_of
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query

_AT_ONCE: Final = 500
"""Turns of one insert; their texts are long."""


@dataclass(frozen=True, slots=True)
class _Known:
    turn_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class _Flag:
    turn_id: str
    detector: str


_KNOWN: Final = Query(
    "known_turns",
    fill("SELECT turn_id, trace_id FROM turn FINAL WHERE @project AND trace_id IN {ids:Array(String)}"),
    _Known,
    "worker",
)
_FLAGS: Final = Query(
    "flags_of_turns",
    fill("SELECT turn_id, detector FROM flag FINAL WHERE @project AND turn_id IN {ids:Array(String)}"),
    _Flag,
    "worker",
)


class Assemble:
    """Turns are made from spans."""

    name: ClassVar[str] = "assemble"
    follows: ClassVar[str] = ""
    window: ClassVar[int] = 2000

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Make the turns of these traces; those that sampling left out keep theirs, for their spans are gone."""
        gone_before = left_out_of(project_id, trace_ids)
        trace_ids = [one for one in trace_ids if one not in gone_before]
        known = store().fetch(_KNOWN, project_id=project_id, ids=list(trace_ids))
        made: list[Turn] = []
        kept: set[str] = set()
        entries: list[Entry] = []
        for trace_id, spans in facts.traces(project_id, trace_ids):
            turns = turns_of(trace_id, spans)
            made.extend(turns)
            kept.update(turn.turn_id for turn in turns)
            entries.append(_entry(trace_id, spans, turns))
            if len(made) >= _AT_ONCE:
                rows.insert("turn", project_id, made)
                made = []
        rows.insert("turn", project_id, made)
        gone = [one for one in known if one.turn_id not in kept]
        take_back(project_id, gone)
        ledger.write(project_id, self.name, "1", entries)
        return {"turns": len(kept), "turns_taken_back": len(gone)}


def take_back(project_id: int, gone: Iterable[_Known]) -> None:
    """Mark turns and what was found in them as deleted."""
    turns = list(gone)
    if not turns:
        return
    ids = [one.turn_id for one in turns]
    rows.delete("turn", project_id, {"turn_id": ids, "trace_id": [one.trace_id for one in turns]})
    flags = store().fetch(_FLAGS, project_id=project_id, ids=ids)
    if flags:
        keys = {"turn_id": [flag.turn_id for flag in flags], "detector": [flag.detector for flag in flags]}
        rows.delete("flag", project_id, keys)


def _entry(trace_id: str, spans: Sequence[SpanFacts], turns: Sequence[Turn]) -> Entry:
    start = min(span.start for span in spans)
    if turns:
        return Entry(trace_id, "ran", "", start)
    return Entry(trace_id, "unjudged", "matched none: no span is of a model, agent, retrieval or tool", start)
