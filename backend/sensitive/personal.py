"""Finding structured personal data in a text: by shape, check digits and the words beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.sensitive.personal_kinds import KINDS
from backend.sensitive.phone import CANDIDATE, phone_score

READ: Final = 60_000
"""Code points of a text that are read."""

PHONE: Final = "a telephone number"
_MAY_HOLD: Final = re.compile(r"\d{2}|@")


@dataclass(frozen=True, slots=True)
class Found:
    """A datum in a text.

    Attributes:
        kind: in words, with an article.
        score: how sure it is, above 0 to 1.
        start: offset of its first code point.
        end: offset after its last one.
        is_grave: whether somebody could be robbed or impersonated with it alone.
    """

    kind: str
    score: float
    start: int
    end: int
    is_grave: bool = False


def found(text: str) -> list[Found]:
    """Structured personal data of a text, each place once, in order."""
    if not _MAY_HOLD.search(text, 0, READ):
        return []
    text = text[:READ]
    taken: list[Found] = []
    for kind in KINDS:
        for match in kind.pattern.finditer(text):
            start, end = match.span("v") if "v" in kind.pattern.groupindex else match.span()
            if not _is_taken(taken, start, end) and (score := kind.score(text, start, end)):
                taken.append(Found(kind.name, score, start, end, kind.is_grave))
    for match in CANDIDATE.finditer(text):
        start, end = match.span()
        if not _is_taken(taken, start, end) and (score := phone_score(text, start, end)):
            taken.append(Found(PHONE, score, start, end))
    return sorted(taken, key=lambda one: one.start)


def _is_taken(taken: Sequence[Found], start: int, end: int) -> bool:
    return any(one.start < end and start < one.end for one in taken)
