"""What happens to a span between its protocol and the store: a list of small steps, each Span -> Span.

``drop_`` may refuse a span, with a reason that is counted and told to the client; ``put_`` adds or mends.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from backend.env import env
from backend.store.rows import Rows, span_rows
from backend.telemetry import operation as op
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.mapping.values import as_json, from_json, mended, mended_text
from ingest.prices.table import Price, cost_usd

Step = Callable[[Span], Span]


class Refused(Exception):
    """A span that is not kept; the text is the reason."""


FIRST_NS: Final = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp()) * 10**9
DAY_NS: Final = 24 * 3600 * 10**9
LEFT_OUT: Final = "assay.attributes_left_out"
"""Attribute that says how many others were left out."""

_TRACE_ID = re.compile(r"(?!0+$)[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0+$)[0-9a-f]{16}")
_JSON = frozenset({"input_messages", "output_messages", "documents", "tool_definitions", "events", "links"})
_NUL = b"\\u0000"  # as JSON writes it, and as it writes JSON that holds it
_encode = msgspec.json.Encoder().encode


def drop_unidentified(span: Span) -> Span:
    """Refuse a span without the ids that name it: it could be neither found nor recognised when it is sent again."""
    if _TRACE_ID.fullmatch(span.trace_id) and _SPAN_ID.fullmatch(span.span_id):
        return span
    if not span.trace_id.strip("0"):
        raise Refused("with a missing or all-zero trace id")
    if not span.span_id.strip("0"):
        raise Refused("with a missing or all-zero span id")
    if span.protocol.startswith("otlp"):
        if not _TRACE_ID.fullmatch(span.trace_id):
            raise Refused("with a trace id that is not 16 bytes")
        raise Refused("with a span id that is not 8 bytes")
    return span


def put_defaults(span: Span) -> Span:
    """Give a nameless span the name of what it did."""
    return span if span.name else msgspec.structs.replace(span, name=span.operation or "unnamed")


def put_bounded_times(span: Span) -> Span:
    """Bring times into 2015 .. a day from now, and the end behind the start; the note keeps what was sent.

    The bounds are whole days, so that the same span sent again gets the same time and replaces itself.
    """
    now = time.time_ns()
    start, end = span.start_time, span.end_time
    if FIRST_NS <= start <= end <= now + DAY_NS:
        return span
    last = now - now % DAY_NS + DAY_NS
    notes = []
    if not FIRST_NS <= start <= now + DAY_NS:
        notes.append(f"start was {start} ns since 1970")
        start = FIRST_NS if start < FIRST_NS else last
    if end > now + DAY_NS or end < start:
        notes.append(f"end was {span.end_time} ns since 1970")
        end = max(start, min(end, last))
    return msgspec.structs.replace(span, start_time=start, end_time=end, time_note="; ".join(notes))


def put_sound_score(score: Score) -> Score:
    """Bring a judgement's time into 2015 .. a day from now and its texts into what tools can read, as a span's."""
    now = time.time_ns()
    if not FIRST_NS <= score.time <= now + DAY_NS:
        last = now - now % DAY_NS + DAY_NS
        score = msgspec.structs.replace(score, time=FIRST_NS if score.time < FIRST_NS else last)
    try:
        if _NUL not in _encode(score):
            return score
    except UnicodeEncodeError:
        pass
    return Score(**{name: _clean(value) for name, value in msgspec.structs.asdict(score).items()})


def put_bounded_attributes(span: Span) -> Span:
    """Keep as many attributes as the setting allows and say how many were left out."""
    limit = env().ingest_attribute_limit
    if len(span.attributes) <= limit and len(span.resource_attributes) <= limit:
        return span
    return msgspec.structs.replace(
        span,
        attributes=_bounded(span.attributes, limit),
        resource_attributes=_bounded(span.resource_attributes, limit),
    )


def put_cost(span: Span) -> Span:
    """Price a model call, once, by the table in force on its day."""
    if span.operation not in op.METERED:
        return span
    cost = cost_usd(span)
    return span if cost is None else msgspec.structs.replace(span, cost_usd=cost)


def put_own_cost(span: Span, own: Sequence[Price]) -> Span:
    """Price a model call by what its project set, where that knows the model."""
    if span.operation not in op.METERED:
        return span
    return msgspec.structs.replace(span, cost_usd=cost_usd(span, own))


def put_clean_text(span: Span) -> Span:
    """Replace NUL characters and lone surrogates, which many tools cannot read back."""
    try:
        if _NUL not in _encode(span):
            return span
    except UnicodeEncodeError:
        pass
    values: dict[str, Any] = msgspec.structs.asdict(span)
    for name, value in values.items():
        values[name] = _clean_json(value) if name in _JSON else _clean(value)
    return Span(**values)


STEPS: Final[tuple[Step, ...]] = (
    drop_unidentified,
    put_defaults,
    put_bounded_times,
    put_bounded_attributes,
    put_cost,
)
"""In the order they run, before the texts are mended."""


def run(
    spans: Iterable[Span], own: Sequence[Price] = (), *, mends: bool = True
) -> tuple[list[Span], list[tuple[str, int]]]:
    """Take spans through all steps.

    Args:
        spans: of one project.
        own: prices that the project set.
        mends: whether texts are mended too; otherwise ``mended_rows`` has to make the rows.

    Returns:
        The spans that are kept, and (reason, how many) of those that are not.
    """
    kept: list[Span] = []
    refused: Counter[str] = Counter()
    for span in spans:
        try:
            for step in STEPS:
                span = step(span)  # noqa: PLW2901 - that is what a pipeline does
        except Refused as reason:
            refused[str(reason)] += 1
        else:
            span = put_own_cost(span, own) if own else span  # noqa: PLW2901
            kept.append(put_clean_text(span) if mends else span)
    return kept, list(refused.items())


def mended_rows(project_id: int, spans: Sequence[Span]) -> Rows:
    """Encode spans whose texts may still hold what many tools cannot read; nearly none do, and are encoded once."""
    try:
        rows = span_rows(project_id, spans)
    except UnicodeEncodeError:
        pass
    else:
        if _NUL not in rows.text:
            return rows
    return span_rows(project_id, [put_clean_text(span) for span in spans])


def _bounded(attributes: dict[str, str], limit: int) -> dict[str, str]:
    if len(attributes) <= limit:
        return attributes
    kept = dict(list(attributes.items())[:limit])
    kept[LEFT_OUT] = str(len(attributes) - limit)
    return kept


def _clean_json(text: str) -> str:
    """JSON may hold the same characters as escapes, which come to life when it is read."""
    if "\\u0000" not in text:
        return mended_text(text)
    try:
        return as_json(mended(from_json(text)))
    except (ValueError, RecursionError):
        return mended_text(text)


def _clean(value: Any) -> Any:
    return tuple(mended(value)) if isinstance(value, tuple) else mended(value)
