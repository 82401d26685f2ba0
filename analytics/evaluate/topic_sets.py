"""Labelled texts that topics are measured on: what people said, where it lies, and which intent a person gave it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.embedding import Embedder
from analytics.evaluate.base import records
from analytics.evaluate.split import is_held_back

FILES: Final = {
    "banking77": "topics_banking77_train",
    "clinc150": "topics_clinc150_trainval",
    "multidogo": "topics_multidogo_dev",
}


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Texts as columns, one entry a text.

    Attributes:
        name: of the set.
        texts: as people wrote them.
        vectors: of the texts, shape (n, d).
        want: what a person said it asks for.
        domain: the broader field of that, empty where the set has none.
        strange: whether it is out of scope, so that no topic is right.
        held_back: whether nothing was fitted on it.
    """

    name: str
    texts: Sequence[str]
    vectors: NDArray[np.float32]
    want: NDArray[np.str_]
    domain: NDArray[np.str_]
    strange: NDArray[np.bool_]
    held_back: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[Any]) -> Labelled:
        """Keep some rows, by index or by mask."""
        chosen = np.arange(len(self))[rows]
        return Labelled(
            self.name,
            [self.texts[row] for row in chosen],
            self.vectors[chosen],
            self.want[chosen],
            self.domain[chosen],
            self.strange[chosen],
            self.held_back[chosen],
        )

    def in_scope(self) -> Labelled:
        """Leave out what no topic is right for."""
        return self.take(~self.strange)

    def mixed(self, share: float, seed: int) -> Labelled:
        """Thin out what is in scope until a share of all is out of scope; or that, where it is too much already."""
        dice = np.random.default_rng(seed)
        inside, outside = (dice.permutation(np.flatnonzero(mask)) for mask in (~self.strange, self.strange))
        inside = inside[: round(len(outside) * (1 - share) / share)]
        outside = outside[: round(len(inside) * share / (1 - share))]
        return self.take(np.sort(np.concatenate([inside, outside])))


def read(data: Path, name: str, embedder: Embedder, kept: Path | None = None) -> Labelled | None:
    """Read a set and embed it.

    Args:
        data: folder of the files.
        name: of the set.
        embedder: that makes the vectors.
        kept: folder where vectors stay from one run to the next; they are made anew without it.

    Returns:
        The set; None where its file is not there.
    """
    if not (data / f"{FILES[name]}.jsonl.gz").is_file():
        return None
    rows = list(records(data, FILES[name]))
    labels = [row["labels"] for row in rows]
    texts = [row["text"] for row in rows]
    return Labelled(
        name,
        texts,
        _vectors(texts, embedder, kept),
        np.array([label["intent"] for label in labels]),
        np.array([label.get("domain", "") for label in labels]),
        np.array([bool(label.get("oos", False)) for label in labels]),
        np.array([is_held_back(row["id"]) for row in rows]),
    )


def embedding_rate(texts: Sequence[str], embedder: Embedder) -> float:
    """Count texts embedded a CPU-second; the model is warm."""
    embedder.encode(list(texts[:64]))
    started = time.process_time()
    embedder.encode(texts)
    return len(texts) / max(time.process_time() - started, 1e-9)


def _vectors(texts: Sequence[str], embedder: Embedder, kept: Path | None) -> NDArray[np.float32]:
    if kept is None:
        return embedder.encode(texts)
    digest = hashlib.sha256("\x00".join((embedder.name, embedder.version, *texts)).encode()).hexdigest()[:16]
    file = kept / f"vectors-{digest}.npy"
    if not file.is_file():
        kept.mkdir(parents=True, exist_ok=True)
        np.save(file, embedder.encode(texts))
    return np.asarray(np.load(file), dtype=np.float32)
