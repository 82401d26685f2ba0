"""What pipeline tests share: a project, a small embedder, and the stages run to their end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from analytics.pipeline import advance, assign, decided, due
from analytics.pipeline.stages import STAGES
from backend.store.client import Store


class WordEmbedder:
    """Texts that share words are near: enough to tell wants apart, and no model to load."""

    name = "words"
    version = "1"
    dimensions = 96

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Any) -> Any:
        """One unit vector a text."""
        self.texts.extend(texts)
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace("?", "").split():
                place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
                vectors[row, place % self.dimensions] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Each test starts like a fresh process."""
    advance.forget()
    due.forget()
    assign._read.cache_clear()
    decided._decisions.cache_clear()
    yield
    advance.forget()


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> WordEmbedder:
    """The small embedder in place of the model."""
    embedder = WordEmbedder()
    monkeypatch.setattr("analytics.pipeline.embed.embedder", lambda: embedder)
    monkeypatch.setattr("analytics.scores.meaning.embedder", lambda: embedder)
    return embedder


@pytest.fixture
def project(cast: Any, store: Store, words: WordEmbedder) -> int:
    """Id of the project acme, its tables empty."""
    return int(cast.project.pk)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Bring all stages of a project to the end, as if all rows had settled."""

    def to_the_end(project_id: int) -> None:
        monkeypatch.setattr(advance, "OVERLAP", timedelta(0))
        while advance.advance(project_id, STAGES):
            continue

    return to_the_end


@pytest.fixture
def rows(store: Store) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask the store in plain SQL."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in store._client().query(sql).result_rows]

    return ask
