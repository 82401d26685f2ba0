"""Messages of up to 20 MiB: pages show their beginning, the rest comes on demand, and nobody else gets it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from backend.accounts.models import User
from backend.store.client import Store
from backend.telemetry.message import Document, Message, Part, dump
from tests.analytics.pipeline.building import put, span
from tests.conftest import Cast
from tests.frontend.pages.conftest import START, insert, turn
from tests.pace import cpu_within

SignIn = Callable[[User], Client]
HUGE = "<b>word</b> " * 1_700_000
HTMX = {"HX-Request": "true"}
FIELDS = [
    ("input_messages", "0.0"), ("input_messages", "1.0"), ("output_messages", "0.0"), ("tool_result", ""),
    ("tool_arguments", ""), ("documents", "0"), ("attributes", "note"), ("said", ""), ("output_text", ""),
]  # fmt: skip


def _sent(store: Store, project_id: int, text: str) -> None:
    called = Part(type="tool_call_response", id="c", response={"rows": [text]})
    asked = [Message(role="user", parts=(Part(type="text", content=text),)), Message(role="tool", parts=(called,))]
    call = span(
        "t1", "call", at=START, operation="chat", input_text=text, output_text=text, attributes={"note": text},
        input_messages=dump(asked), output_messages=dump([Message(role="assistant", parts=asked[0].parts)]),
    )  # fmt: skip
    tool = span("t1", "tool", "call", at=START, operation="execute_tool", tool_arguments=text, tool_result=text)
    found = dump([Document(content=text)])
    looked = span("t1", "find", "call", at=START, operation="retrieval", documents=found, input_text="q")
    put(store, project_id, [call, tool, looked])


def test_a_part_of_a_kind_that_nobody_reads_is_shown(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """As it came, cut like any text, with the way to the rest."""
    code = '{"executableCode":{"code":"print(1)' + " # long" * 10_000 + '"}}'
    asked = [Message(role="user", parts=(Part(type="executableCode", content=code),))]
    put(store, cast.project.pk, [span("t1", "call", at=START, operation="chat", input_messages=dump(asked))])
    page = signed_in(cast.member).get("/p/acme/traces/t1?view=spans&span=call").content.decode()
    assert "executableCode: {&quot;executableCode&quot;:{&quot;code&quot;:&quot;print(1)" in page
    assert _address("input_messages", "0.0", "call") in unescape(page)


def _whole(answer: object) -> str:
    assert isinstance(answer, StreamingHttpResponse)

    async def read() -> bytes:
        return b"".join([block async for block in answer])  # type: ignore[union-attr]  # it streams asynchronously

    return asyncio.run(read()).decode()


def _address(field: str, at: str, span_id: str, **more: str) -> str:
    return f"/p/acme/texts/t1?{urlencode({'span': span_id, 'field': field, 'at': at, **more})}"


def _span_of(field: str) -> str:
    return {"tool_result": "tool", "tool_arguments": "tool", "documents": "find"}.get(field, "call")


@pytest.mark.parametrize(
    "view", ["", "?view=spans&span=call", "?view=spans&span=tool", "?view=spans&span=find", "?view=raw"]
)
def test_pages_of_huge_messages_stay_small_and_quick(store: Store, cast: Cast, signed_in: SignIn, view: str) -> None:
    """Each text of the trace has 20 million characters."""
    _sent(store, cast.project.pk, HUGE)
    client = signed_in(cast.member)
    with cpu_within(5):
        text = client.get(f"/p/acme/traces/t1{view}").content.decode()
    assert len(text) < 1_500_000
    assert "&lt;b&gt;word" in text
    assert "<b>word" not in text
    assert "more characters" in text


@pytest.mark.parametrize(("field", "at"), FIELDS)
def test_the_rest_comes_piece_by_piece_and_whole(
    store: Store, cast: Cast, signed_in: SignIn, field: str, at: str
) -> None:
    """Put together, the pieces are the text; the file is the text at once."""
    sent = "".join(f"{number} " for number in range(60_000))
    _sent(store, cast.project.pk, sent)
    client, start, pieces = signed_in(cast.member), "0", []
    whole = json.dumps({"rows": [sent]}, indent=2) if at == "1.0" else sent
    while start:
        answer = client.get(_address(field, at, _span_of(field), **{"from": start}), headers=HTMX).content.decode()
        piece = re.search(r'<span class="more-part">(.*?)</span>', answer, re.DOTALL)
        assert piece is not None
        pieces.append(unescape(piece[1]))
        following = re.search(r"from=(\d+)", answer)
        start = following[1] if following else ""
    assert "".join(pieces) == whole
    assert len(pieces) == 4
    answer = client.get(_address(field, at, _span_of(field)))
    assert _whole(answer) == whole
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("member", 200), ("stranger", 404)])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_members_read_it_and_strangers_find_nothing(
    store: Store, cast: Cast, signed_in: SignIn, who: str, status: int, headers: dict[str, str]
) -> None:
    """In either form."""
    _sent(store, cast.project.pk, "said")
    address = _address("said", "", "call")
    assert signed_in(getattr(cast, who)).get(address, headers=headers).status_code == status
    assert Client().get(address, headers=headers).status_code == 302


@pytest.mark.parametrize(
    ("field", "at"),
    [("input_messages", "9.0"), ("input_messages", "x"), ("input_messages", ""), ("documents", "5"), ("trace_id", ""),
     ("attributes", "gone"), ("", ""), ("__class__", "")],
)  # fmt: skip
def test_what_is_no_text_is_not_found(store: Store, cast: Cast, signed_in: SignIn, field: str, at: str) -> None:
    """And no other field can be asked for."""
    _sent(store, cast.project.pk, "said")
    assert signed_in(cast.member).get(_address(field, at, "call")).status_code == 404
    assert signed_in(cast.member).get(_address("said", "", "gone")).status_code == 404


def test_a_turn_says_what_it_does_not_hold(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Turns hold the beginning; the page leads to the span that has the rest."""
    _sent(store, cast.project.pk, "x" * 300_000)
    cut = turn("t1.0", input_text="x" * 262_144, output_text="y", input_cut=37_856, input_span_id="call")
    insert(store, cast.project.pk, "turn", [cut])
    text = signed_in(cast.member).get("/p/acme/traces/t1").content.decode()
    assert "280,000 more characters" in text
    assert "span=call&amp;field=said" in text


def test_the_raw_page_says_what_is_left_out(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """And the file has all of it."""
    _sent(store, cast.project.pk, HUGE[:3_000_000])
    client = signed_in(cast.member)
    text = client.get("/p/acme/traces/t1?view=raw").content.decode()
    assert "left_out" in text
    found = json.loads(_whole(client.get("/p/acme/traces/t1?view=raw&download=1")))
    call = next(one for one in found if one["span_id"] == "call")
    assert call["input_text"] == HUGE[:3_000_000]
    assert call["input_messages"][0]["parts"][0]["content"] == HUGE[:3_000_000]
    assert "left_out" not in call
