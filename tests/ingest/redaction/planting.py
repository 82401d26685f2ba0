"""Requests of every protocol with personal data planted in them, and what of each would touch the disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from backend.errors import AssayError
from backend.sensitive.policy import Policy
from backend.store.rows import span_rows
from ingest import steps
from ingest.protocols.base import Request
from ingest.redaction.redacting import redacted_reason, redacted_spans
from ingest.routing import match
from ingest.taking import take
from tests.ingest.otlp.clients import SENT
from tests.ingest.wire.captured import FOLDER, Captured, requests, spans_of

SALT: Final = bytes(range(16))
MASK, DROP = Policy("mask", SALT), Policy("drop", SALT)
EMAIL: Final = "planted.person@leak-corp.org"
CARD: Final = "4539578763621486"
KEY: Final = "sk-proj-Pl4ntedKeyValue0123456789abcd"
PLANTED: Final = (EMAIL, CARD, KEY)
OWN_EVENTS: Final = {
    "events": [
        {
            "type": "span", "trace_id": "1" * 32, "span_id": "2" * 16, "name": "chat", "operation": "chat",
            "start_time": "2026-11-01T10:00:00Z", "end_time": "2026-11-01T10:00:01Z", "input": "a", "output": "b",
            "input_tokens": 12, "output_tokens": 3, "conversation_id": "c", "user_id": "u", "attributes": {"k": "v"},
        },
        {"type": "score", "trace_id": "1" * 32, "name": "helpful", "value": 0.5, "explanation": "fine"},
        {"type": "feedback", "conversation_id": "c", "thumb": "up", "comment": "good"},
    ]
}  # fmt: skip


def bodies() -> dict[str, Captured]:
    """One request or two of each client, by name."""
    found = {"events": Captured("POST", "/v1/events", "application/json", json.dumps(OWN_EVENTS).encode())}
    for folder, most in ((FOLDER, 4), (SENT, 2)):
        for path in sorted(folder.glob("*.json.gz")):
            client = path.name.removesuffix(".json.gz")
            for place, request in enumerate(requests(client, folder)[:most]):
                found[f"{client} {place}"] = request
    return found


def stored(request: Captured, policy: Policy) -> Iterator[bytes]:
    """All bytes that would reach spool or store: rows, the spans that are merged of parts, and what is counted."""
    found = match(request.method, request.path)
    assert found is not None
    bare = request.content_type.partition(";")[0].lower()
    asked = Request(request.body, bare, {"content-type": request.content_type}, found.parameters)
    with patch("ingest.taking.own_prices") as prices:
        prices().of.return_value = ()
        try:
            taken = take(found.protocol, asked, 1, encoding="", limit=2**24, policy=policy)
        except AssayError as refused:
            yield redacted_reason(str(refused), policy).encode()
            return
    yield from (rows.text for rows in taken.rows)
    yield from (reason.encode() for reason, _ in taken.rejected)
    parts = [part for rows in taken.rows if rows.table == "wire_part" for part in _parts(rows.text)]
    kept, _ = redacted_spans(steps.run(spans_of(parts))[0], policy)
    yield span_rows(1, kept).text


def survivors(request: Captured, policy: Policy) -> list[str]:
    """What was planted and would be stored, however it is written."""
    texts = [text.decode() for text in stored(request, policy)]
    texts += [text.replace("\\", "") for text in texts]
    return [value for value in PLANTED if any(value in text for text in texts)]


def _parts(text: bytes) -> list[Any]:
    from backend.telemetry.part import WirePart

    return [
        WirePart(**dict(zip(WirePart.__struct_fields__, json.loads(line)[1:], strict=True)))
        for line in text.splitlines()
    ]


def in_json(request: Captured, value: Any) -> Captured:
    """The request with another body."""
    return replace(request, body=json.dumps(value).encode("utf-8", "surrogatepass"))
