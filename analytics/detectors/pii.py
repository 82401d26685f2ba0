"""Personal data that an answer gives away, or that a user brings along."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Evidence, EvidenceField, Severity, Turn, Unjudged, Verdict
from analytics.detectors.pii_people import People, people
from backend.names.finder import Span
from backend.sensitive.personal import PHONE, READ, Found, found

HOME: Final = "somebody's postal address"
_SHOWN, _AIDS_SHOWN = 6, 40
_DOUBTED: Final = 0.4
_OF_PLACES: Final = re.compile(
    r"(?i)\b(?:their|thier|its|it's|it has|them|there|they|hotels?|rooms?|restaurants?|salons?|clinics?|offices?"
    r"|venues?|property|dentists?|doctors?|stylists?|reservation|booked|address|located|rating|(?:phone |the )+number"
    r"|customer service|hotline)\b"
)
_OF_SOMEBODY: Final = re.compile(
    r"(?i)\b(?:his|hers?|my|him|customers?|patients?|employees?|mobile|cell|home|personal|private|mr|mrs|ms)\b"
    r"|your (?:phone|number)"
)
_ASKED: Final = re.compile(r"(?i)\b(?:phone|telephone|number|contact|call|reach)\b")
_PLAIN: Final = re.compile(r"[\W_]+")


class Pii(Detector):
    """Personal data stands here: a card, account, identity or telephone number, an address by mail or network.

    By shape, by the check digits their issuers publish and by the words beside them; test cards, reserved networks,
    addresses of offices and placeholders of documentation are left out. In an answer only what the user did not say
    before counts, and no telephone number, mail address or date that a tool's record or a place looked up gave it;
    grave where somebody could be robbed or impersonated with it, of low severity where users write it themselves.
    A postal address counts where the answer says that it is a customer's, patient's or such and nothing in the
    conversation gave it. Other names and addresses are shown with a low score, as an aid for redaction.
    """

    name: ClassVar[str] = "pii"
    version: ClassVar[str] = "3"
    severity: ClassVar[Severity] = "medium"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if not turn.output_text.strip() and not turn.input_text.strip():
            return Unjudged("there is no text")
        named = people(turn)
        homes = [Found(HOME, named.score, one.start, one.end) for one in named.homes]
        answered = [*_not_given(found(turn.output_text), turn), *homes]
        said = found(turn.input_text)
        best = max((one.score for one in (*answered, *said)), default=0.0)
        leaked = [one for one in answered if one.score >= self.threshold]
        told = [one for one in said if one.score >= self.threshold]
        if not leaked and not told:
            return _aid(turn, best, named)
        severity: Severity = "low" if not leaked else "high" if any(one.is_grave for one in leaked) else "medium"
        return self.grade(best, _explained(leaked, told), _cited(turn, leaked, told), severity)


def _aid(turn: Turn, best: float, named: People) -> Clear:
    """Say where names and addresses stand that are nothing by themselves."""
    seen: list[tuple[EvidenceField, Span]] = [("output", one) for one in named.aids]
    seen += [("input", one) for one in named.told]
    if not seen:
        return Clear(best)
    counts = Counter("postal addresses" if one.kind == "address" else "names of persons" for _, one in seen)
    listed = " and ".join(f"{kind} ({count})" for kind, count in sorted(counts.items()))
    places = tuple(turn.cite(where, one.start, one.end) for where, one in seen[:_AIDS_SHOWN])
    return Clear(max(best, named.score), f"What may be {listed} stands here, which is nothing by itself.", places)


def _not_given(answered: Sequence[Found], turn: Turn) -> list[Found]:
    """What an answer says that the user has not said in this conversation, as far as it is known."""
    if not answered:
        return []
    given = "\n".join(_plain(text) for text in (turn.input_text, *(one.user for one in turn.earlier)))
    left = [one for one in answered if _plain(turn.output_text[one.start : one.end]) not in given]
    return [replace(one, score=min(one.score, _DOUBTED)) if _is_meant(one, turn) else one for one in left]


def _is_meant(one: Found, turn: Turn) -> bool:
    """Whether telling it is the assistant's work: read from a tool's record, or of a place one wants to call."""
    if one.is_grave:
        return False
    value = _plain(turn.output_text[one.start : one.end])
    if any(value in _plain(call.result) for call in turn.tool_calls):
        return True
    return one.kind == PHONE and _is_of_a_place(one, turn)


def _is_of_a_place(phone: Found, turn: Turn) -> bool:
    """Whether a number was looked up for somebody who wants to call a shop, hotel or office."""
    before = turn.output_text[max(0, phone.start - 80) : phone.start]
    around = before + turn.output_text[phone.end : phone.end + 40]
    if not turn.input_text.strip() or _OF_SOMEBODY.search(around) or _OF_SOMEBODY.search(turn.input_text[:READ]):
        return False
    return bool(_OF_PLACES.search(around) or _ASKED.search(turn.input_text[:READ]))


def _plain(text: str) -> str:
    return _PLAIN.sub("", text[:READ]).lower()


def _cited(turn: Turn, leaked: Sequence[Found], told: Sequence[Found]) -> tuple[Evidence, ...]:
    ways = ((partial(turn.cite, "output"), leaked), (partial(turn.cite, "input"), told))
    return tuple(cite(one.start, one.end) for cite, parts in ways for one in parts)[:_SHOWN]


def _explained(leaked: Sequence[Found], told: Sequence[Found]) -> str:
    if leaked:
        return f"The answer gives {_listed(leaked)} that the user did not give in this conversation."
    return f"The user wrote {_listed(told)}."


def _listed(parts: Sequence[Found]) -> str:
    names = list(dict.fromkeys(one.kind for one in sorted(parts, key=lambda one: -one.score)))
    text = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return text + (f" ({len(parts)} in all)" if len(parts) > len(names) else "")
