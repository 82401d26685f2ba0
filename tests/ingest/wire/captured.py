"""Requests as real clients sent them, and the spans and scores that they become."""

from __future__ import annotations

import base64
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from backend.store.parts import StoredPart
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest import steps
from ingest.protocols.base import Decoded, Request
from ingest.routing import match
from ingest.twins import counted_once
from ingest.wire.merging import READERS, merged
from ingest.wire.otlp_content import API, BARE

FOLDER = Path(__file__).parent / "payloads"
CAPTURED_NS = 1_796_000_000 * 10**9


@dataclass(frozen=True)
class Captured:
    """One request."""

    method: str
    path: str
    content_type: str
    body: bytes

    def decoded(self) -> Decoded:
        """What its protocol makes of it."""
        found = match(self.method, self.path)
        assert found is not None, f"{self.method} {self.path} is not served"
        bare = self.content_type.partition(";")[0].lower()
        request = Request(self.body, bare, {"content-type": self.content_type}, found.parameters)
        return found.protocol.decode_request(request)


@dataclass
class Outcome:
    """What a client's requests became."""

    spans: list[Span] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    parts: list[WirePart] = field(default_factory=list)
    rejected: list[tuple[str, int]] = field(default_factory=list)


def requests(client: str, folder: Path = FOLDER) -> list[Captured]:
    """All requests of one client that bring something, in their order."""
    items = json.loads(gzip.decompress((folder / f"{client}.json.gz").read_bytes()))
    return [
        Captured(item["method"], item["path"], item["content_type"], base64.b64decode(item["body"])) for item in items
    ]


def outcome(client: str, folder: Path = FOLDER) -> Outcome:
    """Take a client's requests all the way to spans and scores."""
    found = Outcome()
    spans: list[Span] = []
    with patch.object(steps.time, "time_ns", return_value=CAPTURED_NS):
        for request in requests(client, folder):
            decoded = request.decoded()
            spans += decoded.spans
            found.parts += decoded.parts
            found.scores += decoded.scores
            found.rejected += decoded.rejected
        spans += spans_of(found.parts)
        found.spans, refused = steps.run(spans)
    found.rejected += refused
    return found


def spans_of(parts: list[WirePart]) -> list[Span]:
    """What the merger makes of parts."""
    traces: dict[tuple[str, str], list[StoredPart]] = defaultdict(list)
    for part in parts:
        stored = StoredPart(part.trace_id, part.item_id, part.kind, part.sent_at, part.body)
        traces[API if part.api == BARE else part.api, part.trace_id].append(stored)
    return [
        span for (api, trace_id), some in traces.items() for span in counted_once(READERS[api](trace_id, merged(some)))
    ]
