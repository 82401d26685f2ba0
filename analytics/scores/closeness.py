"""How close an answer is to its question: features of two texts and of the vectors of their parts.

Nearness of meaning and shared rare words each fail where the other holds: a poem shares no word with what asked for
it, an answer to a neighbouring question is as near as the right one. How much a missing word says depends on how many
there could be, so both also count by the length of the shorter text. The model of meaning and the weights of words know
English; for other languages runs of letters and pairs of words are compared as well.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from analytics.scores.support import stems_of
from analytics.scores.words import STOP, weight, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

READ: Final = 4_000
"""Code points that are read of each text."""

WHOLE: Final = 1_000
TAIL: Final = 800
"""Code points of a question that its vector surely tells of, and those at its end that get one of their own beyond."""

ENGLISH: Final = 0.97
"""Share of the letters of a text that must be ASCII; a language in the same letters passes."""

_LONG: Final = 4.0
_WORD: Final = re.compile(r"[^\W_]+")
_SIGNS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
"""Scripts that put no blanks between words."""

_BEGINNING: Final = 5
_SCRIPT: Final = 1_500
_APART: Final = 0.4
_MAKES: Final = re.compile(
    r"\b(?:write|compose|creat\w*|generat\w*|invent|imagine|brainstorm|craft|design|draft|come up with|make up|rewrite|"
    r"rephrase|paraphrase|edit|continue|complete|summari[sz]e|translat\w+|convert|describe|suggest|give|provide|name|"
    r"list|construct|develop|produce|story|poem|haiku|tweet|joke|song|lyrics?|essay|caption|slogan|headline|dialogue|"
    r"script|role ?play|pretend|act as|examples?|classify|identify|find|fictional?)\b",
    re.IGNORECASE,
)
"""Asks for a text to be made or worked on."""

_FREE: Final = re.compile(
    r"\b(?:story|stories|poem|poetry|haiku|sonnet|limerick|tweet|joke|song|lyrics?|rap|essay|caption|slogan|headline|"
    r"tagline|title|dialogue|script|screenplay|scene|fictional?|novel|character|verse|letter|post|blog|ad|advert\w*|"
    r"email|paragraph|sentences?|role ?play|pretend|imagine|creative|humou?rous|funny|narrative|metaphor|riddle|names?|"
    r"quote|examples?|random)\b",
    re.IGNORECASE,
)
"""Asks for a kind of text that may be about anything."""


def english(question: str, answer: str, near: float, nearest: float) -> dict[str, float]:
    """Measure how close two English texts are.

    Args:
        question: what was asked.
        answer: what came back.
        near: cosine of the question and the beginning of the answer.
        nearest: highest cosine of any part of the one and any part of the other, at least ``near``.

    Returns:
        Numbers by name; counts of words are logarithms of one more, shares of words logarithms with a floor.
    """
    question, answer = question[:READ], answer[:READ]
    asked, told = stems_of(question), stems_of(answer)
    both = asked & told
    least = min(sum(map(weight, asked)), sum(map(weight, told)))
    share = math.log((sum(map(weight, both)) / least if least else 0.0) + 0.05)
    length = min(math.log1p(min(len(asked), len(told))), _LONG)
    makes, free = float(bool(_MAKES.search(question[:300]))), float(bool(_FREE.search(question[:600])))
    return {
        "near": near,
        "nearest": nearest,
        "nearest_by_length": nearest * length,
        "words": share,
        "words_by_length": share * length,
        "phrases": math.log1p(len(_phrases(question) & _phrases(answer))),
        "rarest": max(map(weight, both), default=0.0),
        "asked": math.log1p(len(asked)),
        "told": math.log1p(len(told)),
        "length": length,
        "makes": makes,
        "makes_nearest": makes * nearest,
        "makes_words": makes * share,
        "free": free,
        "free_nearest": free * nearest,
        "free_words": free * share,
    }


def other(question: str, answer: str, near: float, nearest: float) -> dict[str, float]:
    """Measure how close two texts are of which one at least is not English; arguments as for `english`.

    Returns:
        Numbers by name; cosines and shares of runs of letters are logarithms with a floor.
    """
    question, answer = _plain(question), _plain(answer)
    same = float(_script(question) == _script(answer) and abs(_ascii(question) - _ascii(answer)) < _APART)
    return {
        "near": near,
        "nearest": nearest,
        "triples": _cosine(_runs(question, 3), _runs(answer, 3), 0.03),
        "fours": _cosine(_runs(question, 4), _runs(answer, 4), 0.03),
        "pairs": math.log1p(len(_pairs(question) & _pairs(answer))),
        "asked": math.log1p(len(question)),
        "told": math.log1p(len(answer)),
        "same_script": same,
        "near_otherwise": (1 - same) * near,
        "beginnings_same": same * _cosine(_beginnings(question), _beginnings(answer), 0.03),
    }


def parts(question: str, answer: str, embedded: int) -> tuple[list[str], list[str]]:
    """Give the further parts of a question and of an answer that get a vector of their own; at most one and two.

    Args:
        question: what was asked.
        answer: what came back.
        embedded: code points of the answer that its vector is of.
    """
    tail = [question[-TAIL:]] if len(question) > WHOLE else []
    later = [answer[start : start + WHOLE] for start in (embedded, embedded + WHOLE)]
    return [one for one in tail if one.strip()], [one for one in later if one.strip()]


def nearest_of(asked: NDArray[np.float32], told: NDArray[np.float32]) -> float:
    """Highest cosine between vectors of length 1 of parts; shapes (parts, dimensions)."""
    return float((asked @ told.T).max())


def is_english(text: str) -> bool:
    """Whether nearly all letters are those of English.

    >>> is_english("Where is it?"), is_english("Где она?"), is_english("12")
    (True, False, True)
    """
    return _ascii(text[:READ]) >= ENGLISH


def _phrases(text: str) -> set[tuple[str, str]]:
    """Stems of neighbouring words of content: what an answer takes up of a question it mostly says in its words."""
    return set(pairwise(word.stem for word in words(text) if word.text.lower() not in STOP))


def _ascii(text: str) -> float:
    """Share of the letters that are ASCII; 1 where there are none."""
    letters = [one for one in text if one.isalpha()]
    return sum(one.isascii() for one in letters) / len(letters) if letters else 1.0


def _script(text: str) -> str:
    """Name of the script that most letters of the beginning are of."""
    names = Counter(unicodedata.name(one, "").partition(" ")[0] for one in text[:_SCRIPT] if one.isalpha())
    return names.most_common(1)[0][0] if names else ""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text[:READ].lower())


def _runs(text: str, size: int) -> set[str]:
    plain = f" {' '.join(_WORD.findall(text))} "
    return {plain[at : at + size] for at in range(len(plain) - size + 1)}


def _pairs(text: str) -> set[str]:
    """Neighbouring words; of scripts without blanks neighbouring signs."""
    found: set[str] = set()
    before = ""
    for word in _WORD.findall(text):
        if _SIGNS.search(word):
            found |= {word[at : at + 2] for at in range(len(word) - 1)}
            before = ""
            continue
        if before:
            found.add(f"{before} {word}")
        before = word
    return found


def _beginnings(text: str) -> set[str]:
    """First letters of the longer words, so that endings do not matter; numbers; neighbouring signs."""
    found: set[str] = set()
    for word in _WORD.findall(text):
        if _SIGNS.search(word):
            found |= {word[at : at + 2] for at in range(len(word) - 1)}
        elif len(word) >= _BEGINNING - 1 or (len(word) > 1 and word.isdigit()):
            found.add(word[:_BEGINNING])
    return found


def _cosine(first: set[str], second: set[str], floor: float) -> float:
    """Logarithm of the cosine of two sets, with a floor."""
    return math.log(len(first & second) / max(1.0, math.sqrt(len(first) * len(second))) + floor)
