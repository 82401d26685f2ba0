"""Langfuse's batch API: everything of SDK v2, scores of v3, v4 and JavaScript."""

from __future__ import annotations

import time
from typing import ClassVar

from backend.errors import BadRequest
from ingest.bounds import check_items
from ingest.mapping.values import as_text
from ingest.protocols.base import Decoded
from ingest.protocols.json_base import JsonProtocol, answer
from ingest.wire import langfuse
from ingest.wire.reading import batch, json_of, table


class LangfuseIngestion(JsonProtocol):
    """Langfuse events: traces, observations and scores in one batch.

    The answer never names an error: the SDKs send a whole batch three times again for one, and what cannot be read
    today cannot be read then. Such events are counted as refused.
    """

    name = "langfuse_ingestion"
    paths: ClassVar[tuple[str, ...]] = ("/api/public/ingestion",)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a batch of events."""
        events = table(json_of(body)).get("batch")
        if not isinstance(events, list):
            raise BadRequest("body is no batch of Langfuse: an object whose `batch` is a list of events")
        now = time.time_ns()
        decoded = Decoded()
        ids, logs = [], 0
        for event in batch(events):
            ids.append({"id": as_text(event.get("id")), "status": 201})
            kind = as_text(event.get("type"))
            if kind == "score-create":
                score = langfuse.score_of(table(event.get("body")), now)
                if score is None:
                    decoded.rejected.append(("scores without a name, or of nothing", 1))
                else:
                    decoded.scores.append(score)
            elif (part := langfuse.part_of(event, now)) is not None:
                decoded.parts.append(part)
            elif kind == "sdk-log":
                logs += 1
            else:
                decoded.rejected.append(("events of an unknown type or without an id", 1))
        return Decoded(
            rejected=decoded.rejected,
            scores=decoded.scores,
            parts=decoded.parts,
            counted=logs,
            answer=answer({"successes": ids, "errors": []}, 207),
        )


class LangfuseScores(JsonProtocol):
    """Langfuse scores: a list from SDK v5, one object from others."""

    name = "langfuse_scores"
    routes: ClassVar[tuple[tuple[str, str], ...]] = (("POST", "/api/public/scores"),)

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read one score or a list of them."""
        told = json_of(body)
        now = time.time_ns()
        if isinstance(told, dict):
            score = langfuse.score_of(told, now)
            if score is None:
                raise BadRequest("a score has a name, and a traceId, observationId, sessionId or datasetRunId")
            return Decoded(scores=[score], answer=answer({"id": score.score_id}))
        if not isinstance(told, list):
            raise BadRequest("body is neither a score nor a list of scores")
        check_items(len(told), "scores")
        found = [langfuse.score_of(table(item), now) for item in told]
        errors = [
            {"message": f"item {place}: a score has a name, and says of what"}
            for place, score in enumerate(found)
            if score is None
        ]
        kept = [score for score in found if score is not None]
        if not errors:
            return Decoded(scores=kept, answer=answer({"message": "Accepted"}, 202))
        told_back = answer({"accepted": len(kept), "rejected": len(errors), "errors": errors}, 207)
        refused = [("scores without a name, or of nothing", len(errors))]
        return Decoded(scores=kept, rejected=refused, answer=told_back)
