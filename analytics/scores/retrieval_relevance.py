"""Retrieval relevance: whether what was retrieved is about what was asked, document by document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.detectors.turn import Turn
from analytics.scores.base import Measured, Score, Scored, Unjudged
from analytics.scores.meaning import passages, vectors
from analytics.scores.support import stems_of
from analytics.scores.trees import logistic
from analytics.scores.words import Sentence, sentences, weight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORDS: Final = 2.19
MEANING: Final = 6.37
BIAS: Final = -3.22
"""Fitted on questions of AttributionBench that were not held back, own document against that of the nearest
other question, as many of both; what they reach on those held back stands in docs/scores.md."""

FOUND: Final = 9.0
"""Times those odds: a search finds a document about the question nine times of ten, not one of two."""

RELEVANT: Final = 0.5
READ: Final = 6_000
"""Code points read of a document."""

QUESTION: Final = 2_000
DOCUMENTS: Final = 20
CLOSELY: Final = 6
"""Documents that are compared by meaning, each by the passage with most of the question's words; of one alone the two
best. More passages take 50 ms each and tell no more (AUROC .889 with one, .892 with four)."""

PASSAGE_READ: Final = 500
USUAL: Final = (0.1, 0.45)
"""Cosine of a document beyond those, as a line over the share of words it holds."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """How much one document is about the question.

    Attributes:
        index: of the document among those retrieved.
        even: probability that it answers the question rather than one close to it, were both as likely, 0 to 1.
        words: share of the weight of the question's words that it holds.
        meaning: cosine of the question and the nearest passage.
        start: of that passage in the document.
        end: of that passage.
    """

    index: int
    even: float
    words: float
    meaning: float
    start: int
    end: int

    @property
    def value(self) -> float:
        """Probability that it answers the question, where a search finds such a document nine times of ten."""
        return FOUND * self.even / (FOUND * self.even + 1 - self.even)


class RetrievalRelevance(Score):
    """Are the retrieved documents about the question, and do they cover it together?"""

    name: ClassVar[str] = "retrieval_relevance"
    version: ClassVar[str] = "2"
    low: ClassVar[float] = 0.35

    def judge(self, turn: Turn) -> Measured:
        """Measure one turn by its best document."""
        if not turn.documents:
            return Unjudged("no documents were retrieved")
        if not turn.input_text.strip():
            return Unjudged("the question is empty")
        found = documents(turn.input_text, [one.text for one in turn.documents], turn.input_vector)
        if not found:
            return Unjudged("the documents have no words")
        best = max(found, key=lambda one: (one.value, -one.index))
        asked = stems_of(turn.input_text[:QUESTION])
        held = frozenset().union(*(stems_of(one.text[:READ]) for one in turn.documents[:DOCUMENTS]))
        return Scored(
            best.value,
            _explained(found, best, covered(asked, held)),
            (turn.cite_document(best.index, best.start, best.end),),
            "relevant" if best.value >= RELEVANT else "not_relevant",
        )


def documents(question: str, texts: Sequence[str], asked: NDArray[np.float32] | None = None) -> list[Relevance]:
    """Grade each document with words, in order; those beyond ``DOCUMENTS`` are left out.

    Args:
        question: what was asked.
        texts: of the documents, best first as the retriever saw it.
        asked: vector of the question, where it is known.
    """
    stems = stems_of(question[:QUESTION])
    cut = {index: sentences(text[:READ]) for index, text in enumerate(texts[:DOCUMENTS])}
    parts = {index: _closest(one, stems) for index, one in cut.items() if one}
    shares = {
        index: covered(stems, frozenset(word.stem for one in cut[index] for word in one.words)) for index in parts
    }
    closely = sorted(parts, key=lambda index: (-shares[index], index))[:CLOSELY]
    chosen = [
        (index, part[0].start, min(part[-1].end, part[0].start + PASSAGE_READ))
        for index in sorted(closely)
        for part in parts[index][: 2 if len(parts) == 1 else 1]
    ]
    best = _nearest(question, texts, chosen, asked)
    for index in parts.keys() - best.keys():
        part = parts[index][0]
        best[index] = (USUAL[0] + USUAL[1] * shares[index], part[0].start, part[-1].end)
    return [
        Relevance(index, logistic(BIAS + WORDS * shares[index] + MEANING * cosine), shares[index], cosine, start, end)
        for index, (cosine, start, end) in sorted(best.items())
    ]


def _nearest(
    question: str, texts: Sequence[str], chosen: Sequence[tuple[int, int, int]], asked: NDArray[np.float32] | None
) -> dict[int, tuple[float, int, int]]:
    """Highest cosine of each document's passages with the question, and where that passage stands."""
    best: dict[int, tuple[float, int, int]] = {}
    if chosen:
        rows = vectors([texts[index][start:end] for index, start, end in chosen])
        near = rows @ (vectors([question[:QUESTION]])[0] if asked is None else asked)
        for (index, start, end), cosine in zip(chosen, near.tolist(), strict=True):
            best[index] = max(best.get(index, (-1.0, 0, 0)), (cosine, start, end))
    return best


def covered(asked: frozenset[str], held: frozenset[str]) -> float:
    """Share of the weight of a question's words that is found, 1 where it has none."""
    total = sum(weight(one) for one in asked)
    return sum(weight(one) for one in asked & held) / total if total else 1.0


def _closest(cut: Sequence[Sentence], asked: frozenset[str]) -> list[list[Sentence]]:
    """Passages of a document, the one with most of the question's words first."""
    return sorted(
        passages(cut), key=lambda part: -covered(asked, frozenset(word.stem for one in part for word in one.words))
    )


def _explained(found: Sequence[Relevance], best: Relevance, share: float) -> str:
    good = sum(one.value >= RELEVANT for one in found)
    text = f"{good} of {len(found)} documents are about the question; the best is number {best.index + 1} with "
    text += f"{best.value:.2f} (cosine {best.meaning:.2f}). Together they hold {share:.0%} of the question's words."
    if best.index and good:
        text += f" {best.index} that are less relevant rank before it."
    return text
