"""How insulting a text is by its words and by its meaning together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from analytics.heads.sentences import spans_of_sentences
from analytics.heads.words import WordsHead

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEIGHTS: Final = Path(__file__).parent / "weights" / "toxicity_meaning.npz"
COEFFICIENTS: Final = (1.0, 1.0, 1.5)
"""What the margin of the worst sentence, that of the whole text and that of its meaning count for; chosen on Surge's
comments that are not held back, in four folds."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A linear head over vectors.

    Attributes:
        weights: float32[dimensions of the packaged model].
        bias: of the linear model.
        middle: weighted sum of the three margins at which a score is 0.5.
    """

    weights: NDArray[np.float32]
    bias: float
    middle: float

    def score(self, sentence: float, whole: float, vector: NDArray[np.float32]) -> float | None:
        """Give a score in 0..1 of a text's margins and its vector; None for a vector of another model."""
        import math

        if vector.shape != self.weights.shape:
            return None
        meaning = float(vector @ self.weights) + self.bias
        total = sum(one * two for one, two in zip(COEFFICIENTS, (sentence, whole, meaning), strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total - self.middle))))


@cache
def load() -> Meaning:
    """Read the head that ships with Assay; once a process."""
    import numpy as np

    with np.load(WEIGHTS, allow_pickle=False) as kept:
        bias, middle = (float(one) for one in kept["line"])
        return Meaning(kept["weights"].astype(np.float32), bias, middle)


def worded(text: str, longest: int = 12_000, most: int = 80) -> tuple[float, float]:
    """Margins by words: of the worst of a text's first sentences, and of the whole."""
    text = text[:longest]
    parts = [text[start:end] for start, end in spans_of_sentences(text)[:most]] or [text]
    margins = WordsHead.load("toxicity").margins([*parts, text])
    return float(margins[:-1].max()), float(margins[-1])
