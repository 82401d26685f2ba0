"""PostHog's capture API: its ``$ai_`` events; the key stands in the body."""

from __future__ import annotations

import re
import time
from typing import ClassVar, Final

import msgspec

from backend.errors import BadRequest
from ingest.mapping.values import as_text
from ingest.protocols.base import Decoded
from ingest.protocols.json_base import JsonProtocol, answer
from ingest.wire import posthog, timeless
from ingest.wire.reading import batch, first, json_of, nanoseconds, table


class _Keyed(msgspec.Struct):
    api_key: str = ""
    token: str = ""


_EDGE: Final = 4096
_KEY: Final = re.compile(rb'(?<!\\)"(?:api_key|token)"\s*:\s*"([\x21\x23-\x5b\x5d-\x7e]{1,200})"')
_keyed: Final = msgspec.json.Decoder(_Keyed).decode


class PostHogBatch(JsonProtocol):
    """PostHog events about models; other events are counted and not stored."""

    name = "posthog"
    paths: ClassVar[tuple[str, ...]] = ("/batch/", "/batch", "/i/v0/ai/batch/", "/i/v0/ai/batch")
    key_in_body = True

    def key_of(self, body: bytes) -> str:
        """The project's key: PostHog's SDKs know no header for it. Nothing else of the body is built up."""
        try:
            told = _keyed(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError):  # NaN and its like: read leniently, once known
            found = _KEY.search(body[-_EDGE:]) or _KEY.search(body[:_EDGE])
            return found[1].decode("ascii") if found else ""
        return told.api_key or told.token

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a batch of events."""
        told = table(json_of(body))
        events = told.get("batch")
        if not isinstance(events, list):
            raise BadRequest("body is no batch of PostHog: an object whose `batch` is a list of events")
        spans, scores, others = [], [], 0
        for event in batch(events):
            name, properties = as_text(event.get("event")), table(event.get("properties"))
            if name in posthog.OPERATIONS:
                spans.append(posthog.span_of_event(name, event, properties))
            elif name in posthog.FEEDBACK:
                scores.append(posthog.score_of_event(event, properties))
            else:
                others += 1
        moment = nanoseconds(first(told, "sent_at", "sentAt")) or time.time_ns()
        timed, parts = timeless.parted(spans, moment)
        return Decoded(timed, scores=scores, parts=parts, counted=others, answer=answer({"status": "Ok"}))
