"""Vectors of the texts of one batch, each text embedded once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.detectors.turn import OUTPUT_EMBEDDED, Turn
from analytics.embedding import Embedder
from analytics.pipeline.conversations import weight


class BatchVectors:
    """Vectors by text; blank texts have none."""

    def __init__(self, embedder: Embedder, texts: Iterable[str]) -> None:
        wanted = sorted({text for text in texts if text.strip()})
        self.dimensions = embedder.dimensions
        found = embedder.encode(wanted) if wanted else ()
        self._known: dict[str, NDArray[np.float32]] = dict(zip(wanted, found, strict=True))

    def of(self, text: str) -> NDArray[np.float32] | None:
        """Vector of a text that was given at the start; None where it has no words."""
        found = self._known.get(text)
        return found if found is not None and np.isfinite(found[0]) else None

    def fill(self, turn: Turn) -> Turn:
        """Give a turn its vectors."""
        return replace(
            turn, input_vector=self.of(turn.input_text), output_vector=self.of(turn.output_text[:OUTPUT_EMBEDDED])
        )

    def mean(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit mean of several texts, the longer weighing more; nan where none has words."""
        weighted = [(vector, weight(text)) for text in texts if (vector := self.of(text)) is not None]
        total = np.sum([vector * share for vector, share in weighted], axis=0) if weighted else np.zeros(1)
        length = float(np.linalg.norm(total))
        return (total / length).astype(np.float32) if length else np.full(self.dimensions, np.nan, np.float32)
