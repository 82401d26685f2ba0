"""Finding credentials in a text."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from backend.sensitive.secret_kinds import KINDS, Kind

_PLACEHOLDER: Final = re.compile(
    r"(?i)x{4,}|\*{3,}|\.{3}|\.\.\.|example|sample|placeholder|dummy|changeme|your[_-]|my[_-]?(?:secret|token|key|password)"
    r"|insert|replace|redacted|^<.*>$|\$\{|\{\{|%s|env\b|process\.|getenv|abcdef|012345678|123456789|foobar|todo"
    r"|^(?:null|none|true|false|undefined|string|password|secret|token|bearer|basic)$"
)
_NO_VALUE: Final = (
    "id",
    "name",
    "length",
    "url",
    "source",
    "type",
    "path",
    "file",
    "count",
    "limit",
    "uri",
    "endpoint",
)
"""Endings of settings that speak about a credential and do not hold it."""
_DOUBTED: Final = 0.45
_WORDLIKE: Final = re.compile(r"^[A-Za-z_.-]+$")


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """A credential in a text.

    Attributes:
        kind: whose it is.
        score: how sure it is, above 0 to 1.
        start: offset of its first code point.
        end: offset after its last one.
    """

    kind: Kind
    score: float
    start: int
    end: int


def found(text: str) -> list[FoundSecret]:
    """Credentials of a text, each place once, in order."""
    low = text.lower()
    taken: list[FoundSecret] = []
    for kind in KINDS:
        if not any(word in low for word in kind.keywords):
            continue
        for match in kind.pattern.finditer(text):
            start, end = match.span("v") if match.re.groups and match["v"] else match.span()
            if any(one.start < end and start < one.end for one in taken):
                continue
            if score := secret_score(kind, match, start, end):
                taken.append(FoundSecret(kind, score, start, end))
    return sorted(taken, key=lambda one: one.start)


def secret_score(kind: Kind, match: re.Match[str], start: int, end: int) -> float:
    """How sure it is that a match holds a credential between two offsets of its text, 0 to 1; 0 for none."""
    tail = (match["k"] or "").lower() if "k" in match.re.groupindex else ""
    return 0.0 if tail.endswith(_NO_VALUE) else _score(kind, match.string[start:end])


def _score(kind: Kind, value: str) -> float:
    """How sure a shape is of this value; 0 where it is no secret at all."""
    if _PLACEHOLDER.search(value[-60:] if kind.is_named else value):
        return _DOUBTED if kind.is_named else 0.0
    if len(set(value)) < 5:
        return _DOUBTED if kind.is_named else 0.0
    if kind.is_named:
        return kind.sure
    digits = sum(character.isdigit() for character in value)
    if kind.name == "credential in a setting":
        if _WORDLIKE.match(value) or not digits or _entropy(value) < 3.0:
            return 0.0
        return min(kind.sure, 0.25 + 0.1 * _entropy(value))
    return kind.sure


def _entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
