"""Assay's own events, as ``/v1/events`` takes them."""

from __future__ import annotations

from typing import Any

from ingest.events.reading import events_of
from ingest.imports.forms.base import Form
from ingest.protocols.base import Decoded


class Events(Form):
    """Spans, scores and feedback, one a line."""

    name = "events"
    order = 20

    def knows(self, told: dict[str, Any]) -> bool:
        """By its type."""
        return told.get("type") in ("span", "score", "feedback") and bool(told.keys() & {"trace_id", "conversation_id"})

    def decoded(self, record: bytes) -> Decoded:
        """Read one event."""
        spans, scores = events_of(record, by_line=False)
        return Decoded(spans, scores=scores)
