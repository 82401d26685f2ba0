"""The pages of how conversations ended: who may open them, what they show, and where they lead."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from backend.accounts.models import User
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, START, flag, insert, nanos, turn

SignIn = Callable[[User], Client]
URL = "/p/acme/topics/by/outcome"
COMPLAINED = f"{URL}/complained"


def page(client: Client, url: str) -> str:
    """The page's text."""
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def feedback(trace_id: str, comment: str = "wrong", **fields: object) -> dict[str, object]:
    """A thumb down that a client sent."""
    return {
        "score_id": f"{trace_id}:feedback", "name": "feedback", "value": 0.0, "label": "down", "source": "client",
        "explanation": comment, "trace_id": trace_id, "conversation_id": "", "time": nanos(START), **fields,
    }  # fmt: skip


@pytest.mark.parametrize("who", ["owner", "member"])
def test_people_of_the_project_see_how_conversations_ended(
    topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn, who: str
) -> None:
    """All outcomes with counts, interval and topics; what is not assessed with its reason and count."""
    insert(store, cast.project.pk, "score", [feedback("t-a0")])
    insert(store, cast.project.pk, "flag", [flag("t-b0.0", "refusal", conversation_id="b0")])
    text = page(signed_in(getattr(cast, who)), URL)
    for words in (
        "Topics by outcome", "Answered well", "Complained", "Refused", "Cut off", "Failed with an error", "12.5%",
        "Why not assessed", "A turn is not scored yet", "1 of 4", "1 of 3",
    ):  # fmt: skip
        assert words in text
    assert f'href="{COMPLAINED}"' in text
    assert reverse("conversation", args=["acme", "a0"]) in text


@pytest.mark.parametrize("url", [URL, COMPLAINED])
def test_a_stranger_finds_nothing_and_nobody_signs_in(
    topics: TopicFit, cast: Cast, signed_in: SignIn, url: str
) -> None:
    """A project one does not belong to is no project."""
    assert signed_in(cast.stranger).get(url).status_code == 404
    assert Client().get(url)["Location"].startswith("/sign-in")


def test_an_outcome_leads_to_its_topics_and_conversations(
    topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn
) -> None:
    """A table of wants, and conversations with their traces; of one topic where the address says so."""
    insert(store, cast.project.pk, "score", [feedback("t-a0"), feedback("t-b0")])
    client = signed_in(cast.member)
    text = page(client, COMPLAINED)
    assert "What people wanted" in text
    assert "Feedback: bad, “wrong”" in text
    assert reverse("trace", args=["acme", "t-a0"]) in text
    alone = page(client, f"{COMPLAINED}?topic=2")
    assert "Only of “Refunds”" in alone
    assert reverse("trace", args=["acme", "t-a0"]) not in alone


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"{URL}?range=forever", 400),
        (f"{URL}?from=2026-02-02&to=2026-01-01", 400),
        (f"{COMPLAINED}?range=forever", 400),
        (f"{COMPLAINED}?topic=-1", 400),
        (f"{URL}/luck", 404),
        (f"{URL}/{quote('<script>alert(1)</script>')}", 404),
    ],
)
def test_what_cannot_be_meant_is_refused(
    topics: TopicFit, cast: Cast, signed_in: SignIn, url: str, status: int
) -> None:
    """A bad period, a bad topic, a word that is no outcome."""
    answer = signed_in(cast.member).get(url)
    assert answer.status_code == status
    assert "<script>alert" not in answer.content.decode()


def test_hostile_text_is_text(topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn) -> None:
    """In names of topics, in what users write with their feedback, in types of errors and ids."""
    Topic.objects.filter(number=1).update(name_by_people=HOSTILE)
    strange = f"x/{HOSTILE}"
    failed = turn("t-x.0", strange, status="error", error_type=HOSTILE)
    insert(store, cast.project.pk, "turn", [failed])
    insert(store, cast.project.pk, "score", [feedback("t-a0", HOSTILE)])
    client = signed_in(cast.member)
    for url in (URL, COMPLAINED, f"{URL}/failed"):
        text = page(client, url)
        assert "<script>alert" not in text
        assert "\u202e" not in text


def test_an_empty_project_says_so(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Before there are topics, too; the page of topics leads there."""
    client = signed_in(cast.member)
    assert "No conversation in this period" in page(client, URL)
    assert "No conversation in this period" in page(client, f"{URL}/well")
    assert URL in page(client, "/p/acme/topics")


def test_the_environment_and_the_period_are_kept(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Another environment has none of it; links keep what was chosen."""
    client = signed_in(cast.member)
    assert "No conversation in this period" in page(client, f"{URL}?env=staging")
    assert "/p/acme/topics/by/problem?range=7d" in page(client, f"{URL}?range=7d")
