"""Spans that are no steps of a trace: announcements, feedback, and an SDK's own span beside an instrumentation's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.wire.reading import digest

KIND: Final = "logfire.span_type"
_OWN_SPANS: Final = "com.anthropic.sdk.python"
"""Scope of the spans that Anthropic's SDK makes by itself, with full usage, whichever instrumentation runs too."""

_NAME: Final = "logfire.feedback.name"
_COUNTS: Final = tuple(name for name in Span.__struct_fields__ if name.endswith("_tokens") and name != "max_tokens")
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
    return _counted_once(steps), scores, announced


def _counted_once(spans: list[Span]) -> list[Span]:
    """Leave a call's usage to the instrumentation's span where one of the same batch tells of the same response."""
    if not any(span.scope_name == _OWN_SPANS for span in spans):
        return spans
    told = {span.response_id for span in spans if span.operation in op.METERED and span.scope_name != _OWN_SPANS}
    return [
        _as_plain_step(span) if span.scope_name == _OWN_SPANS and span.response_id in told - {""} else span
        for span in spans
    ]


def _as_plain_step(span: Span) -> Span:
    usage = {name: getattr(span, name) for name in _COUNTS if getattr(span, name)}
    attributes = span.attributes | {f"{sc.ASSAY_TWIN}.{name}": str(count) for name, count in usage.items()}
    return msgspec.structs.replace(span, operation=op.OTHER, attributes=attributes, **dict.fromkeys(usage, 0))


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
