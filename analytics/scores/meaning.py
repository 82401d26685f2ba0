"""Vectors of texts, each embedded once: what scores compare by meaning."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Final

from analytics.detectors.turn import OUTPUT_EMBEDDED, Turn
from analytics.scores.words import Sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analytics.embedding import Embedder

KEPT: Final = 4_096
"""Vectors a process keeps, 6 MiB: the same documents are retrieved again and again."""

PASSAGE: Final = 60
"""Words from which on a passage of a document is long enough to be compared by itself."""

_kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
_lock: Final = Lock()


def embedder() -> Embedder:
    """The model of this installation, loaded once a process."""
    from analytics.embedding import load
    from backend.env import env

    return load(env().embedding_model, 1)


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Give vectors of length 1 by the model of this installation, zero for blank texts; shape (texts, dimensions)."""
    import numpy as np

    from analytics.embedding import text_key

    model = embedder()
    keys = [f"{model.name}@{model.version}/{text_key(text)}" for text in texts]
    with _lock:
        found = {key: _kept[key] for key in keys if key in _kept}
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
    if missing:
        made = np.nan_to_num(model.encode(list(missing.values())))
        found |= dict(zip(missing, made, strict=True))
    with _lock:
        for key in dict.fromkeys(keys):
            _kept[key] = found[key]
            _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return np.stack([found[key] for key in keys])


def of_turn(turn: Turn) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the vectors of a turn's question and of the beginning of its answer, made here where it brings none."""
    if turn.input_vector is not None and turn.output_vector is not None:
        return turn.input_vector, turn.output_vector
    first, second = vectors([turn.input_text, turn.output_text[:OUTPUT_EMBEDDED]])
    return first, second


def passages(cut: Sequence[Sentence]) -> list[list[Sentence]]:
    """Put sentences together to passages of at least ``PASSAGE`` words, but for the last."""
    found: list[list[Sentence]] = []
    current: list[Sentence] = []
    for sentence in cut:
        current.append(sentence)
        if sum(len(one.words) for one in current) >= PASSAGE:
            found.append(current)
            current = []
    return [*found, current] if current else found
