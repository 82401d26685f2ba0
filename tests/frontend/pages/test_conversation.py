"""The conversation page: all turns in order, each with its trace."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.store.client import Store
from tests.analytics.pipeline.building import put
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, flag, insert, turn
from tests.frontend.pages.sent import exchange, three

SignIn = Callable[[User], Client]
PAGE = "/p/acme/conversations/c1"


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("member", 200), ("stranger", 404)])
def test_members_see_a_conversation_and_strangers_find_nothing(
    store: Store, cast: Cast, signed_in: SignIn, who: str, status: int
) -> None:
    """Nobody is sent to sign in."""
    three(store, cast.project.pk)
    assert signed_in(getattr(cast, who)).get(PAGE).status_code == status
    assert Client().get(PAGE).status_code == 302


def test_turns_stand_in_the_order_they_began(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Each with its words, its flags marked, and the way to its trace."""
    three(store, cast.project.pk)
    text = signed_in(cast.member).get(PAGE).content.decode()
    assert text.index("Where is my parcel?") < text.index("Can I swap it?")
    assert re.findall(r'href="(/p/acme/traces/t\d)[^"]*">Open the trace', text) == [
        "/p/acme/traces/t1",
        "/p/acme/traces/t2",
    ]
    assert '<mark class="mark" data-severity="high"' in text


def test_totals_cover_the_whole_conversation(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Also the turns of other pages; unpriced calls are said to be."""
    turns = [turn(f"n{at:02}.0", "c1", at, input_text=f"question {at:02}") for at in range(35)]
    turns[3]["unpriced_spans"] = 1
    insert(store, cast.project.pk, "turn", turns)
    client = signed_in(cast.member)
    text = client.get(PAGE).content.decode()
    assert "<dt>Turns</dt><dd>35</dd>" in text
    assert "3,500, 700" in text
    assert "and calls without a price" in text
    assert ("question 29" in text, "question 30" in text) == (True, False)
    later = client.get(f"{PAGE}?at=30").content.decode()
    assert ("question 29" in later, "question 30" in later) == (False, True)
    assert 'id="turn-31"' in later


def test_a_conversation_that_no_worker_has_read_is_its_first_trace(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Better than nothing, until its turns are there."""
    put(store, cast.project.pk, [*exchange("b", 2), *exchange("a", 1)])
    assert signed_in(cast.member).get(PAGE)["Location"] == "/p/acme/traces/a"


def test_a_conversation_that_is_not_there_is_not_found(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Also where another project has it."""
    three(store, cast.project.pk)
    assert signed_in(cast.member).get("/p/acme/conversations/c9").status_code == 404
    assert signed_in(cast.stranger).get("/p/elsewhere/conversations/c1").status_code == 404


def test_hostile_text_is_printed_as_text(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Words, tools, errors, ids."""
    said = dict.fromkeys(("input_text", "output_text", "error_type", "error_message", "user_id"), HOSTILE)
    insert(store, cast.project.pk, "turn", [turn("h.0", "c1", status="error", **said)])
    insert(store, cast.project.pk, "flag", [flag("h.0", "error", explanation=HOSTILE)])
    text = signed_in(cast.member).get(PAGE).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    assert "&amp;lt;script" not in text
