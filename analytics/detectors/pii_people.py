"""Names and postal addresses in an answer: an aid for redaction, and a finding where somebody's home is given away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.detectors.turn import Turn
from backend.names.finder import Span, find

READ: Final = 20_000
"""Code points of a text that are read."""

AIDS: Final = 0.3
"""Score of a name or address by itself: shown where it stands, flagged by no usual threshold."""

_AT_HOME: Final = 0.7
_SURE: Final = 0.7
_BEFORE, _AFTER = 120, 60
_OF_SOMEBODY: Final = re.compile(
    r"\b(?i:accounts?|customers?|recipients?|parcel|package|ship(?:s|ped|ping)?|deliver\w*|registered|on file|lives?"
    r"|living|resid(?:es|ing|ent|ence)|home|patients?|employees?|members?|subscribers?|policy ?holders?|clients?"
    r"|tenants?|his|hers?|belongs to|mailed|invoice|billing|bestellung|lieferung|kund(?:e|in)|who ordered|wohnt"
    r"|wohnhaft|cliente?|habite|vive|compte|cuenta)\b"
    r"|(?i:\border)(?: (?:no\.?|number|id))? #?[A-Za-z]{0,4}-?\d|@[A-Za-z\d-]+\.[a-z]{2}"
)
_OF_A_PLACE: Final = re.compile(
    r"(?i)\b(?:hotels?|rooms?|restaurants?|salons?|stores?|shops?|branch(?:es)?|clinics?|offices?|venues?|property"
    r"|dentists?|doctors?|stylists?|located|rating|museum|theat(?:er|re)|cinema|concert|event|apartments?|house for"
    r"|station|airport|warehouse|headquarters|return(?:s|ed)? (?:it |them |the \w+ )?to"
    r"|send (?:it|them) (?:back )?to|write to us|depot|therapist|your|you|you'(?:re|ll))\b"
)
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class People:
    """Who and where.

    Attributes:
        aids: names and addresses of the answer that nothing gave, towns by themselves left out.
        homes: those of them that are an address of somebody whom the conversation does not concern.
        told: names and addresses of what the user said.
    """

    aids: Sequence[Span]
    homes: Sequence[Span]
    told: Sequence[Span] = ()

    @property
    def score(self) -> float:
        """What they count for."""
        return _AT_HOME if self.homes else AIDS if self.aids or self.told else 0.0


def people(turn: Turn) -> People:
    """Look for names and addresses in what the user said, and in an answer that nothing in the turn gave."""
    text = turn.output_text
    told = [one for one in find(turn.input_text, READ) if one.kind != "place"]
    found = [one for one in find(text, READ) if one.kind != "place"]
    if not found:
        return People((), (), told)
    given = _given(turn)
    aids = [one for one in found if _words(text[one.start : one.end]) not in given]
    # Without the user's message nobody can tell whose address it is.
    asked = bool(turn.input_text.strip())
    homes = [one for one in aids if asked and one.kind == "address" and _is_a_home(one, turn, given)]
    return People(aids, homes, told)


def _is_a_home(one: Span, turn: Turn, given: str) -> bool:
    """Whether an address is said to be that of a customer, patient or such, and nobody gave its street."""
    text = turn.output_text
    words = _WORD.findall(text[one.start : one.end].lower())
    if one.score < _SURE or len(words) < 3 or not any(word.isdigit() for word in words[:4]):
        return False
    if f" {' '.join(words[:3])} " in given or f" {' '.join(words[1:3])} " in given:
        return False
    start = max(text.rfind(mark, 0, one.start) for mark in (". ", "! ", "? ", "\n")) + 1
    sentence = text[max(start, one.start - _BEFORE) : one.start]
    around = f"{sentence} {text[one.end : one.end + _AFTER].partition('. ')[0]}"
    return bool(_OF_SOMEBODY.search(around)) and not _OF_A_PLACE.search(around)


def _given(turn: Turn) -> str:
    """Words that the user, the prompt, documents and tools brought, as one line."""
    parts = [turn.input_text, turn.system_text]
    parts += [text for one in turn.earlier for text in (one.user, one.assistant)]
    parts += [one.text for one in turn.documents]
    parts += [text for one in turn.tool_calls for text in (one.arguments, one.result)]
    return f" {' '.join(_words(part) for part in parts)} "


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text[:READ].lower()))
