"""Spans that are no steps of a trace: announcements and feedback."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from backend.telemetry import operation as op
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.twins import counted_once
from ingest.wire.reading import digest, judged

KIND: Final = "logfire.span_type"
_WRAPPERS: Final = ("logfire.openai", "logfire.anthropic")
_TOOK: Final = "duration"
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
            steps.append(_of_stream(span) if kind and span.scope_name.startswith(_WRAPPERS) else span)
        elif kind == "pending_span":
            announced += 1
        elif kind == "annotation" and (score := _score_of(span)) is not None:
            scores.append(score)
        else:
            steps.append(span)
    return counted_once(steps), scores, announced


def _of_stream(span: Span) -> Span:
    """A streamed call, of which Logfire tells twice: in a span that ends as it begins, and in a log of no length.

    The log has question, answer and tokens, and is the call; it began as long before as it says that the stream took.
    The span is a plain step, whose messages stay; its missing answer is none that a user missed.
    """
    if span.operation not in op.GENERATION or span.status == "error":
        return span
    if span.attributes[KIND] == "log":
        took = judged(span.attributes.get(_TOOK)) or 0.0
        return msgspec.structs.replace(span, start_time=max(0, span.start_time - int(max(0.0, took) * 1e9)))
    if span.output_messages or span.uncached_input_tokens + span.cached_input_tokens + span.visible_output_tokens:
        return span
    return msgspec.structs.replace(span, operation=op.OTHER, input_text="")


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
