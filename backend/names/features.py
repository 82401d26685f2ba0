"""What a word looks like, what stands beside it, and which lists of names it is on."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

FIRST, LAST, TOWN, COUNTRY, STREET, COMMON = 1, 2, 4, 8, 16, 32
LISTS: Final = {"first": FIRST, "last": LAST, "town": TOWN, "country": COUNTRY, "street": STREET, "common": COMMON}
BREAK: Final = "<br>"
WEIGHTS: Final = Path(__file__).parent / "weights.json.gz"
_TOKEN: Final = re.compile(r"[^\W_]{1,60}(?:['\u2019\-][^\W_]{1,60}){0,3}|\n|[^\w\s]|_")
_FOLDS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"}
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, number, sign or line break of a text.

    Attributes:
        start: offset of its first code point.
        end: offset after its last one.
        key: what features call it: itself where it is a common word or a sign, else its shape.
        shape: kinds of its signs, each run as one.
        lists: bits of the lists that it is on.
        ending: its last three letters.
    """

    start: int
    end: int
    key: str
    shape: str
    lists: int
    ending: str


def words(text: str, known: Mapping[str, int]) -> list[Word]:
    """Cut a text into words; a run of line breaks and blanks is one word."""
    found: list[Word] = []
    for match in _TOKEN.finditer(text):
        piece = match[0]
        if piece == "\n":
            if not found or found[-1].key != BREAK:
                found.append(Word(match.start(), match.end(), BREAK, BREAK, 0, ""))
            continue
        if len(piece) == 1 and not piece.isalnum():
            key = piece if "!" <= piece <= "~" else "~sign"
            found.append(Word(match.start(), match.end(), key, key, 0, ""))
            continue
        low, shape = _look(piece) if len(piece) < 30 else ("", "long")
        lists = known.get(low, 0)
        key = low if lists & (COMMON | STREET) else f"~{shape}"
        found.append(Word(match.start(), match.end(), key, shape, lists, low[-3:]))
    return found


def fold(token: str) -> str:
    """Lower case without accents.

    >>> fold("Łukasz"), fold("D’Arc"), fold("Ångström")
    ('lukasz', "d'arc", 'angstrom')
    """
    low = token.lower()
    if low.isascii():
        return low
    plain = unicodedata.normalize("NFD", low.translate(_FOLDS))
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("\u2019", "'")


@lru_cache(maxsize=20_000)
def _look(token: str) -> tuple[str, str]:
    return fold(token), _shape(token)


def _shape(token: str) -> str:
    if token.isdigit():
        return f"d{min(6, len(token))}"
    kinds = ["d" if one.isdigit() else "X" if one.isupper() else "x" if one.isalpha() else one for one in token]
    return "".join(kind for place, kind in enumerate(kinds) if not place or kind != kinds[place - 1])[:8]


def features(found: Sequence[Word], place: int) -> list[str]:
    """Name what is seen at a place; each name has a weight per label."""
    here = found[place]
    before = found[place - 1] if place else _EDGE
    after = found[place + 1] if place + 1 < len(found) else _EDGE
    earlier = found[place - 2] if place > 1 else _EDGE
    later = found[place + 2] if place + 2 < len(found) else _EDGE
    return [
        f"0{here.key}", f"a{before.key}", f"b{after.key}", f"c{earlier.key}", f"d{later.key}",
        f"e{before.key}|{here.key}", f"f{here.key}|{after.key}", f"g{earlier.key}|{before.key}",
        f"i{here.lists}|{here.shape}", f"k{before.lists}|{here.lists}", f"l{here.lists}|{after.lists}",
        f"m{here.ending}", f"o{before.shape}|{here.shape}|{after.shape}", f"p{before.key}|{here.lists}",
        f"q{here.lists}|{after.key}",
    ]  # fmt: skip


_EDGE: Final = Word(0, 0, "<>", "<>", 0, "")


@dataclass(frozen=True, slots=True)
class Model:
    """A linear chain.

    Attributes:
        labels: names of the labels; ``O`` is among them.
        states: weights by feature, one a label.
        steps: weights of going from a label (row) to a label (column).
        known: bits of lists by folded word.
    """

    labels: tuple[str, ...]
    states: Mapping[str, tuple[float, ...]]
    steps: tuple[tuple[float, ...], ...]
    known: Mapping[str, int]


def read(path: Path = WEIGHTS) -> Model:
    """Read a model that `write` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        kept = json.load(file)
    known: dict[str, int] = {}
    for name, bit in LISTS.items():
        for word in kept["lists"][name].split(" "):
            known[word] = known.get(word, 0) | bit
    states = {name: tuple(value / 100 for value in row) for name, row in kept["states"].items()}
    steps = tuple(tuple(value / 100 for value in row) for row in kept["steps"])
    return Model(tuple(kept["labels"]), states, steps, known)
