"""Writing scores, whoever gave them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import msgspec

from backend.store.client import Store
from backend.store.rows import Rows
from backend.telemetry.score import Score

_COLUMNS: Final = ("project_id", *Score.__struct_fields__, "version", "is_deleted")


def write_scores(store: Store, project_id: int, scores: Sequence[Score], *, deleted: bool = False) -> None:
    """Store judgements; one that is there by its id is replaced, or taken back where ``deleted``.

    Raises:
        StoreAway: ClickHouse cannot be reached; nothing is stored.
    """
    version = time.time_ns()
    rows = [
        (project_id, *(getattr(score, name) for name in Score.__struct_fields__), version, int(deleted))
        for score in scores
    ]
    store.insert("score", _COLUMNS, list(zip(*rows, strict=True)))


def score_rows(project_id: int, scores: Sequence[Score]) -> Rows:
    """Encode judgements of one project for the writer, which stores them like spans: safe before the answer.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate, which UTF-8 has no bytes for.
    """
    version = time.time_ns()
    lines = []
    for score in scores:
        values = msgspec.structs.asdict(score) | {"time": str(score.time)}
        lines.append(msgspec.json.encode((project_id, *values.values(), version, 0)))
    lines.append(b"")
    return Rows("score", _COLUMNS, b"\n".join(lines), len(scores))
