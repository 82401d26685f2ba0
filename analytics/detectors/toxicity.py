"""Obscene and insulting language in an answer, or in what the user said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.detectors.base import Clear, Detector, Evidence, Severity, Turn, TurnColumns, Unjudged, Verdict
from analytics.detectors.turn import OUTPUT_EMBEDDED
from analytics.heads import insults
from analytics.heads.sentences import spans_of_sentences
from analytics.heads.words import WordsHead

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_READ: Final = 12_000
_MOST_SENTENCES: Final = 80
_SHOWN: Final = 4
_FEWEST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a turn: its sentences, and its vector where it has one."""

    is_answer: bool
    text: str
    spans: Sequence[tuple[int, int]]
    vector: NDArray[np.float32] | None


class Toxicity(Detector):
    """The answer or the user is obscene, insulting or hateful.

    A linear head reads the words of each sentence and of the whole; a second one the meaning of the whole, where the
    turn brings a vector, so that insults without swear words count. Hate in plain words is hardly seen. What a user
    says is of low severity: it is the answer that the product stands for.
    """

    name: ClassVar[str] = "toxicity"
    version: ClassVar[str] = "2"
    severity: ClassVar[Severity] = "medium"
    needs_vectors: ClassVar[bool] = True

    def detect(self, turns: TurnColumns) -> list[Verdict]:
        """Judge a batch; the head over words reads all sentences at once."""
        batch = [(turn, list(_sides(turn))) for turn in turns]
        texts = [text for _, sides in batch for side in sides for text in _parts(side)]
        margins = iter(WordsHead.load("toxicity").margins(texts).tolist())
        return [
            self._verdict(turn, [(side, [next(margins) for _ in _parts(side)]) for side in sides])
            for turn, sides in batch
        ]

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        return self.detect(TurnColumns.of([turn]))[0]

    def _verdict(self, turn: Turn, sides: Sequence[tuple[_Side, list[float]]]) -> Verdict:
        graded = [(_score(side, margins), side, margins) for side, margins in sides]
        if not graded:
            return Unjudged("neither the user nor the answer holds words")
        best = max(score for score, *_ in graded)
        if best < self.threshold:
            return Clear(best)
        bad = [one for one in graded if one[0] >= self.threshold]
        by_answer = bad[0][1].is_answer
        return self.grade(
            best,
            f"{'The answer' if by_answer else 'The user'} uses obscene or insulting language.",
            tuple(piece for _, side, margins in bad for piece in _cited(turn, side, margins))[:_SHOWN],
            None if by_answer else "low",
        )


def _sides(turn: Turn) -> Iterator[_Side]:
    for is_answer, text, vector in (
        (True, turn.output_text, turn.output_vector),
        (False, turn.input_text, turn.input_vector),
    ):
        if spans := spans_of_sentences(text[:_READ])[:_MOST_SENTENCES]:
            yield _Side(is_answer, text[:_READ], spans, vector)


def _parts(side: _Side) -> list[str]:
    """Each sentence, then the whole."""
    return [*(side.text[start:end] for start, end in side.spans), side.text]


def _score(side: _Side, margins: Sequence[float]) -> float:
    *sentences, whole = margins
    meant = None if side.vector is None else insults.load().score(max(sentences), whole, side.vector)
    if meant is not None and len(side.text) <= OUTPUT_EMBEDDED:
        return meant
    told = [one for one, (start, end) in zip(sentences, side.spans, strict=True) if _is_told(side, start, end)]
    worded = float(WordsHead.load("toxicity").graded(max(told))) if told else 0.0
    return worded if meant is None else max(meant, worded)


def _is_told(side: _Side, start: int, end: int) -> bool:
    """Whether a sentence may be bad by itself: in a long text a word on a line of its own says too little."""
    return len(side.text) <= OUTPUT_EMBEDDED or side.text.count(" ", start, end) >= _FEWEST_WORDS - 1


def _cited(turn: Turn, side: _Side, margins: Sequence[float]) -> Iterator[Evidence]:
    """The sentences that are bad by their words; where none is, the one that comes nearest."""
    head = WordsHead.load("toxicity")
    ranked = sorted(zip(margins, side.spans, strict=False), reverse=True)
    bad = [span for margin, span in ranked if head.graded(margin) >= 0.5] or [ranked[0][1]]
    for start, end in bad[:_SHOWN]:
        yield turn.cite("output" if side.is_answer else "input", start, end)
