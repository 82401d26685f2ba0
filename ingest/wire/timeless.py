"""Steps of which a client tells no time at all: when they came stands in for their end.

A span is named by its start too, and a request that is sent again comes later. So each telling is kept as a part with
its own moment, and the earliest one makes the span: sent again, it replaces itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from backend.telemetry.part import WirePart
from backend.telemetry.span import Span
from ingest.mapping.values import as_json
from ingest.wire.reading import digest

API: Final = "timeless"
NOTE: Final = "the client told no time; it is taken to have ended when it was sent"
_ORDER_NS: Final = 1_000


def parted(spans: Iterable[Span], moment: int) -> tuple[list[Span], list[WirePart]]:
    """Tell spans with a time from those without one.

    Args:
        spans: those without a time end at 0 or before, and begin as long before that as they took.
        moment: nanoseconds since 1970 when the request was sent or came. Its spans keep their order, a microsecond
            apart.

    Returns:
        The spans that can be stored, or refused, as they are; parts of the others.
    """
    timed: list[Span] = []
    parts: list[WirePart] = []
    for span in spans:
        if span.end_time > 0 or not span.trace_id or not span.span_id:
            timed.append(span)
        else:
            parts.append(_part(span, moment + len(parts) * _ORDER_NS))
    return timed, parts


def _part(span: Span, end: int) -> WirePart:
    took = max(0, span.end_time - span.start_time)
    told = msgspec.structs.replace(span, start_time=end - took, end_time=end, time_note=NOTE)
    text = as_json(msgspec.to_builtins(told))
    return WirePart(
        api=API,
        trace_id=span.trace_id,
        item_id=span.span_id,
        kind="span",
        part_id=digest(text),
        sent_at=-end,  # later messages win, and here the earliest must
        body=text,
    )


def spans(trace_id: str, items: dict[tuple[str, str], dict[str, Any]]) -> list[Span]:
    """The spans of a trace, each at the first moment that it was told of."""
    return [msgspec.convert(told, Span) for told in items.values()]
