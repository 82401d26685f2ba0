"""Which faults are planted, how often and where: the ground truth of the sample project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Final

from ingest.sample.almanac import BAD_PROMPT, Almanac
from ingest.sample.outline import LONGEST, Beat, Outline
from ingest.sample.script import Fault, Kind

PER: Final = 2_000
QUOTAS: Final = {
    Kind.RETRIEVAL_MISS: 40,
    Kind.REPETITION: 15,
    Kind.TOOL_LOOP: 10,
    Kind.EMPTY: 14,
    Kind.TRUNCATION: 20,
    Kind.REFUSAL: 18,
    Kind.PII_LEAK: 10,
    Kind.DOCUMENT_INJECTION: 16,
    Kind.JAILBREAK: 14,
    Kind.TOOL_ERROR: 14,
    Kind.DISSATISFACTION: 12,
}
"""How many of each in ``PER`` conversations; bad prompt and outage come with their hours instead."""

_DETAILS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.RETRIEVAL_MISS: ("vague", "wrong", "nothing found", "wrong", "vague"),
    Kind.REPETITION: ("sentence", "phrase", "whole answer"),
    Kind.DOCUMENT_INJECTION: ("ignored", "obeyed", "ignored"),
    Kind.JAILBREAK: ("ignored", "ignored", "obeyed", "ignored", "ignored", "ignored", "ignored"),
    Kind.DISSATISFACTION: ("unprovoked",),
}
_NEEDS_TOOL: Final = {Kind.TOOL_LOOP, Kind.TOOL_ERROR, Kind.PII_LEAK}
_ANGERS: Final = {
    Kind.RETRIEVAL_MISS, Kind.BAD_PROMPT, Kind.REPETITION, Kind.EMPTY, Kind.TRUNCATION, Kind.REFUSAL,
}  # fmt: skip
_BAD_PROMPT_SHARE: Final = 0.5
_OUTAGE_SHARE: Final = 0.85
_COMPLAINT_SHARE: Final = 0.3


def plant(outlines: Sequence[Outline], almanac: Almanac, dice: Random) -> list[Outline]:
    """Put every kind of fault into a month of drafts; days before today only, which are there in full."""
    planted = [scheduled(outline, almanac) for outline in outlines]
    for kind, quota in QUOTAS.items():
        wanted = max(1, round(quota * len(outlines) / PER))
        sites = _sites(planted, kind, almanac.today)
        for number, (at, beat) in enumerate(dice.sample(sites, min(wanted, len(sites)))):
            planted[at] = put(planted[at], beat, kind, number)
    return [with_complaints(outline) for outline in planted]


def scheduled(outline: Outline, almanac: Almanac) -> Outline:
    """The draft with what the bad days do to it."""
    dice = Random(f"scheduled/{outline.key}")
    start, end = almanac.outage
    if outline.prompt_version == BAD_PROMPT:
        return _each(outline, lambda: Fault(Kind.BAD_PROMPT) if dice.random() < _BAD_PROMPT_SHARE else None)
    if outline.model.provider == "openai" and start <= outline.started < end:
        return _each(outline, lambda: _outage(dice))
    return outline


def fits(kind: Kind, outline: Outline, at: int) -> bool:
    """Whether this kind of fault can happen at this turn."""
    beat = outline.beats[at]
    if any(item.faults for item in outline.beats):
        return False
    if kind is Kind.JAILBREAK:
        return at == len(outline.beats) - 1 and len(outline.beats) < LONGEST
    if kind is Kind.DISSATISFACTION and len(outline.beats) == LONGEST:
        return False
    return bool(beat.move.documents) and (kind not in _NEEDS_TOOL or bool(beat.move.tools))


def put(outline: Outline, at: int, kind: Kind, number: int) -> Outline:
    """The draft with one more fault; ``number`` chooses among the ways it can happen."""
    details = _DETAILS.get(kind, ("",))
    fault = Fault(kind, details[number % len(details)])
    beats = list(outline.beats)
    if kind is Kind.DISSATISFACTION:
        beats.insert(at + 1, replace(beats[at], faults=(fault,), complaint=True))
    elif kind is Kind.JAILBREAK:
        attack = Beat(beats[at].want, beats[at].move, (fault,), attack=True)
        beats = [attack] if len(beats) == 1 else [*beats, attack]
    else:
        beats[at] = replace(beats[at], faults=(*beats[at].faults, fault))
    return replace(outline, beats=tuple(beats))


def with_complaints(outline: Outline) -> Outline:
    """The draft with customers who say so when an answer was bad."""
    dice = Random(f"complaints/{outline.key}")
    beats: list[Beat] = []
    for at, beat in enumerate(outline.beats):
        beats.append(beat)
        left = LONGEST - len(beats) - (len(outline.beats) - at - 1)
        bad = any(fault.kind in _ANGERS for fault in beat.faults)
        if bad and left > 0 and dice.random() < _COMPLAINT_SHARE:
            beats.append(replace(beat, faults=(Fault(Kind.DISSATISFACTION, "after a fault"),), complaint=True))
    return replace(outline, beats=tuple(beats))


def _sites(outlines: Sequence[Outline], kind: Kind, today: date) -> list[tuple[int, int]]:
    return [
        (at, beat)
        for at, outline in enumerate(outlines)
        if outline.started.date() < today
        for beat in range(len(outline.beats))
        if fits(kind, outline, beat)
    ]


def _each(outline: Outline, fault: Callable[[], Fault | None]) -> Outline:
    drawn = [(beat, fault()) for beat in outline.beats]
    return replace(outline, beats=tuple(replace(beat, faults=(item,)) if item else beat for beat, item in drawn))


def _outage(dice: Random) -> Fault | None:
    if dice.random() >= _OUTAGE_SHARE:
        return None
    return Fault(Kind.OUTAGE, "failed" if dice.random() < 0.55 else "fallback")
