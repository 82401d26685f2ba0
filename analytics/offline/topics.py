"""What the records of a file are about: their vectors are kept on disk until all are read, then topics are found."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from analytics.embedding import Embedder
from analytics.topics.assign import assign
from analytics.topics.fit import MIN_CONVERSATIONS, fit
from analytics.topics.model import TopicModel
from analytics.topics.names import TopicName, name_topics

SAMPLE: Final = 20_000
"""Most records that topics are found in, drawn evenly; all others are assigned to what was found."""
_AT_ONCE: Final = 2_000
_FIRST_TEXT: Final = 500
_FURTHER: Final = 1_000
"""Characters kept of what was said after that: topics are also told by shared words."""
_NEXT: Final = "\x00"

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of a file.

    Attributes:
        lines: of ``topics.jsonl``, the largest topic first, then the groups.
        note: one sentence on what could not be shown, or how far it can be relied on; empty where all is well.
        with_words: records in which a user said something.
        other: of these, records that belong to no topic.
    """

    lines: tuple[Line, ...]
    note: str
    with_words: int
    other: int
    was_asked: bool = True


class TopicShelf:
    """Keeps vectors and the begin of what was said on disk, 2 kB a record at most, and ids in memory."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._ids: list[str] = []
        self._users: list[str] = []
        self._ends = array("q", [0])

    def __enter__(self) -> Self:
        self._vectors = tempfile.TemporaryFile()
        self._texts = tempfile.TemporaryFile()
        return self

    def __exit__(self, *fault: object) -> None:
        self._vectors.close()
        self._texts.close()

    def add(self, record_id: str, user_id: str, vector: NDArray[np.float32], said: Sequence[str]) -> None:
        """Keep what a record's user said, turn by turn; a vector of nan stands for nothing."""
        self._ids.append(record_id)
        self._users.append(user_id or record_id)
        self._vectors.write(vector.astype(np.float16).tobytes())
        first, *others = [one.replace(_NEXT, " ") for one in said] or [""]
        text = _NEXT.join((first[:_FIRST_TEXT], "\n".join(others)[:_FURTHER])).encode("utf-8", "replace")
        self._texts.write(text)
        self._ends.append(self._ends[-1] + len(text))

    def find(self, assignments: list[Line] | Any) -> Topics:
        """Find topics, write one line a record to ``assignments`` and say what was found."""
        rows = self._rows_with_words()
        if len(rows) < MIN_CONVERSATIONS:
            self._assign_none(assignments)
            found = f"{len(rows):,} records in which a user says something; topics need at least {MIN_CONVERSATIONS}."
            return Topics((), found, len(rows), len(rows))
        sample = np.sort(np.random.default_rng(0).permutation(rows)[:SAMPLE])
        vectors = self._read(sample)
        said = [self._said(int(row)) for row in sample]
        model = fit(
            vectors,
            texts=["\n".join(one) for one in said],
            embedder=f"{self._embedder.name}-{self._embedder.version}",
        )
        topic = assign(model, vectors).topic
        texts = [first for first, _ in said]
        users = [self._users[row] for row in sample]
        names = name_topics(texts, topic, vectors, self._embedder, parents=model.parents, users=users)
        sizes = self._assign(model, assignments)
        lines = [*_topics(model, names.topics, texts, sizes), *_groups(model, names.parents, texts, sizes)]
        return Topics(tuple(lines), _note(model, len(rows), len(sample)), len(rows), len(rows) - int(sizes.sum()))

    def _rows_with_words(self) -> NDArray[np.int64]:
        parts = [np.flatnonzero(np.isfinite(vectors[:, 0])) + start for start, vectors in self._chunks()]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _chunks(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        for start in range(0, len(self._ids), _AT_ONCE):
            yield start, self._read(np.arange(start, min(start + _AT_ONCE, len(self._ids))))

    def _read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        self._vectors.flush()
        width = self._embedder.dimensions
        mapped = np.memmap(self._vectors, np.float16, "r", shape=(len(self._ids), width))
        return np.asarray(mapped[rows], dtype=np.float32)

    def _said(self, row: int) -> tuple[str, str]:
        """What was said first, and after that."""
        self._texts.seek(self._ends[row])
        text = self._texts.read(self._ends[row + 1] - self._ends[row]).decode("utf-8", "replace")
        first, _, further = text.partition(_NEXT)
        return first, further

    def _assign(self, model: TopicModel, assignments: Any) -> NDArray[np.int64]:
        sizes = np.zeros(len(model), np.int64)
        for start, vectors in self._chunks():
            found = assign(model, vectors)
            np.add.at(sizes, found.topic[found.topic >= 0], 1)
            for place, topic in enumerate(found.topic.tolist()):
                strength = float(found.score[place]) / 2  # the sum of two cosines
                assignments.write(
                    {
                        "id": self._ids[start + place],
                        "topic": topic + 1 if topic >= 0 else None,
                        "strength": None if np.isnan(strength) else round(min(1.0, max(0.0, strength)), 4),
                        "state": found.state[place] if np.isfinite(vectors[place, 0]) else "no_text",
                    }
                )
        return sizes

    def _assign_none(self, assignments: Any) -> None:
        for start, vectors in self._chunks():
            for place, vector in enumerate(vectors):
                state = "other" if np.isfinite(vector[0]) else "no_text"
                assignments.write({"id": self._ids[start + place], "topic": None, "strength": None, "state": state})


def _topics(
    model: TopicModel, names: Sequence[TopicName], texts: Sequence[str], sizes: NDArray[np.int64]
) -> Iterator[Line]:
    grouped = int(model.parents.max(initial=-1)) + 1 < len(model)
    for index, name in enumerate(names):
        parent = len(model) + 1 + int(model.parents[index]) if grouped else None
        yield _line(index + 1, name, parent, int(sizes[index]), texts, 1) | {
            "stability": round(float(model.stability[index]), 3)
        }


def _groups(
    model: TopicModel, names: Sequence[TopicName], texts: Sequence[str], sizes: NDArray[np.int64]
) -> Iterator[Line]:
    if len(names) >= len(model):
        return
    for index, name in enumerate(names):
        yield _line(len(model) + 1 + index, name, None, int(sizes[model.parents == index].sum()), texts, 0)


def _line(number: int, name: TopicName, parent: int | None, size: int, texts: Sequence[str], level: int) -> Line:
    return {
        "id": number, "name": name.title, "parent": parent, "level": level, "size": size,
        "terms": list(name.keywords), "examples": [texts[row] for row in name.representatives],
    }  # fmt: skip


def _note(model: TopicModel, count: int, sample: int) -> str:
    if not len(model):
        return f"Nothing in {count:,} records hangs together; all are in Other."
    if model.is_small:
        return f"Found in {count:,} records: a first impression. Look at the stability of each topic."
    return (
        f"Found in an even sample of {sample:,} of {count:,} records; the others were assigned."
        if sample < count
        else ""
    )
