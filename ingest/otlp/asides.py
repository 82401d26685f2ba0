"""Spans that are no steps of a trace: announcements and feedback."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.twins import counted_once
from ingest.wire.reading import digest

KIND: Final = "logfire.span_type"
_NAME: Final = "logfire.feedback.name"
_COMMENT: Final = "logfire.feedback.comment"


def parted(spans: Iterable[Span]) -> tuple[list[Span], list[Score], int]:
    """Tell steps from what only speaks of them.

    Returns:
        The steps; feedback as scores; how many spans only announced one that comes whole when it ends.
    """
    steps: list[Span] = []
    scores: list[Score] = []
    announced = 0
    for span in spans:
        kind = span.attributes.get(KIND)
        if kind is None or kind in {"span", "log"}:
            steps.append(span)
        elif kind == "pending_span":
            announced += 1
        elif kind == "annotation" and (score := _score_of(span)) is not None:
            scores.append(score)
        else:
            steps.append(span)
    return counted_once(steps), scores, announced


def _score_of(span: Span) -> Score | None:
    name = span.attributes.get(_NAME, "")
    said = span.attributes.get(name, "")
    if not name or not said:
        return None
    try:
        value: float | None = {"true": 1.0, "false": 0.0}.get(said) if said in {"true", "false"} else float(said)
    except ValueError:
        value = None
    if value is not None and not math.isfinite(value):
        value = None
    return Score(
        score_id=digest("logfire", span.trace_id, span.span_id),
        name=name,
        value=value,
        label=said if value is None or said in {"true", "false"} else "",
        explanation=span.attributes.get(_COMMENT, ""),
        source="client",
        author=span.attributes.get("user", ""),
        trace_id=span.trace_id,
        span_id=span.parent_span_id,
        time=span.start_time,
    )
