"""What users said to vectors, each distinct text once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.questions.sql import fill
from backend.env import env
from backend.store.connection import store
from backend.store.query import Query

if TYPE_CHECKING:
    from analytics.embedding import Embedder

_AT_ONCE: Final = 256
"""Texts between two inserts: a worker that is killed loses at most the vectors of two seconds."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Key:
    text_key: str


_TEXTS: Final = Query(
    "texts_of_traces",
    fill("""
SELECT DISTINCT substringUTF8(t.input_text, 1, {most:UInt32}) AS text FROM turn AS t FINAL
WHERE @project AND trace_id IN {ids:Array(String)} AND t.input_text != ''
"""),
    _Text,
    "worker",
)
_KNOWN: Final = Query(
    "known_vectors",
    fill("""
SELECT DISTINCT toString(text_key) AS text_key FROM embedding
WHERE @project AND model = {model:String} AND text_key IN {keys:Array(FixedString(64))}
"""),
    _Key,
    "worker",
)


class Embed:
    """Texts of users get vectors."""

    name: ClassVar[str] = "embed"
    follows: ClassVar[str] = "assemble"
    window: ClassVar[int] = 500

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Embed what was said in these traces and has no vector yet."""
        from analytics.embedding.base import TEXT_LIMIT

        key = {"project_id": project_id, "ids": list(trace_ids), "most": TEXT_LIMIT}
        texts = [row.text for row in store().fetch(_TEXTS, **key)]
        return {"texts_embedded": embed(project_id, texts)}


def model_name(embedder: Embedder) -> str:
    """Under which name vectors are kept: those of two models or versions never mix."""
    return f"{embedder.name}@{embedder.version}"


def embedder() -> Embedder:
    """The model of this installation, loaded once a process."""
    from analytics.embedding import load

    return load(env().embedding_model, 1)


def embed(project_id: int, texts: Sequence[str]) -> int:
    """Store vectors of the texts that have none and say how many that were."""
    from analytics.embedding import text_key

    by_key = {text_key(text): text for text in texts}
    if not by_key:
        return 0
    model = embedder()
    name = model_name(model)
    found = store().fetch(_KNOWN, project_id=project_id, model=name, keys=list(by_key))
    missing = sorted(set(by_key) - {row.text_key for row in found})
    for keys in _parts(missing):
        vectors = model.encode([by_key[key] for key in keys])
        good = [place for place, vector in enumerate(vectors) if vector[0] == vector[0]]  # nan: nothing to embed
        store().insert(
            "embedding",
            ["project_id", "text_key", "model", "vector"],
            [
                [project_id] * len(good),
                [keys[place] for place in good],
                [name] * len(good),
                [vectors[place].tolist() for place in good],
            ],
        )
    return len(missing)


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for place in range(0, len(keys), _AT_ONCE):
        yield keys[place : place + _AT_ONCE]
