"""Obscene and insulting language in an answer, or in what the user said."""

from __future__ import annotations

from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Evidence, Severity, Turn, TurnColumns, Unjudged, Verdict
from analytics.heads.sentences import spans_of_sentences
from analytics.heads.words import WordsHead

_READ: Final = 12_000
_MOST_SENTENCES: Final = 80
_SHOWN: Final = 4


class Toxicity(Detector):
    """The answer or the user is obscene, insulting or hateful in words that are so by themselves.

    A linear head reads each sentence by itself. Hate without swear words is not seen. What a user says is of low
    severity: it is the answer that the product stands for.
    """

    name: ClassVar[str] = "toxicity"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "medium"

    def detect(self, turns: TurnColumns) -> list[Verdict]:
        """Judge a batch; the head reads all sentences at once."""
        batch = list(turns)
        places = [_places(turn) for turn in batch]
        texts = [
            (turn.output_text if is_answer else turn.input_text)[start:end]
            for turn, some in zip(batch, places, strict=True)
            for is_answer, start, end in some
        ]
        scores = iter(WordsHead.load("toxicity").score(texts))
        return [
            self._verdict(turn, [(float(next(scores)), *one) for one in some])
            for turn, some in zip(batch, places, strict=True)
        ]

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        return self.detect(TurnColumns.of([turn]))[0]

    def _verdict(self, turn: Turn, found: list[tuple[float, bool, int, int]]) -> Verdict:
        if not found:
            return Unjudged("neither the user nor the answer holds words")
        best = max(score for score, *_ in found)
        if best < self.threshold:
            return Clear(best)
        bad = sorted((one for one in found if one[0] >= self.threshold), key=lambda one: (not one[1], -one[0]))[:_SHOWN]
        by_answer = bad[0][1]
        return self.grade(
            best,
            f"{'The answer' if by_answer else 'The user'} uses obscene or insulting language.",
            tuple(_cite(turn, is_answer, start, end) for _, is_answer, start, end in bad),
            None if by_answer else "low",
        )


def _places(turn: Turn) -> list[tuple[bool, int, int]]:
    return [
        (is_answer, start, end)
        for is_answer, text in ((True, turn.output_text), (False, turn.input_text))
        for start, end in spans_of_sentences(text[:_READ])[:_MOST_SENTENCES]
    ]


def _cite(turn: Turn, is_answer: bool, start: int, end: int) -> Evidence:
    return turn.cite("output" if is_answer else "input", start, end)
