"""A linear model over hashed words and characters: a millisecond a text, a few hundred kilobytes, no model to load."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEIGHTS: Final = Path(__file__).parent / "weights"
WORD_BITS: Final = 16
CHARACTER_BITS: Final = 17
_PIECE: Final = r"\w+|[^\w\s]"
LONGEST: Final = 6000
"""Code points of a text that are read, half from its start and half from its end; more adds time and no evidence."""


@dataclass(frozen=True, slots=True)
class WordsHead:
    """A trained head.

    Attributes:
        weights: float32[2**16 + 2**17], of word 1- and 2-grams, then of character 4-grams within words.
        scarcity: float32, inverse document frequency of each feature.
        bias: of the linear model.
        middle: margin at which the score is 0.5, where few ordinary texts arrive.
        steepness: of the score around it.
    """

    weights: NDArray[np.float32]
    scarcity: NDArray[np.float32]
    bias: float
    middle: float
    steepness: float

    @classmethod
    def load(cls, name: str) -> WordsHead:
        """Read the weights of a head that ships with Assay; once a process."""
        return _loaded(name)

    def margins(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Signed distances from the boundary, float64[texts]."""
        import numpy as np

        if not texts:
            return np.zeros(0)
        found = weighted(features(texts), self.scarcity)
        return np.asarray(found @ self.weights + self.bias, dtype=np.float64)

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Scores in 0..1, float64[texts]; 0.5 is the head's own threshold."""
        return self.graded(self.margins(texts))

    def graded(self, margins: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Scores in 0..1 of margins; 0.5 is the head's own threshold."""
        import numpy as np

        return np.asarray(1 / (1 + np.exp(-np.clip(self.steepness * (np.asarray(margins) - self.middle), -30, 30))))


def plain(text: str) -> str:
    """Compatibility forms made one, invisible characters left out, lower case, digits made 0."""
    kept = cut(text)
    if not kept.isascii():
        folded = unicodedata.normalize("NFKC", kept)
        kept = "".join(c for c in folded if unicodedata.category(c) not in _INVISIBLE or c in "\n\t")
    return _DIGIT.sub("0", kept.lower())


def cut(text: str) -> str:
    """The part of a text that is read."""
    return text if len(text) <= LONGEST else text[: LONGEST // 2] + "\n" + text[-LONGEST // 2 :]


_DIGIT: Final = re.compile(r"\d")
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co"}


@cache
def _vectorizers() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer

    shared: dict[str, Any] = {"alternate_sign": False, "norm": None, "lowercase": False}
    words = HashingVectorizer(
        analyzer="word", token_pattern=_PIECE, ngram_range=(1, 2), n_features=2**WORD_BITS, **shared
    )
    letters = HashingVectorizer(analyzer="char_wb", ngram_range=(4, 4), n_features=2**CHARACTER_BITS, **shared)
    return words, letters


def features(texts: Sequence[str]) -> Any:
    """Counts of hashed n-grams with a logarithm on them, sparse float[texts, 2**16 + 2**17]."""
    import numpy as np
    from scipy.sparse import hstack

    made = [plain(text) for text in texts]
    found = hstack([vectorizer.transform(made) for vectorizer in _vectorizers()], format="csr")
    found.data = (1 + np.log(found.data)).astype(np.float32)
    return found


def weighted(found: Any, scarcity: NDArray[np.float32]) -> Any:
    """Features times their scarcity, each text's words and characters scaled to length 1 together."""
    from sklearn.preprocessing import normalize

    scaled = found.copy()
    scaled.data = scaled.data * scarcity[scaled.indices]
    return normalize(scaled, copy=False)


@cache
def _loaded(name: str) -> WordsHead:
    import numpy as np

    with np.load(WEIGHTS / f"{name}.npz", allow_pickle=False) as kept:
        size = 2**WORD_BITS + 2**CHARACTER_BITS
        weights, scarcity = np.zeros(size, np.float32), np.zeros(size, np.float32)
        weights[kept["places"]] = kept["weights"].astype(np.float32)
        scarcity[:] = kept["unseen"]
        scarcity[kept["seen"]] = kept["scarcity"].astype(np.float32)
        bias, middle, steepness = (float(one) for one in kept["line"])
    return WordsHead(weights, scarcity, bias, middle, steepness)
