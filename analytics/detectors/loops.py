"""Measures of how much a text repeats itself, from exact loops at its end to noisy ones throughout."""

import re
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW = 20_000
"""Code points looked at, from the end: a runaway answer loops until it is stopped."""

_WORD = re.compile(r"[^\W\d_]+|\d+|_+")
_TAIL = 4_000


@dataclass(frozen=True, slots=True)
class Tail:
    """An exact loop at the end of a text: its last ``covered`` code points repeat with ``period``."""

    period: int
    covered: int

    @property
    def repeats(self) -> float:
        """How many times the unit stands there, the last one perhaps cut off."""
        return self.covered / self.period if self.period else 0.0


def compression_ratio(text: str) -> float:
    """Give compressed size over size, by zlib at level 6: 0.4 to 0.7 for prose, below 0.1 for loops."""
    raw = text.encode("utf-8", "surrogatepass")
    return len(zlib.compress(raw, 6)) / len(raw) if raw else 1.0


def tail_loop(text: str) -> Tail:
    """Find the exact loop at the end of a text that covers most of it.

    The border array of the reversed tail gives the smallest period of every suffix at once.

    Source: Knuth, Morris and Pratt (1977), SIAM J. Comput. 6:323.

    >>> tail_loop("Well, yes and no and no and no and no")
    Tail(period=7, covered=28)
    """
    reversed_tail = text[: -_TAIL - 1 : -1]
    borders = [0] * len(reversed_tail)
    best = Tail(0, 0)
    border = 0
    for i in range(1, len(reversed_tail)):
        while border and reversed_tail[i] != reversed_tail[border]:
            border = borders[border - 1]
        border += reversed_tail[i] == reversed_tail[border]
        borders[i] = border
        if 3 * (i + 1 - border) <= i + 1:  # the unit fits three times
            best = Tail(i + 1 - border, i + 1)
    return best


def token_ids(text: str) -> NDArray[np.int64]:
    """Number the words of a text; all numbers are one word, so that a counter hides no loop.

    Signs are left out: with them the bars and constant columns of a table look like a loop.
    """
    seen: dict[str, int] = {}
    found = ("0" if token[0].isdigit() else token for token in map(str.lower, _WORD.findall(text)))
    return np.fromiter((seen.setdefault(token, len(seen)) for token in found), dtype=np.int64)


def repeated_share(tokens: NDArray[np.int64], gram: int = 8, times: int = 3) -> float:
    """Give the share of the second half's tokens that lie in a run of ``gram`` seen at least ``times`` times."""
    if len(tokens) < gram * times:
        return 0.0
    keys = _gram_keys(tokens, gram)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    starts = np.flatnonzero(counts[inverse] >= times)
    covered = np.zeros(len(tokens) + 1, dtype=np.int64)
    np.add.at(covered, starts, 1)
    np.add.at(covered, starts + gram, -1)
    inside = np.cumsum(covered)[:-1] > 0
    return float(inside[len(tokens) // 2 :].mean())


def word_ids(text: str) -> NDArray[np.int64]:
    """Number the blank-separated words of a text, numbers as they are; bare signs, as of a table, are none."""
    seen: dict[str, int] = {}
    words = (word for word in text.lower().split() if any(map(str.isalnum, word)))
    found = (seen.setdefault(word, len(seen)) for word in words)
    return np.fromiter(found, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class LagMatch:
    """How well a text's second half agrees with itself one round earlier.

    Attributes:
        share: of the words equal to the word ``lag`` before.
        lag: the length of a round, in words.
        words: how many words the second half has.
        vocabulary: how many different words a round has.
    """

    share: float
    lag: int
    words: int
    vocabulary: int

    @property
    def rounds(self) -> float:
        """How many rounds the second half holds."""
        return self.words / self.lag if self.lag else 0.0


def lag_match(words: NDArray[np.int64], longest: int = 200) -> LagMatch:
    """Find the distance at which the second half of a text agrees best with itself.

    Unlike an exact period this forgives a word or counter that changes in every round.
    """
    half = words[len(words) // 2 :]
    lags = range(2, min(longest, len(half) // 3) + 1)
    if not lags:
        return LagMatch(0.0, 0, len(half), 0)
    shares = [float((half[lag:] == half[:-lag]).mean()) for lag in lags]
    best = lags[int(np.argmax(shares))]
    return LagMatch(max(shares), best, len(half), len(np.unique(half[-best:])))


def frequent_run(text: str, gram: int = 8) -> list[tuple[int, int]]:
    """Find where the most frequent run of words first and last stands, as offsets; empty for short texts."""
    spans = [match.span() for match in _WORD.finditer(text)]
    if len(spans) < gram:
        return [(0, len(text))]
    _, first, inverse, counts = np.unique(
        _gram_keys(token_ids(text), gram), return_index=True, return_inverse=True, return_counts=True
    )
    most = int(counts.max())
    top = min((int(first[i]), i) for i in np.flatnonzero(counts == most))[1]
    places = np.flatnonzero(inverse == top)
    starts = sorted({int(places[0]), int(places[-1])})
    return [(spans[start][0], spans[start + gram - 1][1]) for start in starts]


def _gram_keys(tokens: NDArray[np.int64], gram: int) -> NDArray[np.int64]:
    """One wrapping 64-bit polynomial hash a run; a clash among 10^4 runs has odds of about 10^-11."""
    keys = np.zeros(len(tokens) - gram + 1, dtype=np.uint64)
    for i in range(gram):
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + tokens[i : i + len(keys)].astype(np.uint64)
    return keys.view(np.int64)
