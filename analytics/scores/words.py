"""Texts as sentences and weighted words: the ground of every lexical score.

Weights are inverse document frequencies counted once over openly licensed text and shipped as a small table, so
that a score of a turn does not depend on which other turns were in its batch.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

WORD: Final = re.compile(r"\d+(?:[.,:/]\d+)*%?|[^\W\d_]+(?:['’][^\W\d_]+)?")
SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+|\n+|(?<=[。！？])")
CITATION: Final = re.compile(r"\[\d+(?:\s*[,;]\s*\d+)*\]")


def lines(text: str) -> list[str]:
    """Words of a list that is written over several lines."""
    return text.split()


STOP: Final = frozenset(
    lines("""
    a about above after again against all also am an and any are aren't as at be because been before being below
    between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each few
    for from further get got had has hasn't have haven't having he he'd he's her here here's hers herself him
    himself his how how's i i'd i'll i'm i've if in into is isn't it it's its itself just let's me more most my
    myself of off on once one only or other our ours ourselves out over own same she she's should so some such than
    that that's the their theirs them themselves then there there's these they they're they've this those through to
    too under until up upon us very was wasn't we we'd we're we've were weren't what what's when where which while
    who who's whom why will with won't would wouldn't you you'd you'll you're you've your yours yourself may might
    must shall well like however therefore thus
""")
)
NEGATION: Final = frozenset(
    lines("""
    not no never none nobody nothing neither nor without cannot can't don't doesn't didn't won't isn't aren't wasn't
    weren't hasn't haven't hadn't shouldn't wouldn't couldn't unlikely unable fail failed fails lack lacks
""")
)
_SUFFIXES: Final = (
    ("ational", "ate"), ("ization", "ize"), ("fulness", "ful"), ("iveness", "ive"), ("ousness", "ous"),
    ("ements", ""), ("ement", ""), ("ments", ""), ("ment", ""), ("ations", "at"), ("ation", "at"), ("nesses", ""),
    ("ness", ""), ("ingly", ""), ("edly", ""), ("ings", ""), ("ing", ""), ("ies", "y"), ("ied", "y"), ("ers", ""),
    ("ors", ""), ("er", ""), ("or", ""), ("ions", ""), ("ion", ""), ("ally", "al"), ("ly", ""), ("ives", ""),
    ("ive", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", ""),
)  # fmt: skip
_TABLE: Final = Path(__file__).parent / "weights" / "idf.json"


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands: its stem, its place in the text and its spelling."""

    stem: str
    start: int
    end: int
    text: str

    @property
    def is_number(self) -> bool:
        """Whether it is written in digits."""
        return self.text[0].isdigit()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a text between two ends of sentences, with its words."""

    start: int
    end: int
    words: tuple[Word, ...]

    @property
    def content(self) -> tuple[Word, ...]:
        """Words that carry meaning: no stop words."""
        return tuple(word for word in self.words if word.text.lower() not in STOP)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Bring a word to a form that its inflections share; light, for English, harmless elsewhere.

    >>> [stem(word) for word in ("Costs", "costing", "cities", "running", "1,000")]
    ['cost', 'cost', 'city', 'run', '1000']
    """
    word = unicodedata.normalize("NFKD", word.lower().replace("’", "'")).removesuffix("'s")
    word = "".join(char for char in word if not unicodedata.combining(char))
    if word[:1].isdigit():
        return word.replace(",", "").rstrip("%")
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word.removesuffix(suffix) + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        return word[:-1]
    return word


def words(text: str, start: int = 0) -> Iterator[Word]:
    """Give the words of a text in order; ``start`` is where the text begins in the whole."""
    for found in WORD.finditer(text):
        yield Word(stem(found[0]), start + found.start(), start + found.end(), found[0])


def sentences(text: str) -> tuple[Sentence, ...]:
    """Cut a text into sentences with at least one word; marks of citation like ``[2]`` are not words.

    >>> [text[one.start:one.end] for text in ["It costs $5. Really? Yes"] for one in sentences(text)]
    ['It costs $5.', 'Really?', 'Yes']
    """
    return _cut(text)


@lru_cache(maxsize=512)
def _cut(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text, which several scores of one turn ask for."""
    plain = CITATION.sub(lambda mark: " " * len(mark[0]), text)
    found, start = [], 0
    for end in [*SENTENCE_END.finditer(plain), None]:
        stop = end.start() if end else len(plain)
        piece = plain[start:stop]
        inside = tuple(words(piece, start))
        if inside:
            left = start + len(piece) - len(piece.lstrip())
            found.append(Sentence(left, start + len(piece.rstrip()), inside))
        start = end.end() if end else stop
    return tuple(found)


@cache
def _weights() -> tuple[dict[str, float], float]:
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    total = table["documents"]
    return {name: math.log(total / count) for name, count in table["counts"].items()}, math.log(total)


def weight(one: str) -> float:
    """Say how much a stem tells: 0 for what stands in every text, about 10 for what stands in none."""
    known, most = _weights()
    return known.get(one, most)


def coverage(parts: Sequence[Word], by: frozenset[str] | set[str]) -> float:
    """Share of the weight of words that is found among stems; 1.0 where there is nothing to find."""
    total = sum(weight(word.stem) for word in parts)
    return sum(weight(word.stem) for word in parts if word.stem in by) / total if total else 1.0
