"""Langfuse's exports: traces with what is below them, or traces, observations and scores each in a file."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from backend.errors import BadRequest
from ingest.imports.forms.base import Form
from ingest.mapping.values import as_text, from_json
from ingest.protocols.base import Decoded
from ingest.wire import langfuse
from ingest.wire.reading import first, json_of, rows, table

_PART: Final = "export"
"""Names the part: an item that is imported again, perhaps from a later export, replaces itself."""

_CONTENT: Final = ("input", "output", "metadata", "modelParameters", "usageDetails", "costDetails", "tags")


class LangfuseExport(Form):
    """Langfuse traces, observations and scores."""

    name = "langfuse"
    order = 40

    def knows(self, told: dict[str, Any]) -> bool:
        """By the words that only its API uses."""
        told = _camel(told)
        if "turns" in told:
            return False
        if isinstance(told.get("trace"), dict):
            return True
        names = told.keys()
        return (
            bool(names & {"observations", "traceId", "observationId", "sessionId", "htmlPath", "bookmarked"})
            and "id" in names
        )

    def decoded(self, record: bytes) -> Decoded:
        """Read a trace with what is below it, or an observation or a score alone."""
        decoded, now = Decoded(), time.time_ns()
        told = _unwrapped(table(json_of(record)))
        if _is_score(told):
            _take_score(decoded, told, now)
        elif "traceId" in told:
            _take(decoded, "observation-create", told, now)
        elif isinstance(told.get("id"), str):
            _take_trace(decoded, told, now)
        else:
            raise BadRequest("neither a trace, nor an observation, nor a score of Langfuse")
        return decoded


def _take_trace(decoded: Decoded, told: dict[str, Any], now: int) -> None:
    trace_id = told.get("id")
    below = {"observations", "scores"}
    _take(decoded, "trace-create", {name: value for name, value in told.items() if name not in below}, now)
    for observation in rows(told.get("observations")):
        _take(decoded, "observation-create", {"traceId": trace_id, **_camel(observation)}, now)
    for score in rows(told.get("scores")):
        _take_score(decoded, {"traceId": trace_id, **_camel(score)}, now)


def _take(decoded: Decoded, kind: str, told: dict[str, Any], now: int) -> None:
    body = {name: _opened(value) if name in _CONTENT else value for name, value in told.items()}
    model = first(body, "model", "providedModelName")
    event = {"id": _PART, "type": kind, "timestamp": first(body, "updatedAt", "endTime", "startTime", "timestamp")}
    part = langfuse.part_of({**event, "body": {**body, "model": model} if model else body}, now)
    if part is None or not part.trace_id:
        raise BadRequest(f"{kind.partition('-')[0]} without the ids that name it")
    decoded.parts.append(part)


def _take_score(decoded: Decoded, told: dict[str, Any], now: int) -> None:
    score = langfuse.score_of(told, now)
    if score is None:
        raise BadRequest("a score has a name, and a traceId, observationId, sessionId or datasetRunId")
    decoded.scores.append(score)


def _unwrapped(told: dict[str, Any]) -> dict[str, Any]:
    """A trace beside what is below it, as one object."""
    told = _camel(told)
    inner = told.get("trace")
    if not isinstance(inner, dict):
        return told
    if isinstance(inner.get("trace"), dict):
        return _unwrapped(inner)
    return {**_camel(inner), **{name: told[name] for name in ("observations", "scores") if name in told}}


def _is_score(told: dict[str, Any]) -> bool:
    return "name" in told and bool(told.keys() & {"dataType", "stringValue"}) and "startTime" not in told


def _camel(told: dict[str, Any]) -> dict[str, Any]:
    """Names as the API writes them: files in an object store have them with underscores."""
    return {re.sub(r"(?<=[a-z0-9])_([a-z])", lambda found: found[1].upper(), name): told[name] for name in told}


def _opened(value: Any) -> Any:
    """Exports write values as JSON text, some of them twice."""
    for _ in range(2):
        if not isinstance(value, str) or value[:1] not in {"{", "[", '"'}:
            break
        try:
            value = from_json(value)
        except ValueError:
            break
    return as_text(value) if isinstance(value, int | float) else value
