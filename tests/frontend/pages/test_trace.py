"""The trace page: who may open it, its three views, and that nothing of a trace is more than text."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from backend.accounts.models import User
from backend.review import deeds
from backend.review.filling import default_queue
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.analytics.pipeline.building import put, span
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, START, flag, insert, turn
from tests.frontend.pages.sent import exchange, three

SignIn = Callable[[User], Client]
VIEWS = ["", "?view=spans", "?view=raw", "?view=spans&span=chat"]


@pytest.fixture
def member(store: Store, cast: Cast, signed_in: SignIn) -> Client:
    """A member at the project of three traces."""
    three(store, cast.project.pk)
    return signed_in(cast.member)


def text_of(client: Client, address: str, **headers: str) -> str:
    """What a page says."""
    answer = client.get(f"/p/acme/traces/{address}", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("member", 200), ("stranger", 404)])
def test_members_see_a_trace_and_strangers_find_nothing(
    member: Client, cast: Cast, signed_in: SignIn, view: str, who: str, status: int
) -> None:
    """In every view."""
    assert signed_in(getattr(cast, who)).get(f"/p/acme/traces/t1{view}").status_code == status


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "span-detail"}])
def test_nobody_and_strangers_get_no_fragment_either(
    member: Client, cast: Cast, signed_in: SignIn, headers: dict[str, str]
) -> None:
    """What htmx asks for is guarded like the page."""
    address = "/p/acme/traces/t1?span=chat"
    assert Client().get(address, headers=headers).status_code == 302
    assert signed_in(cast.stranger).get(address, headers=headers).status_code == 404
    assert signed_in(cast.stranger).get("/p/elsewhere/traces/t1", headers=headers).status_code == 404


@pytest.mark.parametrize("address", ["gone", "t1?span=gone", "t1?view=spans&span=gone"])
def test_what_is_not_there_is_not_found(member: Client, address: str) -> None:
    """A trace, or a span of it."""
    assert member.get(f"/p/acme/traces/{address}").status_code == 404


def test_the_conversation_is_what_its_reader_saw(member: Client) -> None:
    """Question, documents with rank and score, tool calls with arguments and result, answer, in this order."""
    text = text_of(member, "t2")
    places = [text.index(part) for part in ("Can I swap it?", "find_order", "LF-1", "sent", "It comes")]
    assert places == sorted(places)
    assert "#1" in text
    assert "score 0.90" in text


def test_flagged_words_are_marked_and_linked(member: Client) -> None:
    """The finding says what and how sure, and its quote leads to the words."""
    text = text_of(member, "t2")
    mark = re.search(r'<mark class="mark" data-severity="high"[^>]* id="(mark-[^"]+)">.*?tomorrow', text)
    assert mark
    assert f'href="#{mark[1]}"' in text
    assert "It says the same thing over and over." in text
    assert "confidence 90%" in text


def test_a_trace_that_no_worker_has_read_is_shown_from_its_spans(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """At once, and said to be so."""
    put(store, cast.project.pk, exchange("fresh", said="Just now"))
    text = text_of(signed_in(cast.owner), "fresh")
    assert "Not read by the worker yet" in text
    assert "Just now" in text
    assert "It comes tomorrow." in text


def test_a_trace_of_two_turns_gives_each_its_own_steps(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """A step belongs to the turn during which it began."""
    later = span("two", "late", at=START, at_ms=61_000, operation="execute_tool", tool_name="second_tool")
    put(store, cast.project.pk, [*exchange("two"), later])
    turns = [turn("two.0", "c1", 0), turn("two.1", "c1", 1, input_text="And then?")]
    insert(store, cast.project.pk, "turn", turns)
    first, second = text_of(signed_in(cast.owner), "two").split('<section class="turn"')[1:]
    assert ("1 document" in first, "second_tool" in first) == (True, False)
    assert ("1 document" in second, "second_tool" in second) == (False, True)


def test_a_call_that_failed_says_why_first(member: Client) -> None:
    """The failed span is chosen, and its error, exception and stack stand before the messages."""
    text = text_of(member, "t3?view=spans")
    assert 'id="span-root" tabindex="0"' in text
    places = [text.index(part) for part in ("Timeout", "line 7", "Attributes")]
    assert places == sorted(places)


def test_spans_stand_in_the_order_they_ran(member: Client) -> None:
    """As a tree with a bar each, the root first."""
    text = text_of(member, "t2?view=spans")
    assert re.findall(r'role="treeitem" id="span-([a-z]+)"', text) == ["root", "find", "tool", "chat"]
    assert text.count('<svg class="bar"') == 4


def test_a_span_is_loaded_alone_when_htmx_asks(member: Client) -> None:
    """The detail pane and nothing around it."""
    text = text_of(member, "t2?view=spans&span=tool", **{"HX-Request": "true", "HX-Target": "span-detail"})
    assert "<html" not in text
    assert "find_order" in text
    assert "LF-1" in text


def test_a_trace_beside_the_list_has_no_frame(member: Client) -> None:
    """It can be closed, and its page is one press away."""
    text = text_of(member, "t2?beside=1", **{"HX-Request": "true", "HX-Target": "beside"})
    assert "<html" not in text
    assert "data-close-beside" in text
    assert 'href="/p/acme/traces/t2?view=conversation"' in text


def test_cost_says_how_it_was_priced_and_none_is_loud(member: Client) -> None:
    """Buckets with their price; a model without one is unknown, not free."""
    assert "$ per million" in text_of(member, "t1?span=chat")
    assert "Public price of" in text_of(member, "t1?span=chat")
    text = text_of(member, "t2?span=chat")
    assert "no price" in text
    assert "the cost is unknown, not nothing" in text


def test_earlier_messages_fold(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """A long history is counted, the last exchange is shown."""
    said = [{"role": "user", "parts": [{"type": "text", "content": f"message {n}"}]} for n in range(14)]
    told = span("long", "chat", at=START, operation="chat", input_messages=json.dumps(said))
    put(store, cast.project.pk, [told])
    text = text_of(signed_in(cast.owner), "long?span=chat")
    assert "12 earlier messages" in text
    assert text.index("message 11") < text.index("message 12")


def test_every_kind_of_message_part_is_shown(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Reasoning, calls, results; a picture is named and not shown, an address is text and no link."""
    parts = [
        {"type": "reasoning", "content": "let me think"},
        {"type": "tool_call", "id": "1", "name": "look_up", "arguments": {"order": "LF-9"}},
        {"type": "tool_call_response", "id": "1", "response": {"state": "sent"}},
        {"type": "blob", "mime_type": "image/png", "content": "AAAA"},
        {"type": "uri", "content": "https://example.com/x"},
    ]
    stored = json.dumps([{"role": "assistant", "parts": parts}])
    put(store, cast.project.pk, [span("parts", "chat", at=START, operation="chat", output_messages=stored)])
    text = text_of(signed_in(cast.owner), "parts?span=chat")
    for part in ("let me think", "look_up", "LF-9", "image/png: 4 characters, not shown", "uri: https://example.com/x"):
        assert part in text
    assert 'href="https://example.com' not in text


@pytest.mark.parametrize("stored", ["not json", "[1]", '[{"role": 1}]', "{}"])
def test_messages_that_cannot_be_read_break_nothing(store: Store, cast: Cast, signed_in: SignIn, stored: str) -> None:
    """Some other writer may leave them; the raw view still has them."""
    broken = {"input_messages": stored, "output_messages": stored, "documents": stored, "events": stored}
    put(store, cast.project.pk, [span("odd", "chat", at=START, operation="chat", **broken)])
    client = signed_in(cast.owner)
    for view in VIEWS:
        assert client.get(f"/p/acme/traces/odd{view}").status_code == 200


@pytest.mark.parametrize("view", ["", "?view=spans", "?view=raw", "?view=spans&span=root"])
def test_hostile_text_is_printed_as_text(member: Client, view: str) -> None:
    """In every view, escaped once."""
    text = text_of(member, f"t3{view}")
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    assert "&amp;lt;script" not in text


@pytest.mark.parametrize("odd", ["a/b", "a b?c#d", "ä%2F", "line\nbreak", "../x", HOSTILE, "a&b=c"])
def test_any_id_has_an_address(store: Store, cast: Cast, signed_in: SignIn, odd: str) -> None:
    """Ids are the clients' own; list, trace, conversation and user reach them all."""
    put(store, cast.project.pk, exchange(odd, conversation_id=odd, user_id=odd))
    insert(store, cast.project.pk, "turn", [turn(f"{odd}.0", odd, trace_id=odd, user_id=odd)])
    client = signed_in(cast.owner)
    href = reverse("trace", args=["acme", odd])
    assert quote(odd[0], safe="/.") in href or odd[0] in href
    assert href.replace("&", "&amp;").replace("'", "&#x27;") in client.get("/p/acme/traces").content.decode()
    for name in ("trace", "conversation", "person"):
        assert client.get(reverse(name, args=["acme", odd])).status_code == 200


def test_raw_is_the_spans_as_json_page_by_page(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Twenty a page, in the order they began."""
    put(store, cast.project.pk, [span("many", f"s{n:02}", at=START, at_ms=n) for n in range(45)])
    client, seen = signed_in(cast.owner), []
    for start in ("", "&at=20", "&at=40"):
        seen += re.findall(r"&quot;span_id&quot;: &quot;(s\d\d)&quot;", text_of(client, f"many?view=raw{start}"))
    assert seen == [f"s{n:02}" for n in range(45)]


async def whole(answer: StreamingHttpResponse) -> bytes:
    """All of an answer that the server sends block by block."""
    return b"".join([part async for part in answer])


def test_the_download_holds_every_span(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """As one JSON array; a span that was sent twice is there once, as it was sent last."""
    put(store, cast.project.pk, [span("many", f"s{n:03}", at=START, at_ms=n) for n in range(230)])
    put(store, cast.project.pk, [span("many", "s007", at=START, at_ms=7.5, name="again")])
    answer = signed_in(cast.owner).get("/p/acme/traces/many?view=raw&download=1")
    spans = json.loads(asyncio.run(whole(answer)))
    assert answer["Content-Disposition"] == 'attachment; filename="trace-many.json"'
    assert [one["span_id"] for one in spans] == [f"s{n:03}" for n in range(230)]
    assert spans[7]["name"] == "again"


def test_a_large_trace_comes_in_pages_of_rows(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """500 at a time with the depth of the whole tree, each span once, and a chosen span opens its own page."""
    spans = [span("big", "root", at=START, ms=9000)]
    spans += [span("big", f"s{n:04}", "root", at=START, at_ms=1 + n) for n in range(1200)]
    put(store, cast.project.pk, spans)
    client, seen = signed_in(cast.owner), []
    for start in ("", "&at=500", "&at=1000"):
        seen += re.findall(
            r'id="span-(\w+)" tabindex="[-\d]+" aria-level="(\d)"', text_of(client, f"big?view=spans{start}")
        )
    assert seen == [("root", "1"), *((f"s{n:04}", "2") for n in range(1200))]
    assert 'id="span-s0700" tabindex="0"' in text_of(client, "big?span=s0700")
    more = text_of(client, "big?view=spans&at=500", **{"HX-Request": "true", "HX-Target": "span-rows"})
    assert 'aria-selected="true"' not in more, "the tree has its choice already"


def test_a_verdict_stands_beside_the_trace(member: Client, cast: Cast) -> None:
    """Grade, cause and words of the reviewer, with the way to the item."""
    member.post("/p/acme/trace-review", {"trace": "t2", "to": "trace"})
    item = ReviewItem.objects.get()
    assert item.queue == default_queue(cast.project.pk)
    deeds.give_verdict(cast.member, item, "bad", cause="retrieval_failed", comment="Wrong order.")
    text = text_of(member, "t2")
    for part in ("Bad", "Retrieval failed", "Wrong order.", f'href="/p/acme/review/flagged/{item.pk}"'):
        assert part in text


def test_scores_stand_with_their_explanation(member: Client, store: Store, cast: Cast) -> None:
    """Name, value, who said it and why."""
    score = {"score_id": "1", "name": "helpful", "value": 0.25, "label": "", "explanation": "It did not help.",
             "source": "client", "author": "widget", "trace_id": "t1", "time": 0}  # fmt: skip
    insert(store, cast.project.pk, "score", [score])
    text = text_of(member, "t1")
    for part in ("helpful", "0.25", "It did not help.", "widget"):
        assert part in text


def test_a_score_that_was_not_held_against_labels_says_so(member: Client, store: Store, cast: Cast) -> None:
    """What a client calls by the same name is the client's."""
    for source, shown in (("client", False), ("analyser", True)):
        score = {"score_id": "1", "name": "resolution", "value": 0.25, "label": "", "explanation": "It ended so.",
                 "source": source, "author": "resolution 1", "trace_id": "t1", "time": 0}  # fmt: skip
        insert(store, cast.project.pk, "score", [score])
        assert (">experimental<" in text_of(member, "t1")) is shown


def test_flags_are_counted_at_the_span_they_rest_on(member: Client, store: Store, cast: Cast) -> None:
    """So that the tree shows where to look."""
    insert(store, cast.project.pk, "flag", [flag("t2.0", "truncated", span_id="chat")])
    row = re.search(r'id="span-chat".*?</div>', text_of(member, "t2?view=spans"))
    assert row
    assert '1<span class="visually-hidden"> flags' in row[0]


def test_the_same_step_elsewhere_is_a_search(member: Client) -> None:
    """By the span's name, whatever stands in it."""
    href = re.search(r'href="([^"]+)">The same step elsewhere', text_of(member, "t2?span=tool"))
    assert href
    assert 'data-trace="t2"' in member.get(href[1].replace("&amp;", "&")).content.decode()
