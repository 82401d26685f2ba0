"""Phoenix's exports: spans as its API or its data frames give them, and annotations of spans."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from backend.errors import BadRequest
from backend.telemetry import semconv as sc
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.imports.forms.base import Form
from ingest.mapping.compose import WireSpan, source_of, span_of
from ingest.mapping.values import as_text
from ingest.protocols.base import Decoded
from ingest.wire.reading import digest, first, json_of, judged, nanoseconds, rows, table

_DEEPEST = 12


class PhoenixSpans(Form):
    """Phoenix spans and annotations."""

    name = "phoenix"
    order = 35

    def knows(self, told: dict[str, Any]) -> bool:
        """By the context that names a span, or the kind of its annotator."""
        return "span_id" in table(told.get("context")) or "context.span_id" in told or "annotator_kind" in told

    def decoded(self, record: bytes) -> Decoded:
        """Read a span or an annotation."""
        told = table(json_of(record))
        if "annotator_kind" in told:
            return Decoded(scores=[_score(told)])
        return Decoded([_span(told)])


def _span(told: dict[str, Any]) -> Span:
    context = table(told.get("context"))
    trace_id = as_text(context.get("trace_id") or told.get("context.trace_id"))
    span_id = as_text(context.get("span_id") or told.get("context.span_id"))
    start = nanoseconds(told.get("start_time"))
    if not trace_id or not span_id or not start:
        raise BadRequest("a span of Phoenix has a context with trace_id and span_id, and a start_time")
    pairs = dict(_flat(table(told.get("attributes")), "", 0))
    beside = {name.removeprefix("attributes."): told[name] for name in told if name.startswith("attributes.")}
    pairs.update(_flat(beside, "", 0))
    if kind := as_text(told.get("span_kind")):
        pairs.setdefault(sc.OI_SPAN_KIND, kind)
    status = as_text(told.get("status_code")).lower()
    wire = WireSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=as_text(told.get("parent_id")),
        name=as_text(told.get("name")),
        kind="internal",
        start_time=start,
        end_time=nanoseconds(told.get("end_time")) or start,
        status=status if status in {"ok", "error"} else "unset",
        status_message=as_text(told.get("status_message")),
        pairs=pairs.items(),
        events=[
            (as_text(one.get("name")), nanoseconds(one.get("timestamp")), table(one.get("attributes")))
            for one in rows(told.get("events"))
        ],
        links=[],
    )
    return span_of(wire, source_of((), "", "", ()), "import")


def _flat(value: Any, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Nested attributes under the dotted and numbered names that instrumentations send."""
    if isinstance(value, dict) and value and depth < _DEEPEST:
        for name, inner in value.items():
            yield from _flat(inner, f"{prefix}.{name}" if prefix else name, depth + 1)
    elif isinstance(value, list) and rows(value) and depth < _DEEPEST:
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{prefix}.{place}", depth + 1)
    elif value not in (None, {}, []):
        yield prefix, value


def _score(told: dict[str, Any]) -> Score:
    said = table(told.get("result")) or told
    name, span_id = as_text(told.get("name") or told.get("annotation_name")), as_text(told.get("span_id"))
    trace_id = as_text(told.get("trace_id"))
    if not name or not (span_id or trace_id):
        raise BadRequest("an annotation of Phoenix has a name and a span_id")
    human = as_text(told.get("annotator_kind")).upper() == "HUMAN"
    return Score(
        score_id=as_text(told.get("id")) or digest("phoenix", name, span_id, trace_id, as_text(told.get("identifier"))),
        name=name,
        value=judged(said.get("score")),
        label=as_text(said.get("label")),
        explanation=as_text(said.get("explanation")),
        source="human" if human else "client",
        trace_id=trace_id,
        span_id=span_id,
        time=nanoseconds(first(told, "updated_at", "created_at")) or time.time_ns(),
    )
