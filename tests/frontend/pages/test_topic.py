"""The page of one topic: what it shows, where it leads, and its name by people."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from analytics.questions.grammar import parse
from backend.accounts.models import User
from backend.store.client import Store
from backend.topics.models import Topic, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, assignment, insert, turn

SignIn = Callable[[User], Client]


def address(number: int = 1, name: str = "topic") -> str:
    """Address of a topic, or of what can be done with it."""
    return reverse(name, args=["acme", number])


def searches(text: str) -> set[str]:
    """What the links of a page search for among the traces."""
    links = re.findall(r'href="(/p/acme/traces\?[^"]*)"', text)
    return {parse_qs(urlsplit(unescape(link)).query)["q"][0] for link in links}


@pytest.mark.parametrize("who", ["owner", "member"])
def test_people_of_the_project_see_it(topics: TopicFit, cast: Cast, signed_in: SignIn, who: str) -> None:
    """Name, typical message, figures, conversations, flags, models, prompts, users and what became of it."""
    text = signed_in(getattr(cast, who)).get(address()).content.decode()
    for words in (
        "Late parcels", "Where is my parcel?", "Typical conversations", "By model", "gpt-4o-2024", "support@v1",
        "Repetition", "cust_1", "Split from", "Orders",
    ):  # fmt: skip
        assert words in text
    assert "n 4" in text
    assert reverse("conversation", args=["acme", "a0"]) in text


@pytest.mark.parametrize("name", ["topic", "rename_topic"])
def test_a_stranger_finds_nothing_and_nobody_signs_in(
    topics: TopicFit, cast: Cast, signed_in: SignIn, name: str
) -> None:
    """Neither to read nor to name."""
    for client, status in ((signed_in(cast.stranger), 404), (Client(), 302)):
        url = address(name=name)
        answer = client.post(url, {"name": "Mine"}) if name == "rename_topic" else client.get(url)
        assert answer.status_code == status
    assert Topic.objects.get(number=1).name_by_people == ""


def test_links_into_the_traces_can_be_searched(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """By topic, and by detector, model and prompt within it; each reads as what it was meant to be."""
    found = searches(signed_in(cast.member).get(address()).content.decode())
    assert {"topic:1", "topic:1 flag:repetition", "topic:1 model:gpt-4o-2024", "topic:1 prompt:support@v1"} <= found
    assert all(not parse(search).invalid for search in found)


def test_odd_names_of_models_are_quoted(topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn) -> None:
    """A client may call its model anything."""
    odd = 'a "star*" \\ model'
    insert(store, cast.project.pk, "turn", [turn("odd.0", "a0", response_model=odd)])
    found = searches(signed_in(cast.member).get(address()).content.decode())
    (search,) = [one for one in found if "star" in one]
    tokens = parse(search).tokens
    assert [token.field for token in tokens] == ["topic", "model"]
    assert tokens[1].value == odd.replace("\\", "\\\\").replace("*", "\\*")


def test_hostile_text_is_text(topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn) -> None:
    """Messages, names, users, models and what a lineage says."""
    Topic.objects.filter(number=1).update(
        name_by_people=HOSTILE, machine_name=HOSTILE, subtitle=HOSTILE, keywords=[HOSTILE],
        lineage=[{"at": "no time", "event": HOSTILE, "topics": [1, 99], "by": HOSTILE}, "not an event"],
    )  # fmt: skip
    insert(store, cast.project.pk, "turn", [turn("x.0", "x", user_id=HOSTILE, response_model=HOSTILE)])
    insert(store, cast.project.pk, "topic_assignment", [assignment(topics, "x", 1, user_id=HOSTILE)])
    answer = signed_in(cast.member).get(address())
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_a_group_shows_its_topics(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """With their figures; it has no search of its own."""
    text = signed_in(cast.member).get(address(3)).content.decode()
    assert "group of 2 topics" in text
    assert "Topics of this group" in text
    assert not searches(text)


def test_other_can_be_opened_and_not_named(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Its conversations are there to look through."""
    client = signed_in(cast.member)
    text = client.get(address(0)).content.decode()
    assert "Conversations in no topic" in text
    assert reverse("conversation", args=["acme", "other"]) in text
    assert "topic:other" in searches(text)
    assert client.post(address(0, "rename_topic"), {"name": "Rest"}).status_code == 404


@pytest.mark.parametrize("number", [7, 2**31])
def test_what_is_not_there_is_404(topics: TopicFit, cast: Cast, signed_in: SignIn, number: int) -> None:
    """In words."""
    answer = signed_in(cast.member).get(address(number))
    assert answer.status_code == 404
    assert f"no topic {number}" in answer.content.decode()


def test_before_the_first_fit_there_is_no_topic(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Neither a topic nor Other."""
    assert signed_in(cast.member).get(address(0)).status_code == 404


@pytest.mark.parametrize("who", ["owner", "member"])
def test_people_give_a_name_that_shows_everywhere(topics: TopicFit, cast: Cast, signed_in: SignIn, who: str) -> None:
    """The machine's name stays beside it, and the lineage says who and what."""
    person = getattr(cast, who)
    text = signed_in(person).post(address(name="rename_topic"), {"name": "  Parcel \n late "}, follow=True)
    topic = Topic.objects.get(number=1)
    assert (topic.name, topic.machine_name) == ("Parcel late", "Late parcels")
    page = text.content.decode()
    assert "Its messages call it <b>Late parcels</b>" in page
    assert "“Late parcels” became “Parcel late”" in page
    assert person.email in page
    assert "Parcel late" in signed_in(person).get(reverse("topics", args=["acme"])).content.decode()


@pytest.mark.parametrize("name", ["", "  ", "Late parcels"])
def test_the_machines_name_can_come_back(topics: TopicFit, cast: Cast, signed_in: SignIn, name: str) -> None:
    """By an empty name, or by its own."""
    client = signed_in(cast.member)
    client.post(address(name="rename_topic"), {"name": "Mine"})
    client.post(address(name="rename_topic"), {"name": name})
    topic = Topic.objects.get(number=1)
    assert (topic.name, topic.name_by_people) == ("Late parcels", "")
    assert [event["event"] for event in topic.lineage] == ["split from", "renamed", "renamed"]


def test_a_name_too_long_is_refused_with_the_limit(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """And NUL signs, which PostgreSQL does not take, are left out."""
    client = signed_in(cast.member)
    answer = client.post(address(name="rename_topic"), {"name": "x" * 201})
    assert answer.status_code == 400
    assert "the limit is 200" in answer.content.decode()
    client.post(address(name="rename_topic"), {"name": "a\x00b"})
    assert Topic.objects.get(number=1).name == "ab"


def test_a_topic_that_is_gone_still_says_what_became_of_it(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Its address outlives it."""
    fields = {"state": "merged", "fit": None, "parent": None, "lineage": [{"event": "merged into", "topics": [2]}]}
    Topic.objects.create(project=cast.project, number=9, machine_name="Old one", **fields)
    text = signed_in(cast.member).get(address(9)).content.decode()
    assert "Merged into" in text
    assert "Refunds" in text
    assert "No conversation of this topic in this period" in text
