"""Opik's API: traces, spans and feedback, in batches or one by one."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from backend.errors import BadRequest
from ingest.protocols.base import Answer, Decoded, Request
from ingest.protocols.json_base import JsonProtocol
from ingest.wire import opik
from ingest.wire.reading import batch, json_of, table

_DONE = Answer(204, "application/json", b"")
_HOMES = ("/opik/api/v1/private", "/api/v1/private", "/v1/private")


def _routes(method: str, ending: str) -> tuple[tuple[str, str], ...]:
    return tuple((method, f"{home}/{kinds}{ending}") for home in _HOMES for kinds in ("traces", "spans"))


class OpikBatch(JsonProtocol):
    """Opik traces or spans, many at once."""

    name = "opik_batch"
    routes: ClassVar[tuple[tuple[str, str], ...]] = (*_routes("POST", "/batch"), *_routes("PATCH", "/batch"))

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read the list under `traces` or `spans`."""
        told = table(json_of(body))
        if not told.keys() & {"traces", "spans"}:
            raise BadRequest("body is no batch of Opik: an object with `traces` or `spans`")
        decoded = Decoded(answer=_DONE)
        for kinds, kind in (("traces", "trace"), ("spans", "span")):
            for item in batch(told.get(kinds), kinds):
                _take(decoded, item, kind)
        return decoded


class OpikTrace(JsonProtocol):
    """One Opik trace: made with POST, changed with PATCH, which may come first."""

    name = "opik_trace"
    kind: ClassVar[str] = "trace"
    routes: ClassVar[tuple[tuple[str, str], ...]] = tuple(
        route for home in _HOMES for route in (("POST", f"{home}/traces"), ("PATCH", home + "/traces/{item_id}"))
    )

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a new one."""
        return self.decode_request(Request(body, content_type))

    def decode_request(self, request: Request) -> Decoded:
        """Read a new one, or what changed of the one in the address."""
        told = table(json_of(request.body))
        item_id = request.parameters.get("item_id", "")
        if not item_id and not told.get("id"):
            raise BadRequest(f"a {self.kind} has an id")
        decoded = Decoded(answer=_DONE)
        _take(decoded, {**told, "id": item_id} if item_id else told, self.kind)
        return decoded


class OpikSpan(OpikTrace):
    """One Opik span: made with POST, changed with PATCH, which may come first."""

    name = "opik_span"
    kind = "span"
    routes: ClassVar[tuple[tuple[str, str], ...]] = tuple(
        route for home in _HOMES for route in (("POST", f"{home}/spans"), ("PATCH", home + "/spans/{item_id}"))
    )


class OpikFeedback(JsonProtocol):
    """Opik feedback scores of traces."""

    name = "opik_feedback"
    kind: ClassVar[str] = "trace"
    routes: ClassVar[tuple[tuple[str, str], ...]] = tuple(("PUT", f"{home}/traces/feedback-scores") for home in _HOMES)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read the list under `scores`."""
        decoded = Decoded(answer=_DONE)
        now = time.time_ns()
        for item in batch(table(json_of(body)).get("scores"), "scores"):
            score = opik.score_of(item, self.kind, now)
            if score is None:
                decoded.rejected.append(("scores without a name, or of nothing", 1))
            else:
                decoded.scores.append(score)
        return decoded


class OpikSpanFeedback(OpikFeedback):
    """Opik feedback scores of spans."""

    name = "opik_span_feedback"
    kind = "span"
    routes: ClassVar[tuple[tuple[str, str], ...]] = tuple(("PUT", f"{home}/spans/feedback-scores") for home in _HOMES)


def _take(decoded: Decoded, told: dict[str, Any], kind: str) -> None:
    part = opik.part_of(told, kind, time.time_ns())
    if part is None:
        decoded.rejected.append((f"{kind}s without an id", 1))
    else:
        decoded.parts.append(part)
