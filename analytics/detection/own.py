"""Own detectors of a project as kinds of detector, tried on recent turns before they are kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.detection import recent
from analytics.detectors.base import Detector, Evidence, Finding, Turn, Unjudged
from analytics.pipeline.detect import judge
from analytics.statistics.intervals import Estimate, rate

MOST_TRIED: Final = 1000
MOST_EXAMPLES: Final = 12
DAYS: Final = 30
_SHOWN: Final = 2
_AROUND: Final = 60
"""Characters shown on either side of a quote."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that a finding rests on, with a few on either side of them."""

    source: str
    before: str
    text: str
    after: str


@dataclass(frozen=True, slots=True)
class Example:
    """A turn that would be flagged, with the words."""

    turn_id: str
    trace_id: str
    explanation: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a detector would have found.

    Attributes:
        flagged: share of the turns that were tried.
        unjudged: of them, those without a text to look at.
        of: recent turns that there are.
        examples: some of them, newest first.
    """

    flagged: Estimate
    flags: int
    turns: int
    unjudged: int
    of: int
    days: int
    examples: tuple[Example, ...]


def try_on_recent(
    project_id: int, kind: type[Detector], now: datetime, *, seconds: float = 6.0, most: int = MOST_TRIED
) -> Tried:
    """Let a detector look at the newest thousand turns, as many as the time allows.

    Args:
        project_id: of the project.
        kind: of the detector.
        now: end of the time looked at.
        seconds: roughly how long it may take.
        most: turns that it looks at.
    """
    since = now - timedelta(days=DAYS)
    detector = kind()
    turns = unjudged = flags = 0
    examples: list[Example] = []
    places = recent.newest(project_id, since, most)
    for stored, columns in recent.batches(project_id, places, detector, time.monotonic() + seconds):
        for turn, read, verdict in zip(stored, columns, judge(detector, columns), strict=True):
            turns += 1
            unjudged += isinstance(verdict, Unjudged | Exception)
            if isinstance(verdict, Finding):
                flags += 1
                if len(examples) < MOST_EXAMPLES:
                    quotes = tuple(_quote(read, one) for one in verdict.evidence[:_SHOWN])
                    examples.append(Example(turn.turn_id, turn.trace_id, verdict.explanation, quotes))
    count = recent.count(project_id, since)
    return Tried(rate(flags, turns), flags, turns, unjudged, count, DAYS, tuple(examples))


def _quote(turn: Turn, one: Evidence) -> Quote:
    text = _text(turn, one)
    before, after = text[max(0, one.start - _AROUND) : one.start], text[one.end : one.end + _AROUND]
    return Quote(
        source=one.source,
        before=f"…{before}" if one.start > _AROUND else before,
        text=one.quote,
        after=f"{after}…" if len(text) > one.end + _AROUND else after,
    )


def _text(turn: Turn, one: Evidence) -> str:
    if one.field == "document":
        return turn.documents[one.index].text
    if one.field in {"tool", "tool_result"}:
        call = turn.tool_calls[one.index]
        return call.arguments if one.field == "tool" else call.result
    return turn.input_text if one.field == "input" else turn.output_text
