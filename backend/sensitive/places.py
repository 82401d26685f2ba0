"""Where a text holds what redaction masks.

Wider than what detectors flag: a placeholder, a test card or an office's address costs little when it is masked, and a
real one that is kept costs much. So shape and check digits decide here, at a lower score, and nothing is excused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.sensitive import extra_kinds, personal_kinds, secret_kinds
from backend.sensitive.gates import PHONE, gate
from backend.sensitive.own import OwnPattern
from backend.sensitive.phone import CANDIDATE, phone_score
from backend.sensitive.secrets import secret_score

LEAST: Final = 0.3
"""Score from which on a place is masked."""

_WORDS: Final = {
    "an e-mail address": "EMAIL",
    "a bank account (IBAN)": "IBAN",
    "a payment card": "CARD",
    "a social security number": "SSN",
    "a driver's licence": "LICENCE",
    "a passport": "PASSPORT",
    "an identity or tax number": "ID_NUMBER",
    "a national insurance number": "ID_NUMBER",
    "a tax number (CPF)": "ID_NUMBER",
    "an identity number (DNI)": "ID_NUMBER",
    "a tax code (codice fiscale)": "ID_NUMBER",
    "a bank account": "ACCOUNT",
    "a date of birth": "BIRTH_DATE",
    "an IP address": "IP",
    "a hardware address": "MAC",
    "a crypto wallet": "WALLET",
}
_SECRET_WORDS: Final = {
    "private key": "PRIVATE_KEY",
    "service account": "PRIVATE_KEY",
    "password in an address": "PASSWORD",
    "password of a call": "PASSWORD",
    "credential in a header": "SECRET",
    "credential in a setting": "SECRET",
}
_ESCAPES: Final = re.compile(r"\\[nrtbf]")
_KEY_BEGINS, _KEY_ENDS = "-----BEGIN", "-----END"
_LONGEST_KEY: Final = 16_000


@dataclass(frozen=True, slots=True)
class Place:
    """A datum in a text.

    Attributes:
        start: offset of its first code point.
        end: offset after its last one.
        word: of the token that takes its place, such as ``EMAIL``.
    """

    start: int
    end: int
    word: str


class _Taken:
    """Places that are found; a lookup costs the length of the place, not their number."""

    def __init__(self, size: int) -> None:
        self._found: list[Place] = []
        self._open = bytearray(b"\1") * size

    def add(self, start: int, end: int, word: str) -> None:
        self._found.append(Place(start, end, word))
        self._open[start:end] = bytes(end - start)

    def is_new(self, start: int, end: int) -> bool:
        """Whether some of it is not found yet."""
        return self._open.find(1, start, end) >= 0

    def places(self) -> list[Place]:
        """In order; what overlaps is one place, by the word of what was found first."""
        joined: list[Place] = []
        first: list[int] = []
        for at in sorted(range(len(self._found)), key=lambda at: self._found[at].start):
            one = self._found[at]
            if joined and one.start < joined[-1].end:
                last = joined[-1]
                word = one.word if at < first[-1] else last.word
                joined[-1] = Place(last.start, max(last.end, one.end), word)
                first[-1] = min(first[-1], at)
            else:
                joined.append(one)
                first.append(at)
        return joined


def places(text: str, own: Sequence[OwnPattern] = ()) -> list[Place]:
    """What is to be masked in a text, each place once, in order.

    Args:
        text: any.
        own: patterns of the project.

    Raises:
        GateBroken: the text could not be searched.
    """
    if "\\" in text:  # the letter of an escaped line break is no part of the word behind it
        text = _ESCAPES.sub("  ", text)
    open_gates = gate().kinds(text)
    taken = _Taken(len(text)) if open_gates or own else None
    if taken is None:
        return []
    if open_gates:
        _secrets(text, open_gates, taken)
        _personal(text, open_gates, taken)
    for pattern in own:
        for start, end in pattern.spans(text):
            if taken.is_new(start, end):
                taken.add(start, end, pattern.word)
    return taken.places()


def _secrets(text: str, open_gates: frozenset[str], taken: _Taken) -> None:
    if "private key" in open_gates:
        _private_keys(text, taken)
    for kind in secret_kinds.KINDS:
        if kind.name not in open_gates or kind.name == "private key":
            continue
        for match in kind.pattern.finditer(text):
            start, end = match.span("v") if match.re.groups and match["v"] else match.span()
            if taken.is_new(start, end) and secret_score(kind, match, start, end) >= LEAST:
                taken.add(start, end, _SECRET_WORDS.get(kind.name, "API_KEY"))


def _private_keys(text: str, taken: _Taken) -> None:
    """From its head to its end, or as far as one may reach: looking by the pattern would cost that for each head."""
    at = 0
    while (start := text.find(_KEY_BEGINS, at)) >= 0:
        at = start + len(_KEY_BEGINS)
        head = text.find("PRIVATE KEY", at, at + 75)
        if head < 0:
            continue
        end = text.find(_KEY_ENDS, head, start + _LONGEST_KEY)
        line = text.find("-----", end + len(_KEY_ENDS), end + 100) if end >= 0 else -1
        stop = line + 5 if line >= 0 else end if end >= 0 else min(len(text), start + _LONGEST_KEY)
        taken.add(start, stop, "PRIVATE_KEY")
        at = stop


def _personal(text: str, open_gates: frozenset[str], taken: _Taken) -> None:
    for kind in personal_kinds.KINDS:
        if kind.name not in open_gates:
            continue
        has_v, word = "v" in kind.pattern.groupindex, _WORDS[kind.name]
        for match in kind.pattern.finditer(text):
            start, end = match.span("v") if has_v else match.span()
            if taken.is_new(start, end) and kind.score(text, start, end, placeholders=True) >= LEAST:
                taken.add(start, end, word)
    if PHONE in open_gates:
        for match in CANDIDATE.finditer(text):
            if taken.is_new(*match.span()) and phone_score(text, *match.span(), placeholders=True) >= LEAST:
                taken.add(*match.span(), "PHONE")
    for extra in extra_kinds.KINDS:
        if extra.name in open_gates:
            for match in extra.pattern.finditer(text):
                if taken.is_new(*match.span("v")) and extra.check(match["v"]):
                    taken.add(*match.span("v"), extra.word)
