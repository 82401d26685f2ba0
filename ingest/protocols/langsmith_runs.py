"""LangSmith's API for runs and feedback: what LangChain and LangGraph send with nothing but environment variables."""

from __future__ import annotations

import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Final

import msgspec

from backend.attachments.reference import Reference
from backend.errors import BadRequest
from ingest.attaching import MOST, Attachment
from ingest.bounds import check_items
from ingest.mapping.values import as_text
from ingest.protocols.base import Answer, Decoded, Request
from ingest.protocols.json_base import JsonProtocol, answer
from ingest.wire import langsmith
from ingest.wire.reading import batch, json_of, table

_STAGES = {"post": 0, "patch": 1}
_FIELDS = frozenset({"inputs", "outputs", "events", "extra", "serialized", "error"})
_INGESTED: Final = {"message": "Runs batch ingested"}
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")
_TYPED: Final = re.compile(r"^content-type:[ \t]*([^;\r\n]*)", re.IGNORECASE | re.MULTILINE)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_-]{0,79}")
"""Names that no policy masks by what they are; others stand in the name of the field alone, which it reads."""
TOO_MANY_FILES: Final = f"files beyond {MOST} of one request"


class _Batch:
    """What the answers to batches share."""

    def completed(self, fixed: Answer, rejected: list[tuple[str, int]]) -> Answer:
        """Name what was left out."""
        refused = [{"reason": reason, "count": count} for reason, count in rejected]
        return answer({**_INGESTED, "refused": refused}, fixed.status) if refused else fixed


class LangSmithMultipart(_Batch, JsonProtocol):
    """LangSmith runs as multipart: a run and its long fields each in a part."""

    name = "langsmith_multipart"
    paths: ClassVar[tuple[str, ...]] = ("/runs/multipart", "/api/v1/runs/multipart")

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Only with its headers can such a body be read."""
        raise BadRequest("a multipart body needs the boundary of its Content-Type")

    def decode_request(self, request: Request) -> Decoded:
        """Put runs together from their parts."""
        runs: dict[tuple[str, str], dict[str, Any]] = {}
        files: defaultdict[str, dict[str, str]] = defaultdict(dict)
        decoded = Decoded(answer=answer(_INGESTED, 202))
        now = time.time_ns()
        for name, media_type, value in _parts(request.body, request.headers.get("content-type", "")):
            stage, _, rest = name.partition(".")
            run_id, _, field = rest.partition(".")
            if stage == "feedback":
                _take_feedback(decoded, json_of(value), now)
            elif stage == "attachment":
                files[run_id][f"attachment {field}"] = _take_file(decoded, field, media_type, value)
            elif stage in _STAGES and run_id:
                run = runs.setdefault((stage, run_id), {"id": run_id})
                if field in _FIELDS:
                    run[field] = json_of(value)
                else:
                    run.update(table(json_of(value)))
            else:
                decoded.rejected.append(("parts with an unknown name", 1))
        for run_id, told in files.items():
            if its := runs.get(("patch", run_id)) or runs.get(("post", run_id)):
                its.update(told)
            else:
                _take_run(decoded, {"id": run_id, **told}, _STAGES["patch"], now, is_alone=True)
        for (stage, _), run in runs.items():
            _take_run(decoded, run, _STAGES[stage], now)
        return decoded


class LangSmithBatch(_Batch, JsonProtocol):
    """LangSmith runs as JSON: ``{"post": [...], "patch": [...]}``."""

    name = "langsmith_batch"
    paths: ClassVar[tuple[str, ...]] = ("/runs/batch", "/api/v1/runs/batch")

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read new and updated runs."""
        told = json_of(body)
        if not isinstance(told, dict) or not told.keys() & _STAGES.keys():
            raise BadRequest("body is no batch of runs: an object with `post`, `patch` or both")
        decoded = Decoded(answer=answer(_INGESTED, 202))
        now = time.time_ns()
        for name, stage in _STAGES.items():
            for run in batch(told.get(name), "runs"):
                _take_run(decoded, run, stage, now)
        return decoded


class LangSmithRun(JsonProtocol):
    """One LangSmith run: begun with POST, updated with PATCH."""

    name = "langsmith_run"
    routes: ClassVar[tuple[tuple[str, str], ...]] = (
        ("POST", "/runs"),
        ("POST", "/api/v1/runs"),
        ("PATCH", "/runs/{run_id}"),
        ("PATCH", "/api/v1/runs/{run_id}"),
    )

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read a new run."""
        return self.decode_request(Request(body, content_type))

    def decode_request(self, request: Request) -> Decoded:
        """Read a new run, or what changed of the one in the address."""
        run = table(json_of(request.body))
        run_id = request.parameters.get("run_id", "")
        if not run_id and not run.get("id"):
            raise BadRequest("a run has an id")
        decoded = Decoded(answer=answer({}, 202))
        _take_run(decoded, {**run, "id": run_id} if run_id else run, 1 if run_id else 0, time.time_ns())
        return decoded


class LangSmithFeedback(JsonProtocol):
    """LangSmith feedback, which becomes a score."""

    name = "langsmith_feedback"
    routes: ClassVar[tuple[tuple[str, str], ...]] = (("POST", "/feedback"), ("POST", "/api/v1/feedback"))

    def decode(self, body: bytes, content_type: str) -> Decoded:
        """Read one feedback."""
        score = langsmith.score_of(table(json_of(body)), time.time_ns())
        if score is None:
            raise BadRequest("feedback has a key, and a run_id or trace_id")
        return Decoded(scores=[score], answer=answer({"id": score.score_id, "key": score.name, "score": score.value}))


def _take_run(decoded: Decoded, run: dict[str, Any], stage: int, now: int, *, is_alone: bool = False) -> None:
    part = langsmith.part_of(run, stage, now)
    if part is None:
        decoded.rejected.append(("runs without an id", 1))
    elif is_alone:  # its run is told in another request, which says what trace it is of
        decoded.parts.append(msgspec.structs.replace(part, trace_id=""))
    else:
        decoded.parts.append(part)


def _take_feedback(decoded: Decoded, told: Any, now: int) -> None:
    score = langsmith.score_of(table(told), now)
    if score is None:
        decoded.rejected.append(("feedback without a key, or of no run", 1))
    else:
        decoded.scores.append(score)


def _take_file(decoded: Decoded, name: str, media_type: str, content: bytes) -> str:
    """Have a file kept, and give what stands for it in its run."""
    if len(decoded.attachments) == MOST:
        decoded.rejected.append((TOO_MANY_FILES, 1))
        return f"{len(content):,} bytes, not stored"
    key = hashlib.sha256(content).hexdigest()
    decoded.attachments.append(Attachment(key, content))
    told = media_type if _MEDIA_TYPE.fullmatch(media_type) else ""
    return str(Reference(key, told, len(content), name if _PLAIN_NAME.fullmatch(name) else ""))


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, str, bytes]]:
    """Names, media types and contents of a multipart body."""
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"')
    if not boundary:
        raise BadRequest(f"content type is {content_type[:80] or 'missing'}; runs come as multipart/form-data")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise BadRequest(f"body of {len(body):,} bytes does not end with its multipart boundary")
    check_items(len(pieces), "parts")
    for place, piece in enumerate(pieces[1:-1]):
        head, blank, content = piece.partition(b"\r\n\r\n")
        told = as_text(head.decode("utf-8", "replace"))
        name = told.partition('name="')[2].partition('"')[0]
        if not blank or not name:
            raise BadRequest(f"part {place} of the multipart body has no name")
        typed = _TYPED.search(told)
        yield name, typed[1] if typed else "", content
