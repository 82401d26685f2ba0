"""Files that clients send beside their runs: kept, named in the run that they belong to, counted where they are not."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import dataclass

import httpx
import pytest

from backend.attachments.reference import Reference, reference_of, references
from backend.errors import BadRequest
from backend.store.client import Store
from backend.store.query import Query
from ingest.attaching import MOST
from ingest.protocols.base import Request
from ingest.protocols.langsmith_runs import TOO_MANY_FILES
from ingest.protocols.mlflow_traces import MlflowAttachment
from ingest.redaction.redacting import FILES_DROPPED, redacted_request
from tests.backend.attachments.pictures import png
from tests.ingest.redaction.planting import DROP, MASK
from tests.ingest.serving import Server
from tests.ingest.wire.captured import Captured, outcome, requests, spans_of

PICTURE, NOTE = png(), b"a small note\r\nof two lines"
SENT = requests("langsmith_files")[0]
MLFLOW = requests("mlflow_files")
INPUTS = "mlflow.spanInputs"
MULTIPART = "multipart/form-data; boundary=b"


def _references(run: str) -> dict[str, Reference]:
    (span,) = [one for one in outcome("langsmith_files").spans if one.name == run]
    found = {name: reference_of(text) for name, text in span.attributes.items() if name.startswith("attachment ")}
    return {name: one for name, one in found.items() if one is not None}


def _multipart(*parts: tuple[str, bytes]) -> Captured:
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%b"\r\ncontent-type: image/png; length=3\r\n\r\n%b\r\n'
        % (name.encode(), content)
        for name, content in parts
    )
    return Captured("POST", "/runs/multipart", MULTIPART, body + b"--b--\r\n")


def test_langsmiths_files_are_kept_as_they_were() -> None:
    """A picture and a note too small to be told from text elsewhere, of a run below another."""
    decoded = SENT.decoded()
    assert [one.content for one in decoded.attachments] == [PICTURE, NOTE]
    assert _references("look") == {
        "attachment photo": Reference(hashlib.sha256(PICTURE).hexdigest(), "image/png", len(PICTURE), "photo"),
        "attachment notes": Reference(hashlib.sha256(NOTE).hexdigest(), "text/plain", len(NOTE), "notes"),
    }
    assert _references("turn") == {}
    assert len({span.trace_id for span in outcome("langsmith_files").spans}) == 1


def test_masking_leaves_them_readable() -> None:
    """What stands for a file is no secret, though it is a long word; nothing of it is masked."""
    kept = redacted_request(SENT.decoded(), MASK)
    assert [one.content for one in kept.attachments] == [PICTURE, NOTE]
    found = {one.key for part in kept.parts for one in references(part.body)}
    assert found == {hashlib.sha256(content).hexdigest() for content in (PICTURE, NOTE)}


def test_where_content_is_dropped_files_are_too_and_are_counted() -> None:
    """Neither kept nor named; the runs are taken."""
    kept = redacted_request(SENT.decoded(), DROP)
    assert (kept.attachments, kept.rejected) == ([], [(FILES_DROPPED, 2)])
    assert len(kept.parts) == 2
    assert not [one for part in kept.parts for one in references(part.body)]


def test_a_name_that_may_be_masked_stands_in_no_reference() -> None:
    """Only where a policy reads it: percent signs would hide what it is."""
    (part,) = redacted_request(_multipart(("attachment.r.me@leak-corp.org", PICTURE)).decoded(), MASK).parts
    assert "leak-corp" not in part.body
    assert [one.name for one in references(part.body)] == [""]


def test_files_beyond_the_limit_are_counted() -> None:
    """Each costs a sync of the disk; the run says how large they were."""
    names = [f"attachment.r.n{place}" for place in range(MOST + 2)]
    decoded = _multipart(*((name, b"x") for name in names)).decoded()
    assert len(decoded.attachments) == MOST
    assert decoded.rejected == [(TOO_MANY_FILES, 1)] * 2
    assert json.loads(decoded.parts[0].body)[f"attachment n{MOST}"] == "1 bytes, not stored"


def test_mlflows_files_stand_in_their_span() -> None:
    """They come after it, named by ids that the span holds; its reference says of what type they are."""
    assert [one.content for request in MLFLOW for one in request.decoded().attachments] == [PICTURE]
    (span,) = outcome("mlflow_files").spans
    told = json.loads(span.attributes["mlflow.spanInputs"])
    kept = Reference(hashlib.sha256(PICTURE).hexdigest(), "image/png", len(PICTURE))
    assert (told["q"], reference_of(told["photo"])) == ("what is it?", kept)


def test_mlflows_files_pass_the_mask_and_are_dropped_with_content() -> None:
    """A masked span still names its file; a dropped file is counted, and the answer says so."""
    masked = [part for request in MLFLOW for part in redacted_request(request.decoded(), MASK).parts]
    (span,) = spans_of(masked)
    assert hashlib.sha256(PICTURE).hexdigest() in span.attributes["mlflow.spanInputs"]
    kept = redacted_request(MLFLOW[-1].decoded(), DROP)
    assert (kept.attachments, kept.rejected) == ([], [(FILES_DROPPED, 1)])
    assert not [one for part in kept.parts for one in references(part.body)]
    protocol = MlflowAttachment()
    told = protocol.completed(protocol.accept("", []), kept.rejected)
    assert json.loads(told.body) == {"refused": [{"reason": FILES_DROPPED, "count": 1}]}


@pytest.mark.parametrize("name", ["x", "../traces.json", "188D5F9D-556F-41CF-AF84-26B20097C418", "a" * 36])
def test_a_file_of_mlflow_has_a_name_of_its_own(name: str) -> None:
    """What is no id of its SDK is refused."""
    request = Request(PICTURE, "", parameters={"trace_id": "tr-1", "attachment_id": name})
    with pytest.raises(BadRequest, match="UUID"):
        MlflowAttachment().decode_request(request)


@dataclass(frozen=True, slots=True)
class _Row:
    trace_id: str
    attributes: dict[str, str]


_LOOKED = Query(
    "test_wire_files",
    "SELECT trace_id, attributes FROM span FINAL WHERE project_id = {project_id:UInt32} AND name = 'look'"
    " AND mapContains(attributes, {attribute:String}) AND ({trace_id:String} = '' OR trace_id = {trace_id:String})",
    _Row,
)


def _kept(server: Server) -> set[bytes]:
    return {path.read_bytes() for path in (server.home / "attachments" / "1").rglob("*") if path.is_file()}


def _send(server: Server, sent: Captured) -> dict[str, object]:
    answer = server.post(sent.body, sent.path, content_type=sent.content_type)
    assert answer.status_code == 202
    told: dict[str, object] = answer.json()
    return told


def _looked(store: Store, attribute: str, trace_id: str = "") -> list[_Row]:
    """What is stored; a trace of the test before may be merged once more after the tables were emptied."""
    deadline, wanted = time.monotonic() + 20, {"project_id": 1, "attribute": attribute, "trace_id": trace_id}
    while not (found := store.fetch(_LOOKED, **wanted)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_they_are_on_disk_when_the_answer_comes(server: Server, store: Store) -> None:
    """The real SDK's request, sent twice."""
    shutil.rmtree(server.home / "attachments", ignore_errors=True)
    for _ in range(2):
        assert _send(server, SENT) == {"message": "Runs batch ingested"}
        assert _kept(server) == {PICTURE, NOTE}
    (row,) = _looked(store, "attachment photo")
    assert [one.name for one in references(row.attributes["attachment photo"])] == ["photo"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_mlflows_files_are_kept_before_or_after_their_span(
    server: Server, store: Store, order: tuple[int, ...]
) -> None:
    """The real SDK's requests; a span that was merged already is made anew."""
    shutil.rmtree(server.home / "attachments", ignore_errors=True)
    for place in order:
        request = MLFLOW[place]
        key = {"authorization": f"Bearer {server.secret}", "content-type": request.content_type}
        answer = httpx.request(request.method, server.url + request.path, content=request.body, headers=key, timeout=60)
        assert answer.status_code == 200
        assert b"refused" not in answer.content
        server.settle()
        if place == 1:
            assert _looked(store, INPUTS)
    deadline = time.monotonic() + 20
    while "mlflow-attachment" in _looked(store, INPUTS)[0].attributes[INPUTS] and time.monotonic() < deadline:
        time.sleep(0.1)
    (row,) = _looked(store, INPUTS)
    assert [one.media_type for one in references(row.attributes[INPUTS])] == ["image/png"]
    assert "mlflow-attachment" not in str(row.attributes)
    assert _kept(server) == {PICTURE}


def test_a_file_finds_its_run_in_another_request(server: Server, store: Store) -> None:
    """It says nothing of the trace, which its run tells, before or after it; what is left out the answer says."""
    names = ["photo", *(f"n{place}" for place in range(MOST))]
    told = _send(server, _multipart(*((f"attachment.r.{name}", PICTURE) for name in names)))
    assert told["refused"] == [{"reason": TOO_MANY_FILES, "count": 1}]
    run = {"id": "r", "trace_id": "t", "parent_run_id": "p", "name": "look", "start_time": "2026-11-22T17:00:00Z"}
    _send(server, _multipart(("post.r", json.dumps(run).encode())))
    (row,) = _looked(store, "attachment photo", "t")
    assert [one.key for one in references(row.attributes["attachment photo"])] == [hashlib.sha256(PICTURE).hexdigest()]
