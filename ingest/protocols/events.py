"""Assay's own API for spans, scores and feedback, for those without an SDK."""

from __future__ import annotations

from typing import ClassVar, Final

from backend.errors import AssayError, UnsupportedMedia
from ingest.events.reading import BadEvents, events_of
from ingest.protocols.base import Answer, Decoded
from ingest.protocols.json_base import JsonProtocol, answer

_BY_LINE: Final = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
_WHOLE: Final = {"application/json", ""}


class Events(JsonProtocol):
    """Spans, scores and feedback as JSON, or one a line as NDJSON; a request is taken whole or not at all."""

    name = "events"
    paths: ClassVar[tuple[str, ...]] = ("/v1/events",)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read all events of a body."""
        if content_type not in _BY_LINE | _WHOLE:
            raise UnsupportedMedia(
                f"content type is {content_type[:80]}; application/json or application/x-ndjson is read"
            )
        spans, scores = events_of(body, by_line=content_type in _BY_LINE)
        return Decoded(spans, scores=scores, answer=answer({"spans": len(spans), "scores": len(scores)}))

    def refuse(self, content_type: str, error: AssayError) -> Answer:
        """The reason, and the place of each mistake."""
        told = {"code": error.code, "message": str(error)}
        if not isinstance(error, BadEvents):
            return answer({"error": told}, error.status)
        errors = [{"place": place, "message": reason} for place, reason in error.errors]
        return answer({"error": {**told, "errors": errors}}, error.status)
