"""Langfuse's media: announced, sent, kept once a project, and given back to nobody else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from backend.attachments.place import shelf
from backend.attachments.reference import langfuse_id
from backend.policies.models import ProjectPolicy
from backend.projects.models import ApiKey
from tests.backend.attachments.pictures import png
from tests.conftest import Cast
from tests.ingest.apis.conftest import Program

PICTURE = png()
KEY = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture(autouse=True)
def _nothing_left(cast: Cast) -> Iterator[None]:
    """Attachments are no rows, so no transaction takes them back."""
    yield
    for project_id in shelf().projects():
        shelf().remove_project(project_id)


def _announced(content: bytes = PICTURE, **fields: Any) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return {
        "traceId": "t", "field": "input", "contentType": "image/png", "contentLength": len(content),
        "sha256Hash": digest, **fields,
    }  # fmt: skip


def _put(address: str, content: bytes) -> Any:
    return Client().generic("PUT", urlsplit(address).path, content, content_type="image/png")


def _content(answer: Any) -> bytes:
    assert isinstance(answer, StreamingHttpResponse)

    async def whole() -> bytes:
        return b"".join([block async for block in answer])  # type: ignore[union-attr]  # it streams asynchronously

    return asyncio.run(whole())


def test_a_picture_goes_the_way_its_sdk_sends_it(program: Program, cast: Cast) -> None:
    """Announced, sent without a key, noted, and read again; announced again it need not be sent."""
    told = program.told("POST", "media", _announced())
    assert told["mediaId"] == langfuse_id(KEY)
    assert _put(told["uploadUrl"], PICTURE).status_code == 200
    assert program.ask("PATCH", f"media/{told['mediaId']}", {"uploadHttpStatus": 200}).status_code == 204
    found = shelf().find(cast.project.pk, KEY)
    assert found is not None
    shown = program.told("GET", f"media/{told['mediaId']}")
    assert (shown["contentType"], shown["contentLength"]) == ("image/png", len(PICTURE))
    answer = Client().get(urlsplit(shown["url"]).path)
    assert _content(answer) == PICTURE
    assert answer["Content-Type"] == "application/octet-stream"
    assert program.told("POST", "media", _announced()) == {"mediaId": langfuse_id(KEY), "uploadUrl": None}


def test_another_project_has_nothing_of_it(program: Program, foreign: Program) -> None:
    """Not even the knowledge that it is there."""
    _put(program.told("POST", "media", _announced())["uploadUrl"], PICTURE)
    assert foreign.ask("GET", f"media/{langfuse_id(KEY)}").status_code == 404
    assert foreign.told("POST", "media", _announced())["uploadUrl"]


@pytest.mark.parametrize("content", [b"", PICTURE[:-1], PICTURE + b"x", b"x" * len(PICTURE)])
def test_other_bytes_than_were_announced_are_refused(program: Program, cast: Cast, content: bytes) -> None:
    """An address is good for one content."""
    answer = _put(program.told("POST", "media", _announced())["uploadUrl"], content)
    assert answer.status_code == 400
    assert "not the one that was announced" in answer.json()["message"]
    assert shelf().find(cast.project.pk, KEY) is None


@pytest.mark.parametrize("token", ["made-up", "WzEsImEiLDFd:x:y"])
@pytest.mark.parametrize(("method", "path"), [("PUT", "media-upload"), ("GET", "media-download")])
def test_addresses_that_are_not_ours_do_nothing(cast: Cast, token: str, method: str, path: str) -> None:
    """Nor does an address for one deed serve the other."""
    assert Client().generic(method, f"/api/public/{path}/{token}", b"x").status_code == 403


def test_an_address_for_sending_reads_nothing(program: Program) -> None:
    """Each is signed for what it is for."""
    address = urlsplit(program.told("POST", "media", _announced())["uploadUrl"]).path
    assert Client().get(address.replace("media-upload", "media-download")).status_code == 403


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"sha256Hash": "x"}, 400, "SHA-256"),
        ({"sha256Hash": None}, 400, "SHA-256"),
        ({"contentLength": 0}, 400, "contentLength"),
        ({"contentLength": "5"}, 400, "contentLength"),
        ({"contentLength": 21 * 2**20}, 413, "the limit is 20 MiB"),
    ],
)
def test_what_cannot_be_kept_is_said(program: Program, fields: dict[str, Any], status: int, words: str) -> None:
    """With the limit."""
    answer = program.ask("POST", "media", _announced(**fields))
    assert answer.status_code == status
    assert words in answer.json()["message"]


def test_a_project_that_drops_content_takes_no_files(program: Program, cast: Cast) -> None:
    """Neither new ones nor those that were announced before."""
    before = program.told("POST", "media", _announced())["uploadUrl"]
    ProjectPolicy(project=cast.project, changed_by=cast.owner).set_redaction("drop", [])
    assert program.ask("POST", "media", _announced()).status_code == 403
    assert _put(before, PICTURE).status_code == 403
    assert shelf().find(cast.project.pk, KEY) is None


@pytest.mark.parametrize("media_id", ["x", "A" * 22, "!" * 22, "a" * 23])
def test_what_was_never_sent_is_not_found(program: Program, media_id: str) -> None:
    """Whatever is asked for."""
    assert program.ask("GET", f"media/{media_id}").status_code == 404


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [("read", "POST", "media", 403), ("ingest", "POST", "media", 201), ("ingest", "GET", "media/x", 403),
     ("read", "GET", "media/x", 404), ("read", "PATCH", "media/x", 403), ("ingest", "PATCH", "media/x", 204)],
)  # fmt: skip
def test_keys_do_what_their_scope_says(cast: Cast, scope: str, method: str, path: str, status: int) -> None:
    """One that sends may put aside, one that reads may read."""
    key, secret = ApiKey.objects.mint(cast.project, scopes=[scope])
    assert Program(key.public_key, secret).ask(method, path, _announced()).status_code == status
