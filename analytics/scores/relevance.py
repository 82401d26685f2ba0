"""Relevance: whether an answer is about the question."""

from __future__ import annotations

import math
from typing import ClassVar, Final

from analytics.detectors.turn import Turn
from analytics.scores.base import Measured, Score, Scored, Unjudged
from analytics.scores.meaning import of_turn
from analytics.scores.support import stems_of
from analytics.scores.trees import logistic
from analytics.scores.words import weight

READ: Final = 4_000
MEANING: Final = 6.30
WORDS: Final = 3.66
BIAS: Final = -4.32
"""Fitted on 1,656 prompts of arena-hard and HaluEval that were not held back, own answer against that to the nearest
other prompt, as many of both; held back AUROC .89 so (cosine alone .86)."""

USUAL: Final = math.log(19)
"""Added to those odds: of ordinary answers, not one of two but at most one of twenty is about something else."""


class Relevance(Score):
    """Is the answer about the question?"""

    name: ClassVar[str] = "relevance"
    version: ClassVar[str] = "2"
    low: ClassVar[float] = 0.25
    needs_vectors: ClassVar[bool] = True

    def judge(self, turn: Turn) -> Measured:
        """Measure one turn by the meaning of question and answer and the words they share."""
        if not turn.input_text.strip():
            return Unjudged("the question is empty")
        if not turn.output_text.strip():
            return Unjudged("there is no answer")
        first, second = of_turn(turn)
        cosine = float(first @ second)
        share = shared(turn.input_text[:READ], turn.output_text[:READ])
        value = logistic(USUAL + BIAS + MEANING * cosine + WORDS * share)
        text = f"Question and answer have cosine {cosine:.2f} and share {share:.0%} of the weight of their words."
        return Scored(value, text, () if value >= self.low else (turn.cite("output"),))


def shared(question: str, answer: str) -> float:
    """Share of the weight of the shorter text's words that stands in the other, 0 to 1."""
    asked, told = stems_of(question), stems_of(answer)
    least = min(sum(map(weight, asked)), sum(map(weight, told)))
    return sum(map(weight, asked & told)) / least if least else 0.0
