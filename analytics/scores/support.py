"""How far documents carry what an answer says: lexical features of one text against its sources.

No meaning is looked at: on AttributionBench and BEGIN vectors of sentences and tokens add .01 AUROC to these in folds
and cost eighty times as much (docs/heads/groundedness.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from analytics.scores.words import NEGATION, STOP, Sentence, Word, coverage, lines, sentences, weight, words

SOURCE_LIMIT: Final = 24_000
"""Code points of the sources that are read: beyond, an answer of a few sentences finds every word somewhere."""

_PERSONAL: Final = frozenset(
    lines("""
    i my me i'm i've i'd i'll you your you're we our us
""")
)
_CHATTY: Final = frozenset(
    lines("""
    think guess believe feel love like hope sure know sorry maybe probably oh yeah yes haha wow lol cool hi hello
""")
)
_NEAR: Final = 8
_PLACES: Final = 50


class Runs:
    """Every run of words of a text, as a suffix automaton (Blumer et al. 1985): built and read in linear time.

    A table of places would be quadratic in a text that says one word over and over.
    """

    def __init__(self, order: Iterable[str]) -> None:
        self.steps: list[dict[str, int]] = [{}]
        self.links = [-1]
        self.lengths = [0]
        self._last = 0
        for name in order:
            self._add(name)

    def _add(self, name: str) -> None:
        new = self._state(self.lengths[self._last] + 1, 0, {})
        at = self._last
        while at >= 0 and name not in self.steps[at]:
            self.steps[at][name] = new
            at = self.links[at]
        if at >= 0:
            self.links[new] = self._split(at, name)
        self._last = new

    def _split(self, at: int, name: str) -> int:
        """The state after ``name`` that holds only runs that end there, made where there is none."""
        after = self.steps[at][name]
        if self.lengths[after] == self.lengths[at] + 1:
            return after
        copy = self._state(self.lengths[at] + 1, self.links[after], dict(self.steps[after]))
        while at >= 0 and self.steps[at].get(name) == after:
            self.steps[at][name] = copy
            at = self.links[at]
        self.links[after] = copy
        return copy

    def _state(self, length: int, link: int, steps: dict[str, int]) -> int:
        self.lengths.append(length)
        self.links.append(link)
        self.steps.append(steps)
        return len(self.lengths) - 1


@dataclass(frozen=True, slots=True)
class Sources:
    """What an answer may rest on, cut up once for all its sentences."""

    sentences: tuple[frozenset[str], ...]
    negations: tuple[int, ...]
    windows: tuple[frozenset[str], ...]
    order: tuple[str, ...]
    stems: frozenset[str]
    grams: tuple[frozenset[tuple[str, ...]], ...]
    places: dict[str, list[int]]
    runs: Runs
    count: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> Sources:
        """Cut up the texts of documents; what was cut last is kept, as scores and causes read the same."""
        return _sources(tuple(text[:SOURCE_LIMIT] for text in texts))

    @classmethod
    def cut(cls, texts: Sequence[str]) -> Sources:
        """Cut them up anew."""
        cut = sentences(" \n".join(texts)[:SOURCE_LIMIT])
        sets = tuple(frozenset(word.stem for word in one.words) for one in cut)
        order = tuple(word.stem for one in cut for word in one.words)
        places: dict[str, list[int]] = {}
        for place, name in enumerate(order):
            places.setdefault(name, []).append(place)
        return cls(
            sentences=sets,
            negations=tuple(_negations(one.words) for one in cut),
            windows=tuple(frozenset().union(*sets[at : at + 3]) for at in range(len(sets))),
            order=order,
            stems=frozenset(order),
            grams=tuple(frozenset(_grams(order, size)) for size in (2, 3, 4)),
            places=places,
            runs=Runs(order),
            count=len(texts),
        )


@lru_cache(maxsize=64)
def _sources(texts: tuple[str, ...]) -> Sources:
    return Sources.cut(texts)


def features(answer: Sequence[Sentence], sources: Sources, question: frozenset[str]) -> dict[str, float]:
    """Measure the support of some sentences of an answer.

    Args:
        answer: the sentences, at least one.
        sources: with at least one sentence.
        question: stems of what was asked: repeating it proves nothing.

    Returns:
        Numbers by name; shares are 0 to 1, sums are logarithms.
    """
    said = [word for one in answer for word in one.words]
    content = [word for one in answer for word in one.content]
    novel = [word for word in content if word.stem not in question]
    return {
        **_covered(answer, content, novel, sources),
        **_ordered(said, content, sources),
        **_missing(answer, content, said, sources),
        **_manner(answer, said, content, sources),
        "asked": coverage(content, question),
        "asked_found": _share(question, sources.stems),
    }


def missing(answer: Iterable[Word], sources: Sources) -> list[Word]:
    """Words with meaning that stand nowhere in the sources."""
    return [one for one in answer if one.stem not in sources.stems and one.text.lower() not in STOP]


def stems_of(text: str) -> frozenset[str]:
    """Stems of the words with meaning of a text."""
    return frozenset(word.stem for word in words(text) if word.text.lower() not in STOP)


def _covered(
    answer: Sequence[Sentence], content: Sequence[Word], novel: Sequence[Word], sources: Sources
) -> dict[str, float]:
    rows = [
        (
            max(1, len(one.content)),
            coverage(one.content, sources.stems),
            _best(one.content, sources.sentences),
            _best(one.content, sources.windows),
        )
        for one in answer
    ]
    total = sum(row[0] for row in rows)
    return {
        "covered": coverage(content, sources.stems),
        "covered_plain": sum(word.stem in sources.stems for word in content) / max(1, len(content)),
        "covered_least": min(row[1] for row in rows),
        "covered_first": rows[0][1],
        "covered_last": rows[-1][1],
        "sentence": sum(row[0] * row[2] for row in rows) / total,
        "sentence_least": min(row[2] for row in rows),
        "window": sum(row[0] * row[3] for row in rows) / total,
        "window_least": min(row[3] for row in rows),
        "novel_covered": coverage(novel, sources.stems),
        "novel_sentence": _best(novel, sources.sentences),
        "novel_window": _best(novel, sources.windows),
    }


def _ordered(said: Sequence[Word], content: Sequence[Word], sources: Sources) -> dict[str, float]:
    order = [word.stem for word in said]
    plain = sum(word.stem in sources.stems for word in content) / max(1, len(content))
    shares = []
    for size, known in zip((2, 3, 4), sources.grams, strict=True):
        grams = _grams(order, size)
        shares.append(sum(gram in known for gram in grams) / len(grams) if grams else plain)
    longest = _longest_run(order, sources.runs)
    found = [word.stem for word in content if word.stem in sources.stems]
    pairs = list(pairwise(found))
    near = sum(_near(first, second, sources) for first, second in pairs)
    return {
        "pairs": shares[0],
        "triples": shares[1],
        "quadruples": shares[2],
        "run_share": longest / len(order),
        "run": math.log1p(longest),
        "near": near / len(pairs) if pairs else 1.0,
    }


def _missing(
    answer: Sequence[Sentence], content: Sequence[Word], said: Sequence[Word], sources: Sources
) -> dict[str, float]:
    numbers = [word for word in said if word.is_number]
    first = {one.words[0].start for one in answer}
    names = [word for word in content if word.text[0].isupper() and word.start not in first]
    out = sorted((weight(word.stem) for word in content if word.stem not in sources.stems), reverse=True)
    return {
        "numbers": float(min(5, len(numbers))),
        "numbers_missing": _absent(numbers, sources),
        "names": float(min(8, len(names))),
        "names_missing": _absent(names, sources),
        "missing_first": out[0] if out else 0.0,
        "missing_second": out[1] if len(out) > 1 else 0.0,
        "missing_third": out[2] if len(out) > 2 else 0.0,
        "missing_count": math.log1p(len(out)),
        "missing_weight": math.log1p(sum(out)),
    }


def _manner(
    answer: Sequence[Sentence], said: Sequence[Word], content: Sequence[Word], sources: Sources
) -> dict[str, float]:
    low = [word.text.lower().replace("’", "'") for word in said]
    denied = min(2, _negations(said))
    closest = max(range(len(sources.sentences)), key=lambda at: coverage(content, sources.sentences[at]))
    return {
        "personal": sum(word in _PERSONAL for word in low) / len(low),
        "chatty": sum(word in _CHATTY for word in low) / len(low),
        "negations": float(denied),
        "negation_differs": float(abs(denied - min(2, sources.negations[closest]))),
        "words": math.log(len(said)),
        "sentences": math.log(len(answer)),
        "source_words": math.log(len(sources.order)),
        "sources": math.log(max(1, sources.count)),
    }


def _best(parts: Sequence[Word], among: Sequence[frozenset[str]]) -> float:
    weights: dict[str, float] = {}
    for word in parts:
        weights[word.stem] = weights.get(word.stem, 0.0) + weight(word.stem)
    total = sum(weights.values())
    if not total:
        return 1.0
    return max(sum(value for name, value in weights.items() if name in one) for one in among) / total


def _share(stems: frozenset[str], known: frozenset[str]) -> float:
    total = sum(weight(one) for one in stems)
    return sum(weight(one) for one in stems & known) / total if total else 1.0


def _absent(parts: Sequence[Word], sources: Sources) -> float:
    return sum(word.stem not in sources.stems for word in parts) / len(parts) if parts else 0.0


def _grams(order: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(order[at : at + size]) for at in range(len(order) - size + 1)]


def _longest_run(order: Sequence[str], runs: Runs) -> int:
    """Words of the longest run that stands in both, in time linear in the answer."""
    longest = length = state = 0
    for name in order:
        while state and name not in runs.steps[state]:
            state = runs.links[state]
            length = runs.lengths[state]
        if name in runs.steps[state]:
            state = runs.steps[state][name]
            length += 1
        longest = max(longest, length)
    return longest


def _near(first: str, second: str, sources: Sources) -> bool:
    others = sources.places[second][:_PLACES]
    return any(abs(one - other) <= _NEAR for one in sources.places[first][:_PLACES] for other in others)


def _negations(said: Iterable[Word]) -> int:
    return sum(word.text.lower().replace("’", "'") in NEGATION for word in said)
