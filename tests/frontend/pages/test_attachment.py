"""Attachments: who may open one, with which headers, and where pages show them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from backend.accounts.models import User
from backend.attachments.place import shelf
from backend.attachments.reference import SHORT, Reference, langfuse_id
from backend.review.models import Queue
from backend.store.client import Store
from backend.telemetry.message import Message, Part, dump
from frontend.templatetags.figures import filesize
from tests.analytics.pipeline.building import put, span
from tests.backend.attachments.pictures import png, wav
from tests.conftest import Cast
from tests.frontend.pages.conftest import START

SignIn = Callable[[User], Client]
SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>" * 20


@pytest.fixture
def keep(cast: Cast) -> Iterator[Callable[[bytes], str]]:
    """Puts a content aside for the cast's project."""
    yield lambda content: shelf().put(cast.project.pk, content)
    shelf().remove_project(cast.project.pk)


def _content(answer: Any) -> bytes:
    assert isinstance(answer, StreamingHttpResponse)

    async def whole() -> bytes:
        return b"".join([block async for block in answer])  # type: ignore[union-attr]  # it streams asynchronously

    return asyncio.run(whole())


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("member", 200), ("stranger", 404)])
def test_members_open_an_attachment_and_strangers_find_nothing(
    cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str], who: str, status: int
) -> None:
    """Neither in this project nor by its hash in their own."""
    key = keep(png())
    client = signed_in(getattr(cast, who))
    assert client.get(f"/p/acme/attachments/{key}").status_code == status
    assert client.get(f"/p/elsewhere/attachments/{key}").status_code == 404
    assert Client().get(f"/p/acme/attachments/{key}").status_code == 302


@pytest.mark.parametrize(
    ("content", "media_type", "disposition"),
    [
        (png(), "image/png", "inline"),
        (wav(), "audio/wav", "inline"),
        (SCRIPT, "application/octet-stream", "attachment"),
        (b"<!doctype html><script>alert(1)</script>", "application/octet-stream", "attachment"),
        (b"%PDF-1.7", "application/octet-stream", "attachment"),
        (png()[:16] + b"\0\1\0\0" * 2 + png()[24:], "application/octet-stream", "attachment"),  # 4 billion dots
    ],
)
def test_the_bytes_decide_what_a_browser_is_told(
    cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str], content: bytes, media_type: str, disposition: str
) -> None:
    """Pictures of dots and sound are shown; all else is saved, and nothing may run either way."""
    answer = signed_in(cast.member).get(f"/p/acme/attachments/{keep(content)}")
    assert _content(answer) == content
    assert answer["Content-Type"] == media_type
    assert answer["Content-Disposition"].startswith(f"{disposition}; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert int(answer["Content-Length"]) == len(content)


def test_a_picture_can_be_saved_too(cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str]) -> None:
    """Under a harmless name."""
    address = f"/p/acme/attachments/{keep(png())}?download=1&name=../x%22%0d%0aA:b.html"
    answer = signed_in(cast.member).get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="x_A_b.html.png"'
    assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("key", ["a" * 64, "nothing", "..", "a" * 10])
def test_what_was_never_sent_is_not_found(cast: Cast, signed_in: SignIn, key: str) -> None:
    """And said so."""
    assert signed_in(cast.member).get(f"/p/acme/attachments/{key}").status_code == 404


def _sent(store: Store, project_id: int, content: str, name: str = "") -> None:
    parts = (Part(type="text", content="What is this?"), Part(type="blob", content=content, name=name))
    asked = dump([Message(role="user", parts=parts)])
    answered = dump([Message(role="assistant", parts=(Part(type="text", content="Noise."),))])
    call = {"operation": "chat", "input_messages": asked, "output_messages": answered, "input_text": "What is this?"}
    put(store, project_id, [span("t1", "call", at=START, output_text="Noise.", **call)])


@pytest.mark.parametrize("view", ["", "?view=spans"])
def test_a_picture_stands_where_it_was_sent(
    store: Store, cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str], view: str
) -> None:
    """As a thumbnail, in the conversation and among the messages of the call."""
    key = keep(png())
    _sent(store, cast.project.pk, str(Reference(key, "image/png", len(png()), "<b>cat</b>")))
    text = signed_in(cast.member).get(f"/p/acme/traces/t1{view}").content.decode()
    assert f'<img src="/p/acme/attachments/{key}"' in text
    assert "&lt;b&gt;cat&lt;/b&gt;" in text
    assert "<b>cat" not in text
    assert filesize(len(png())) in text


def test_what_langfuse_put_aside_is_found_by_its_id(
    store: Store, cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str]
) -> None:
    """Its message says a part of the hash alone."""
    key = keep(png())
    _sent(store, cast.project.pk, f"@@@langfuseMedia:type=image/png|id={langfuse_id(key)}|source=bytes@@@")
    client = signed_in(cast.member)
    text = client.get("/p/acme/traces/t1?view=spans").content.decode()
    found = re.search(r'<img src="(/p/acme/attachments/[0-9a-f]+)"', text)
    assert found is not None
    assert found[1].endswith(key[:SHORT])
    assert client.get(found[1]).status_code == 200


def test_sound_is_played_and_other_files_are_saved(
    store: Store, cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str]
) -> None:
    """Also where they stand in what a tool gave, or in an attribute that is mapped to nothing."""
    sound, paper = keep(wav()), keep(b"%PDF-1.7")
    result = json.dumps({"audio": str(Reference(sound, "audio/wav", 5))})
    told = {"file": str(Reference(paper, "application/pdf", 8, "a.pdf"))}
    tool = span("t1", "tool", at=START, operation="execute_tool", tool_result=result, attributes=told)
    put(store, cast.project.pk, [tool])
    text = signed_in(cast.member).get("/p/acme/traces/t1?view=spans").content.decode()
    assert re.search(rf'<audio controls preload="none" src="/p/acme/attachments/{sound}"', text)
    assert f'href="/p/acme/attachments/{paper}?download=1"' in text
    assert f'<img src="/p/acme/attachments/{paper}"' not in text


def test_a_thousand_pictures_leave_the_page_small(
    store: Store, cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str]
) -> None:
    """So many are shown; the page says that there are more."""
    keep(png())
    content = " ".join(str(Reference(f"{number:064x}", "image/png", 5)) for number in range(1000))
    asked = dump([Message(role="user", parts=(Part(type="text", content=content),))])
    put(store, cast.project.pk, [span("t1", "call", at=START, operation="chat", input_messages=asked)])
    text = signed_in(cast.member).get("/p/acme/traces/t1?view=spans").content.decode()
    assert text.count("<img src=") == 60
    assert "940 more attachments" in text


def test_the_review_page_shows_what_was_sent_with_the_answer_and_before_it(
    store: Store, cast: Cast, signed_in: SignIn, keep: Callable[[bytes], str], queue: Queue
) -> None:
    """Beside the words they came with; a stranger sees no page."""
    earlier, asked, drawn = keep(png()), keep(wav()), keep(b"%PDF-1.7" * 9)
    for trace_id, minutes, sent, kind, came in (
        ("t1", 0, earlier, "image/png", ""),
        ("t2", 5, asked, "audio/wav", drawn),
    ):
        back = (Part(type="blob", content=str(Reference(came, "application/pdf", 72, "<i>plan"))),) if came else ()
        call = {
            "input_messages": dump(
                [Message(role="user", parts=(Part(type="blob", content=str(Reference(sent, kind, 1))),))]
            ),
            "output_messages": dump([Message(role="assistant", parts=back)]),
        }
        at = START + timedelta(minutes=minutes)
        put(store, cast.project.pk, [span(trace_id, "call", at=at, operation="chat", **call)])
    item = queue.items.order_by("-priority").first()
    assert item is not None
    address = f"/p/acme/review/{queue.slug}/{item.pk}"
    text = signed_in(cast.member).get(address).content.decode()
    judged = text[text.index("data-judged") :]
    judged = judged[: judged.index("</section>")]
    assert f'<img src="/p/acme/attachments/{earlier}"' in text
    assert earlier not in judged
    assert judged.index(f'<audio controls preload="none" src="/p/acme/attachments/{asked}"') < judged.index(drawn)
    assert "&lt;i&gt;plan" in judged
    assert signed_in(cast.stranger).get(address).status_code == 404
