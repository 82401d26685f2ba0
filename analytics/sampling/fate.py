"""What becomes of a trace: kept always for a reason, kept by chance, or left out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from analytics.questions.sampled import LEFT_OUT

ALWAYS: Final = "always"
BY_CHANCE: Final = "by_chance"


@dataclass(frozen=True, slots=True)
class Ended:
    """A trace whose hold is over.

    Attributes:
        trace_id: it.
        start: nanoseconds since 1970.
        spans: how many of it came since the project was swept last.
        conversation_id: empty where it has none.
        known: its fate of an earlier look, empty where it was not decided yet.
    """

    trace_id: str
    start: int
    spans: int
    conversation_id: str
    known: str = ""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of it.

    Attributes:
        fate: ``always``, ``by_chance`` or ``left_out``.
        reason: of ``always``: ``error``, ``flag``, ``score`` or ``review``.
        rate: chance that a trace like it is kept: 1 for ``always``, else the project's share.
    """

    fate: str
    reason: str
    rate: float


def place_of(trace_id: str, salt: bytes) -> float:
    """Where a trace stands between 0 and 1: evenly spread, the same at every look, unknown to who chooses the id."""
    found = hashlib.blake2b(trace_id.encode("utf-8", "replace"), key=salt, digest_size=8).digest()
    return int.from_bytes(found, "big") / 2**64


def fate_of(trace: Ended, share: float, salt: bytes, reasons: Mapping[str, Collection[str]]) -> Fate:
    """Decide.

    Args:
        trace: whose hold is over.
        share: of ordinary traces that are kept, 0 to 1.
        salt: of the project.
        reasons: by reason the traces that it keeps, the gravest first.
    """
    if trace.known == LEFT_OUT:  # what is gone cannot be kept; what came late goes after it
        return Fate(LEFT_OUT, "", share)
    for reason, kept in reasons.items():
        if trace.trace_id in kept:
            return Fate(ALWAYS, reason, 1.0)
    return Fate(BY_CHANCE if place_of(trace.trace_id, salt) < share else LEFT_OUT, "", share)
