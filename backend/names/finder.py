"""Find names of persons and postal addresses in a text, for masking them and for saying that they are there.

``find(text)`` is what ingest's masking and the detectors call. It needs nothing but the standard library and the file
of weights beside it, reads at most ``limit`` code points and takes about 10 microseconds a word; what holds no capital
letter, no listed name and no word such as "name" or "street" is not weighed at all.

The method is a linear-chain conditional random field (Lafferty, McCallum and Pereira 2001) over words, their shapes and
lists of names; probabilities of spans come from its forward and backward sums. How right it is stands in
docs/evaluation.md; how it was made in docs/heads/names.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

from backend.names.features import BREAK, COMMON, COUNTRY, FIRST, LAST, STREET, TOWN, Model, Word, features, read, words

Kind: TypeAlias = Literal["person", "address", "place"]

READ: Final = 60_000
"""Code points of a text that are read when nothing else is asked."""

_KINDS: Final[dict[str, Kind]] = {"PER": "person", "ADR": "address", "LOC": "place"}
_AROUND: Final = 10
_LONGEST: Final = 120
_LONGEST_ADDRESS, _LONGEST_NAME, _LONGEST_CODE = 160, 60, 8
_SURE, _SURE_IF_LOW = 0.5, 0.85
_CUES: Final = frozenset((
    "name", "named", "called", "mr", "mrs", "ms", "dr", "sir", "madam", "dear", "hi", "hello", "herr", "frau",
    "monsieur", "madame", "senor", "senora", "signed", "regards", "address", "street", "avenue", "heisse", "sincerely",
    "box", "apt", "suite", "surname", "nickname",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A name or an address in a text.

    Attributes:
        kind: ``person``, ``address`` (with a street, a box or a code) or ``place`` (a town or country by itself).
        start: offset of its first code point.
        end: offset after its last one.
        score: probability by the model, 0 to 1.
    """

    kind: Kind
    start: int
    end: int
    score: float


def find(text: str, limit: int = READ) -> list[Span]:
    """Find names and addresses, in order, none over another.

    Args:
        text: anything; hostile text costs no more than ordinary text.
        limit: code points that are read.
    """
    text = text[:limit]
    model = _model()
    found = words(text, model.known)
    return [span for first, last in _windows(found) for span in _decode(found[first:last], model)]


@cache
def _model() -> Model:
    return read()


def _windows(found: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Parts of a text that may hold a name, each with what stands around it."""
    start = end = 0
    for place, word in enumerate(found):
        if not _is_hot(word):
            continue
        if place - _AROUND > end or place - start > _LONGEST:
            if end > start:
                yield start, end
            start = max(end, place - _AROUND)
        end = min(len(found), place + _AROUND)
    if end > start:
        yield start, end


def _is_hot(word: Word) -> bool:
    if word.key in _CUES or word.lists & STREET:
        return True
    if word.lists & COMMON:
        return False
    if word.lists & (FIRST | LAST | TOWN | COUNTRY):
        return True
    return word.shape[:1] == "X" and word.shape != "X"


def _decode(part: Sequence[Word], model: Model) -> list[Span]:
    scores = [_weigh(features(part, place), model) for place in range(len(part))]
    path = _best(scores, model)
    outside = model.labels.index("O")
    if all(label == outside for label in path):
        return []
    chances = _chances(scores, model)
    return list(_spans(part, path, chances, model))


def _weigh(names: Sequence[str], model: Model) -> list[float]:
    rows = [row for name in names if (row := model.states.get(name))]
    return [sum(column) for column in zip(*rows, strict=True)] if rows else [0.0] * len(model.labels)


def _best(scores: Sequence[Sequence[float]], model: Model) -> list[int]:
    """The likeliest labels (Viterbi)."""
    size = range(len(model.labels))
    into = list(zip(*model.steps, strict=True))
    reached = list(scores[0])
    came: list[list[int]] = []
    for row in scores[1:]:
        options = [[value + step for value, step in zip(reached, into[label], strict=True)] for label in size]
        best = [max(option) for option in options]
        came.append([option.index(top) for option, top in zip(options, best, strict=True)])
        reached = [top + value for top, value in zip(best, row, strict=True)]
    path = [max(size, key=lambda label: reached[label])]
    for back in reversed(came):
        path.append(back[path[-1]])
    return path[::-1]


def _chances(scores: Sequence[Sequence[float]], model: Model) -> list[list[float]]:
    """Probability of each label at each word, by forward and backward sums."""
    steps = [[math.exp(value) for value in row] for row in model.steps]
    into = list(zip(*steps, strict=True))
    local = []
    for row in scores:
        top = max(row)
        local.append([math.exp(value - top) for value in row])
    forward = [_scaled(local[0])]
    for row in local[1:]:
        last = forward[-1]
        forward.append(
            _scaled([here * sum(map(float.__mul__, last, column)) for here, column in zip(row, into, strict=True)])
        )
    backward = [[1.0] * len(model.labels)]
    for row in reversed(local[1:]):
        ahead = [here * value for here, value in zip(row, backward[-1], strict=True)]
        backward.append(_scaled([sum(map(float.__mul__, ahead, column)) for column in steps]))
    return [
        _scaled([one * other for one, other in zip(before, after, strict=True)])
        for before, after in zip(forward, reversed(backward), strict=True)
    ]


def _scaled(row: list[float]) -> list[float]:
    total = sum(row) or 1.0
    return [value / total for value in row]


def _spans(
    part: Sequence[Word], path: Sequence[int], chances: Sequence[Sequence[float]], model: Model
) -> Iterator[Span]:
    place = 0
    while place < len(path):
        label = model.labels[path[place]]
        if label == "O":
            place += 1
            continue
        kind = label[2:]
        end = place + 1
        while end < len(path) and model.labels[path[end]] == f"I-{kind}":
            end += 1
        of_kind = [at for at, name in enumerate(model.labels) if name.endswith(kind)]
        sure = [sum(chances[at][one] for one in of_kind) for at in range(place, end)]
        inside = [part[at] for at in range(place, end) if part[at].key != BREAK]
        score = sum(sure) / len(sure)
        if inside and score >= _least(_KINDS[kind], inside):
            yield Span(_KINDS[kind], inside[0].start, inside[-1].end, score)
        place = end


def _least(kind: Kind, inside: Sequence[Word]) -> float:
    """Lowest probability with which words of such a look count; above 1 for what cannot be one."""
    size = inside[-1].end - inside[0].start
    has_number = any("d" in word.shape for word in inside)
    if kind == "address":
        if len(inside) == 1 and size > _LONGEST_CODE:
            return 2.0
        return (
            _SURE if size <= _LONGEST_ADDRESS and (has_number or any(word.lists & STREET for word in inside)) else 2.0
        )
    if size > _LONGEST_NAME or has_number:
        return 2.0
    is_low = not any(word.shape[:1] == "X" for word in inside)
    return _SURE_IF_LOW if is_low else _SURE
