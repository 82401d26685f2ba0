"""Attachments through a real web server: safe before the answer, once a project, and no answer without them."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from backend.attachments.reference import references
from backend.store.client import Store
from backend.store.query import Query
from tests.backend.attachments.pictures import base64_of, png
from tests.ingest.rows import request, wait_for
from tests.ingest.serving import Server


@dataclass(frozen=True, slots=True)
class _Stored:
    input_messages: str


_STORED = Query("test_attached", "SELECT input_messages FROM span WHERE project_id = {project_id:UInt32}", _Stored)


def _body(*pictures: bytes) -> bytes:
    parts = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64_of(one)}"}} for one in pictures]
    messages = json.dumps([{"role": "user", "content": [*parts, {"type": "text", "text": "what is it?"}]}])
    attribute = {"key": "gen_ai.input.messages", "value": {"stringValue": messages}}
    span = {
        "traceId": "a" * 32, "spanId": "b" * 16, "name": "chat", "startTimeUnixNano": "1767000000000000000",
        "endTimeUnixNano": "1767000001000000000", "attributes": [attribute],
    }  # fmt: skip
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


def _files(server: Server) -> list[Path]:
    return sorted(path for path in (server.home / "attachments" / "1").rglob("*") if path.is_file())


def test_a_picture_is_on_disk_when_the_answer_comes(server: Server, store: Store) -> None:
    """Before the span itself can be asked for; the message refers to it, and a retry adds nothing."""
    shutil.rmtree(server.home / "attachments", ignore_errors=True)
    for _ in range(2):
        assert server.post(_body(png(1), png(2)), content_type="application/json").status_code == 200
        assert {path.read_bytes() for path in _files(server)} == {png(1), png(2)}
        assert {path.name for path in _files(server)} == {hashlib.sha256(png(n)).hexdigest() for n in (1, 2)}
    wait_for(store, 1)
    messages = store.fetch(_STORED, project_id=1)[0].input_messages
    assert [one.key for one in references(messages)] == [hashlib.sha256(png(n)).hexdigest() for n in (1, 2)]
    assert "what is it?" in messages
    assert len(messages) < 500


def test_a_span_whose_picture_cannot_be_kept_is_not_taken(server: Server, store: Store) -> None:
    """Its client is told to send it again; spans without one are taken all the same."""
    shutil.rmtree(server.home / "attachments", ignore_errors=True)
    (server.home / "attachments").write_text("in the way")
    try:
        answer = server.post(_body(png(3)), content_type="application/json")
        assert answer.status_code == 503
        assert "an attachment cannot be written" in answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert server.post(request(1, trace=9)).status_code == 200
        assert wait_for(store, 1).spans == 1
    finally:
        (server.home / "attachments").unlink()
    assert server.post(_body(png(3)), content_type="application/json").status_code == 200
