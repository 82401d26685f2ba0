"""Which spans a request tells of in messages, so that each counts once, in however many messages it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from backend.telemetry.part import WirePart
from ingest.wire import mlflow, otlp_content, timeless

_OF_OTHERS: Final = frozenset({(otlp_content.API, "log"), (mlflow.API, "trace")})
"""Messages that tell more of spans which count by themselves."""


@dataclass(frozen=True, slots=True)
class ToldSteps:
    """What a request tells piece by piece.

    Attributes:
        messages: how many messages about spans it holds.
        marks: what the spans they tell of are recognised by when more is told of them, each once.
    """

    messages: int
    marks: list[int]


def told_in(project_id: int, parts: Iterable[WirePart]) -> ToldSteps:
    """Read what parts tell; copies of spans that a request tells whole are no messages."""
    messages = 0
    told: set[tuple[str, ...]] = set()
    for part in parts:
        if part.api == otlp_content.BARE:
            continue
        messages += 1
        if part.api == timeless.API:  # whose ids are clients' words, and name a step within its trace
            told.add((part.api, part.trace_id, part.item_id))
        elif (part.api, part.kind) not in _OF_OTHERS:
            told.add((part.api, part.kind, part.item_id))
    return ToldSteps(messages, [hash((project_id, *step)) for step in told])
