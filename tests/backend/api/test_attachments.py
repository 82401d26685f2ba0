"""Attachments by the API: what a trace has, who may read one, and that nothing in it can run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.urls import reverse
from rest_framework.test import APIClient

from backend.attachments.place import shelf
from backend.attachments.reference import SHORT, Reference, langfuse_id
from backend.projects.models import ApiKey, Project
from backend.store.client import Store
from backend.store.rows import insert_block, span_rows
from backend.telemetry.message import Message, Part, dump
from backend.telemetry.span import Span
from tests.backend.attachments.pictures import png
from tests.conftest import Cast

SECRET = b"%PDF-1.7 of acme" * 100
TRACE = "a" * 32


def _span(place: int, **fields: Any) -> Span:
    now = time.time_ns() - 10**9
    return Span(trace_id=TRACE, span_id=f"{place:016x}", start_time=now, end_time=now, **fields)


def _blob(reference: Reference) -> str:
    return dump([Message(role="user", parts=(Part(type="blob", content=str(reference)),))])


@pytest.fixture
def sent(store: Store, cast: Cast) -> Iterator[dict[str, str]]:
    """A trace with a picture in two fields of one span, a file in the attributes of another, and one that is gone."""
    project = cast.project.pk
    keys = {"picture": shelf().put(project, png()), "file": shelf().put(project, SECRET), "gone": "c" * 64}
    picture = Reference(keys["picture"], "image/png", 1, "<b>cat.png")
    media = f"@@@langfuseMedia:type=application/pdf|id={langfuse_id(keys['file'])}|source=bytes@@@"
    spans = [
        _span(1, input_messages=_blob(picture), tool_result=f"see {picture}"),
        _span(2, attributes={"x": media}, output_messages=_blob(Reference(keys["gone"], "audio/wav", 7))),
        _span(3, input_text="nothing here"),
    ]
    insert_block(store, [span_rows(project, spans)])
    yield keys
    shelf().remove_project(project)


def _holding(project: Project, *scopes: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.objects.mint(project, scopes=scopes)[1]}")
    return client


def _content(answer: Any) -> bytes:
    assert isinstance(answer, StreamingHttpResponse)

    async def whole() -> bytes:
        return b"".join([block async for block in answer])  # type: ignore[union-attr]  # it streams asynchronously

    return asyncio.run(whole())


def test_a_trace_tells_its_attachments_span_by_span(sent: dict[str, str], cast: Cast) -> None:
    """Hash and size of what is kept, all else as the client said; each once a span, with the fields it stands in."""
    told = _holding(cast.project, "read").get(reverse("api_trace_attachments", args=[TRACE])).json()
    assert told["total"] == 3
    picture, gone, file = told["attachments"]
    assert picture == {
        "hash": sent["picture"], "media_type": "image/png", "size_bytes": len(png()), "name": "<b>cat.png",
        "span_id": f"{1:016x}", "fields": ["input_messages", "tool_result"], "is_kept": True,
        "href": f"/api/v1/attachments/{sent['picture']}",
    }  # fmt: skip
    assert (gone["hash"], gone["size_bytes"], gone["is_kept"]) == (sent["gone"], 7, False)
    assert (file["hash"], file["size_bytes"], file["fields"]) == (sent["file"], len(SECRET), ["attributes"])
    assert (gone["span_id"], file["span_id"]) == (f"{2:016x}",) * 2


def test_a_span_and_a_page_of_a_trace_can_be_asked_for(sent: dict[str, str], cast: Cast) -> None:
    """A span without any has an empty list; one that is not stored is not found."""
    client = _holding(cast.project, "read")

    def of(span_id: str) -> Any:
        return client.get(reverse("api_span_attachments", args=[TRACE, span_id]))

    assert [one["hash"] for one in of(f"{2:016x}").json()["attachments"]] == [sent["gone"], sent["file"]]
    assert of(f"{3:016x}").json() == {"total": 0, "attachments": []}
    assert of("f" * 16).status_code == 404
    url = reverse("api_trace_attachments", args=[TRACE])
    page = client.get(url, {"offset": 1, "limit": 1}).json()
    assert (page["total"], [one["hash"] for one in page["attachments"]]) == (3, [sent["gone"]])
    assert client.get(url, {"limit": 1000}).status_code == 400
    assert client.get(reverse("api_trace_attachments", args=["f" * 32])).status_code == 404


def test_who_may_list_and_read(sent: dict[str, str], cast: Cast) -> None:
    """Members and keys that read; a stranger and a key of another project find nothing, one that ingests may not."""
    addresses = [
        reverse("api_trace_attachments", args=[TRACE]),
        reverse("api_span_attachments", args=[TRACE, f"{1:016x}"]),
        reverse("api_attachment", args=[sent["file"]]),
    ]
    elsewhere = cast.stranger.memberships.get().project
    for url in addresses:
        for person, status in ((cast.owner, 200), (cast.member, 200), (cast.stranger, 404)):
            client = APIClient()
            client.force_login(person)
            assert client.get(url, {"project": "acme"}).status_code == status
        assert client.get(url, {"project": elsewhere.slug}).status_code == 404
        assert _holding(cast.project, "read").get(url).status_code == 200
        assert _holding(cast.project, "ingest").get(url).status_code == 403
        assert _holding(elsewhere, "read", "admin").get(url).status_code == 404
        assert APIClient().get(url).status_code == 401


@pytest.mark.parametrize("accepts", ["*/*", "application/pdf", "image/png", "nonsense"])
def test_content_comes_as_it_was_sent_and_cannot_run(sent: dict[str, str], cast: Cast, accepts: str) -> None:
    """A file to save, whatever the client takes; by the whole hash or by what Langfuse's ids tell of it."""
    client = _holding(cast.project, "read")
    for key in (sent["file"], sent["file"][:SHORT]):
        answer = client.get(reverse("api_attachment", args=[key]), {"name": "../x.exe"}, HTTP_ACCEPT=accepts)
        assert _content(answer) == SECRET
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == 'attachment; filename="x.exe.pdf"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(reverse("api_attachment", args=[sent["picture"]]))["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("key", ["c" * 64, "nothing", "..%2F", "a" * 10])
def test_what_is_not_kept_is_not_found(sent: dict[str, str], cast: Cast, key: str) -> None:
    """With the reason, as JSON."""
    answer = _holding(cast.project, "read").get(f"/api/v1/attachments/{key}", HTTP_ACCEPT="image/png")
    assert answer.status_code == 404
    if "%" not in key:
        assert "no such attachment" in answer.json()["error"]["message"]


def test_the_schema_tells_that_a_file_comes(db: None) -> None:
    """Binary, not JSON."""
    schema = APIClient().get(reverse("openapi")).json()
    content = schema["paths"]["/api/v1/attachments/{key}"]["get"]["responses"]["200"]["content"]
    assert content == {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
