"""Where the values of a tool call come from: what was said, looked up and given back before it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from analytics.scores.words import STOP, WORD, stem, weight

READ: Final = 20_000
"""Code points of a text that are read."""

MOST: Final = 40
"""Values of a call that are looked at."""

WRITTEN: Final = 30
"""Words from which on a value is a text that the model wrote, not one that it passes on."""

_NUMBERS: Final = {
    "one": "1", "two": "2", "both": "2", "couple": "2", "pair": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "dozen": "12",
    "single": "1", "double": "2", "triple": "3", "twice": "2", "alone": "1", "half": "0.5",
}  # fmt: skip
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?", re.DOTALL)
_CLOCK: Final = re.compile(r"(\d\d?):(\d\d)(?::\d\d)?")
_CLOCKS: Final = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?!\d)")
_RELATIVE: Final = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|this (?:week|month|morning|afternoon|evening)|next|last"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|weekend|day after)\b",
    re.IGNORECASE,
)
_ORDINAL: Final = re.compile(r"(\d+)(?:st|nd|rd|th)\b", re.IGNORECASE)
_JOINTS: Final = re.compile(r"[\s_/.,:;+-]+")
_JOINED: Final = re.compile(r"[a-z][A-Z]")
_PARTS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""Words of a name such as ``departureDate``."""
_CODED: Final = re.compile(r"(?=\S*[^\W\d_])(?=\S*\d)\S+")
_CODE: Final = re.compile(r"[{};=<>]|\bSELECT\b|\bdef \b|\n")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a call's arguments that came from somewhere.

    Attributes:
        name: of the argument, the innermost where it is nested.
        text: the value as text.
        start: where it stands in the arguments; with ``end`` 0 where it was not found there.
    """

    name: str
    text: str
    start: int = 0
    end: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether it has a digit: numbers, codes, dates and times are passed on, not put in other words."""
        return any(one.isdigit() for one in self.text)


@dataclass(frozen=True, slots=True)
class Known:
    """What was told before a call.

    Attributes:
        stems: of all words, numbers and parts of codes.
        squeezed: the texts in lower case without blanks and strokes.
        is_dated: whether days are named by where they lie from today.
    """

    stems: frozenset[str]
    squeezed: str
    is_dated: bool

    @classmethod
    def of(cls, texts: Sequence[str]) -> Known:
        """Read texts."""
        read = [_read(text[:READ]) for text in texts if text]
        return cls(
            frozenset().union(*(one.stems for one in read)),
            "\n".join(one.squeezed for one in read),
            any(one.is_dated for one in read),
        )

    def share(self, value: Value) -> float:
        """How much of a value was told, 0 to 1."""
        text = value.text
        close = squeezed(text)
        if len(close) >= _LONG and close in self.squeezed:
            return 1.0
        if date := _DATE.fullmatch(text):
            return self._day(date[2], date[3])
        if clock := _CLOCK.fullmatch(text):
            return self._hour(int(clock[1]), clock[2])
        if self._is_short_for(text):
            return 1.0
        if len(close) >= _LONG and _CODED.fullmatch(text):
            return 0.0  # a code with another number is another code
        parts = [part for part in parted(text) if part not in _LOGIC]
        total = sum(map(weight, parts))
        return sum(weight(part) for part in parts if self.has(part)) / total if total else 1.0

    def has(self, part: str) -> bool:
        """Whether a stem or number was told; a word also by its first letters, as people misspell."""
        if part in self.stems:
            return True
        return not part[0].isdigit() and len(part) >= _LONG and part[:_LONG] in self.squeezed

    def _is_short_for(self, text: str) -> bool:
        """Whether it is a code of a few letters, which nobody says (SFO), or a name said by its letters (LA)."""
        if text.isupper() and text.isalpha() and len(text) <= _LONG:
            return True
        first = "".join(word[0] for word in text.lower().split())
        return len(first) > 1 and any(name in self.stems for name in (first, f"{first}c"))

    def _day(self, month: str, day: str) -> float:
        number = str(int(day))
        if number in self.stems and (_MONTHS[(int(month) - 1) % 12] in self.squeezed or str(int(month)) in self.stems):
            return 1.0
        return 0.8 if self.is_dated or number in self.stems else 0.0

    def _hour(self, hour: int, minutes: str) -> float:
        named = {str(hour), str((hour - 1) % 12 + 1), f"{hour:02}"}
        spoken = any(f"{one}{minutes}" in self.squeezed for one in named) or bool(named & self.stems)
        return 1.0 if spoken or {"noon", "morn", "midday", "afternoon", "even", "midnight"} & self.stems else 0.0


_LONG: Final = 4
_PLAIN: Final = frozenset({"0", "1", "true", "false", "yes", "no", "null", "none", "any", "all"})
_LOGIC: Final = frozenset({"or", "and", "not"})


@dataclass(frozen=True, slots=True)
class _Text:
    stems: frozenset[str]
    squeezed: str
    is_dated: bool


@lru_cache(maxsize=256)
def _read(text: str) -> _Text:
    """What a text tells; requests repeat the same instructions and results."""
    found = set(parted(text))
    found |= {_NUMBERS[word] for word in text.lower().split() if word in _NUMBERS}
    found |= {match[1] for match in _ORDINAL.finditer(text)}
    for match in _CLOCKS.finditer(text):
        hour, minutes = int(match[1]), match[2]
        for form in (hour, hour % 12 or 12, (hour + 12) % 24):
            found |= {f"{form}", f"{form}:{minutes}", f"{form:02}:{minutes}"}
    return _Text(frozenset(found), squeezed(text), bool(_RELATIVE.search(text)))


def parted(text: str) -> list[str]:
    """Stems of the words of a text, of the parts of its codes and of its numbers, none twice.

    >>> parted("latte-0002 costs 12.50")
    ['lat', '2', 'cost', '12.5']
    """
    found: dict[str, None] = {}
    for word in WORD.findall(text):
        if word[0].isdigit():
            found[number(word)] = None
        else:
            found |= dict.fromkeys(map(stem, _PARTS.findall(word) if _JOINED.search(word) else [word]))
    return list(found)


def number(text: str) -> str:
    """A number as two are compared.

    >>> number("0002"), number("1,200.50"), number("12:30")
    ('2', '1200.5', '12:30')
    """
    plain = text.replace(",", "").rstrip("%")
    try:
        return f"{float(plain):.10g}"
    except ValueError:
        return plain


def squeezed(text: str) -> str:
    """A text in lower case without blanks and strokes."""
    return _JOINTS.sub("", text.lower())


def values(arguments: str) -> list[Value]:
    """Values of a call that must have come from somewhere, in order.

    Left out are true, false and null, 0 and 1, single letters, and texts that the model wrote itself: code, several
    lines, or more than ``WRITTEN`` words.
    """
    try:
        parsed = json.loads(arguments[:READ])
    except (ValueError, RecursionError):
        return []
    found, at = [], 0
    for name, text in _leaves(parsed):
        if (len(text) < 2 and not text.isdigit()) or text.lower() in _PLAIN or is_written(text):
            continue
        start = next((place for form in _forms(text) if (place := arguments.find(form, at)) >= 0), -1)
        end = start + len(text) if start >= 0 else 0
        found.append(Value(name, text, max(0, start), end))
        at = max(at, end)
        if len(found) >= MOST:
            break
    return found


def is_written(text: str) -> bool:
    """Whether a value is a text of the model's own: code, several lines, many words."""
    return len(text) > 2_000 or bool(_CODE.search(text)) or len(text.split()) > WRITTEN


def _forms(text: str) -> Iterator[str]:
    yield text
    yield json.dumps(text)[1:-1]


def _leaves(value: Any, name: str = "", depth: int = 8) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield from _leaves(inner, str(key), depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _leaves(inner, name, depth - 1)
    elif isinstance(value, str):
        yield name, value.strip()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, f"{value:.10g}" if isinstance(value, float) else str(value)


def declared(schema: str) -> frozenset[str]:
    """Values that a tool's schema names itself, by ``enum``, ``const``, ``default`` or ``examples``, as text."""
    return _declared(schema[: 10 * READ]) if schema else frozenset()


@lru_cache(maxsize=256)
def _declared(schema: str) -> frozenset[str]:
    try:
        parsed = json.loads(schema)
    except (ValueError, RecursionError):
        return frozenset()
    found: set[str] = set()
    waiting = [parsed]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for key in ("enum", "const", "default", "examples"):
                found.update(text for _, text in _leaves(one.get(key)))
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return frozenset(found)


def content(text: str) -> list[str]:
    """Stems of the words with meaning of a text and of its numbers."""
    return [part for part in parted(text[:READ]) if part not in _STOPPED]


_STOPPED: Final = frozenset(map(stem, STOP))
