"""The page of one user: totals of the period, conversations, flags."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, flag, insert, turn

SignIn = Callable[[User], Client]
PAGE = "/p/acme/users/cust_1"


@pytest.fixture
def turns(store: Store, cast: Cast) -> None:
    """Two conversations of one user, the later one flagged and failed, and one of another."""
    insert(
        store,
        cast.project.pk,
        "turn",
        [
            turn("a.0", "c1", 0, input_text="Is it open?"),
            turn("b.0", "c1", 5, output_text="Until five."),
            turn("d.0", "c2", 60, input_text="And on Sunday?", status="error", environment="staging"),
            turn("e.0", "c3", 0, user_id="cust_2", input_text="Somebody else"),
        ],
    )
    insert(store, cast.project.pk, "flag", [flag("d.0", "refusal"), flag("e.0", "empty")])


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("member", 200), ("stranger", 404)])
def test_members_see_a_user_and_strangers_find_nothing(
    turns: None, cast: Cast, signed_in: SignIn, who: str, status: int
) -> None:
    """Nobody is sent to sign in."""
    assert signed_in(getattr(cast, who)).get(PAGE).status_code == status
    assert Client().get(PAGE).status_code == 302


def test_conversations_stand_last_active_first(turns: None, cast: Cast, signed_in: SignIn) -> None:
    """With first question, last answer and flags, and nothing of anybody else."""
    text = signed_in(cast.member).get(PAGE).content.decode()
    assert text.index("And on Sunday?") < text.index("Is it open?") < text.index("Until five.")
    assert 'href="/p/acme/conversations/c2"' in text
    assert "refusal" in text
    assert "Somebody else" not in text
    assert "empty" not in text.partition("<tbody>")[2].partition("</tbody>")[0]


def test_totals_carry_their_sample(turns: None, cast: Cast, signed_in: SignIn) -> None:
    """How many turns, and in how many conversations."""
    text = signed_in(cast.member).get(PAGE).content.decode()
    assert "in 2 conversations" in text
    assert "n 3" in text


def test_period_and_environment_limit_the_page(turns: None, cast: Cast, signed_in: SignIn) -> None:
    """As they do everywhere, and the links keep them."""
    client = signed_in(cast.member)
    text = client.get(f"{PAGE}?env=staging").content.decode()
    assert ("And on Sunday?" in text, "Is it open?" in text) == (True, False)
    assert 'href="/p/acme/conversations/c2?env=staging"' in text
    assert "Nothing from this user" in client.get(f"{PAGE}?from=2025-01-01&to=2025-01-02").content.decode()


def test_the_next_page_goes_on_where_the_first_ended(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Each conversation once."""
    insert(store, cast.project.pk, "turn", [turn(f"n{at:02}.0", f"talk-{at:02}", at) for at in range(60)])
    client = signed_in(cast.member)
    first, second = client.get(PAGE).content.decode(), client.get(f"{PAGE}?at=50").content.decode()
    on_first = [at for at in range(60) if f"/conversations/talk-{at:02}" in first]
    on_second = [at for at in range(60) if f"/conversations/talk-{at:02}" in second]
    assert (on_first, on_second) == (list(range(10, 60)), list(range(10)))


def test_hostile_text_is_printed_as_text(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Words and ids."""
    insert(store, cast.project.pk, "turn", [turn("h.0", HOSTILE, input_text=HOSTILE, output_text=HOSTILE)])
    text = signed_in(cast.member).get(PAGE).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    assert "&amp;lt;script" not in text
