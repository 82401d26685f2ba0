"""A span as the mapping makes it of attributes, events and what else a client tells."""

from __future__ import annotations

from typing import Any

from backend.telemetry.span import Span
from ingest.mapping.compose import Source, WireSpan, source_of, span_of

START = 1_795_000_000 * 10**9


def composed(attributes: dict[str, Any], *, source: Source | None = None, **fields: Any) -> Span:
    """Map attributes.

    Args:
        attributes: of the span.
        source: its resource and scope, bare ones by default.
        fields: of ``WireSpan`` that are not as usual.
    """
    given: dict[str, Any] = {
        "trace_id": "t", "span_id": "s", "parent_span_id": "", "name": "n", "kind": "internal",
        "start_time": START, "end_time": START + 10**9, "status": "unset", "status_message": "",
        "events": [], "links": [], **fields,
    }  # fmt: skip
    return span_of(WireSpan(pairs=list(attributes.items()), **given), source or source_of([], "", "", []), "test")
