"""What people do on the pages of topics: who may, what it changes, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analytics.pipeline import relabel, steer
from backend.accounts.models import User
from backend.errors import BadRequest
from backend.store.client import Store
from backend.topics.models import Topic, TopicDeed, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

SignIn = Callable[[User], Client]
DEEDS = {
    "merge_topic": {"into": "2"},
    "split_topic": {"parts": "2"},
    "mark_topic": {"kind": "pin"},
    "move_conversations": {"into": "2", "conversation": ["a0"]},
}


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fit of these tests has no model, so nothing is assigned anew; that is tested with the pipeline."""
    monkeypatch.setattr(relabel, "published", lambda _: None)


def address(name: str, number: int = 1) -> str:
    """Address of a deed."""
    return reverse(name, args=["acme", number])


@pytest.mark.parametrize("name", [*DEEDS, "undo_deed"])
def test_a_stranger_changes_nothing_and_nobody_signs_in(
    topics: TopicFit, cast: Cast, signed_in: SignIn, name: str
) -> None:
    """Nor does a GET of what changes something."""
    for client, status in ((signed_in(cast.stranger), 404), (Client(), 302)):
        assert client.post(address(name), DEEDS.get(name, {})).status_code == status
    if name != "split_topic":
        assert signed_in(cast.owner).get(address(name)).status_code == 405
    assert not TopicDeed.objects.exists()


@pytest.mark.parametrize("who", ["owner", "member"])
def test_a_merge_leads_to_the_topic_and_can_be_undone_there(
    topics: TopicFit, cast: Cast, signed_in: SignIn, who: str
) -> None:
    """Who decided stands beside it."""
    person = getattr(cast, who)
    client = signed_in(person)
    page = client.post(address("merge_topic"), {"into": "2"}, follow=True)
    text = page.content.decode()
    assert page.redirect_chain[-1][0] == address("topic", 2)
    assert "“Late parcels” merged into “Refunds”" in text
    assert person.email in text
    deed = TopicDeed.objects.get()
    assert reverse("undo_deed", args=["acme", deed.pk]) in text
    text = client.post(address("undo_deed", deed.pk), follow=True).content.decode()
    assert "taken back by" in text
    assert reverse("undo_deed", args=["acme", deed.pk]) not in text
    assert Topic.objects.get(number=1).state == "active"


@pytest.mark.parametrize(
    ("name", "sent", "status", "words"),
    [
        ("merge_topic", {"into": "1"}, 400, "into itself"),
        ("merge_topic", {"into": "99"}, 404, "no topic 99"),
        ("merge_topic", {"into": "²"}, 400, "must be the number of a topic"),
        ("merge_topic", {}, 400, "must be the number of a topic"),
        ("mark_topic", {"kind": "rename"}, 400, "kind=pin or kind=ignore"),
        ("move_conversations", {"into": "2"}, 400, "none was chosen"),
        ("move_conversations", {"into": "2", "conversation": ["nowhere"]}, 404, "not known"),
        ("split_topic", {"parts": "9"}, 400, "2 to 8 parts"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    topics: TopicFit, cast: Cast, signed_in: SignIn, name: str, sent: dict[str, str], status: int, words: str
) -> None:
    """With what was expected; nothing changes."""
    answer = signed_in(cast.member).post(address(name), sent)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not TopicDeed.objects.exists()


def test_a_topic_is_pinned_and_let_go(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """By the same button."""
    client = signed_in(cast.member)
    text = client.post(address("mark_topic"), {"kind": "pin"}, follow=True).content.decode()
    assert ">pinned</span>" in text
    assert "Let go" in text
    client.post(address("mark_topic"), {"kind": "pin"})
    assert not Topic.objects.get(number=1).is_pinned


def test_a_topic_left_out_is_counted_apart_and_listed(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """Its own page shows its figures still; the page of fits shows it again."""
    client = signed_in(cast.member)
    page = client.post(address("mark_topic"), {"kind": "ignore"}, follow=True).content.decode()
    assert "Show again" in page
    assert "No conversation of this topic" not in page
    listed = client.get(reverse("topics", args=["acme"])).content.decode()
    assert "Late parcels" not in listed
    assert "Left out by people" in listed
    fits = client.get(reverse("topic_fits", args=["acme"])).content.decode()
    assert "Left out of lists and trends" in fits
    assert "Late parcels" in fits


def test_conversations_are_moved_by_hand(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """To another topic or to Other; from Other too."""
    client = signed_in(cast.member)
    assert 'name="conversation" value="a0"' in client.get(address("topic")).content.decode()
    assert 'name="conversation" value="other"' in client.get(address("topic", 0)).content.decode()
    assert 'name="conversation"' not in client.get(address("topic", 3)).content.decode()
    text = client.post(address("move_conversations"), {"into": "0", "conversation": ["a0", "a1"]}, follow=True)
    assert "2 conversations are in “Other” now" in text.content.decode()
    assert TopicDeed.objects.get().details["from"] == {"a0": 1, "a1": 1}


def test_a_split_is_looked_at_first(
    topics: TopicFit, cast: Cast, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and examples are text, and nothing changes before someone splits."""
    parts = tuple(steer.Part(name, ("parcel",), 2, 0.5, (f"Late {HOSTILE}",), ("a0",)) for name in ("One", HOSTILE))
    asked: list[int | None] = []

    def propose(project_id: int, number: int, count: int | None = None) -> steer.Proposal:
        asked.append(count)
        if count == 6:
            raise BadRequest("topic 1 cannot be split: 2 different wordings are too few for 6 parts")
        return steer.Proposal(parts, 0.05, 4, [[1.0], [0.5]], "m")

    monkeypatch.setattr(steer, "propose", propose)
    client = signed_in(cast.member)
    text = client.get(address("split_topic")).content.decode()
    assert "Split into 2 topics" in text
    assert "hardly apart" in text
    assert "<script>alert" not in text
    assert "too few for 6 parts" in client.get(address("split_topic"), {"parts": "6"}).content.decode()
    assert not TopicDeed.objects.exists()
    client.post(address("split_topic"), {"parts": "2"})
    assert TopicDeed.objects.get().details["parts"] == [1, 4]
    assert Topic.objects.get(number=4).parent == Topic.objects.get(number=3)
    assert asked == [None, 6, 2]


def test_groups_and_topics_that_are_gone_have_no_deeds(topics: TopicFit, cast: Cast, signed_in: SignIn) -> None:
    """A group is made of topics and follows them."""
    client = signed_in(cast.owner)
    assert address("merge_topic", 3) not in client.get(address("topic", 3)).content.decode()
    assert client.post(address("merge_topic", 3), {"into": "1"}).status_code == 404
    client.post(address("merge_topic"), {"into": "2"})
    assert client.post(address("mark_topic"), {"kind": "pin"}).status_code == 404
    assert address("merge_topic") not in client.get(address("topic")).content.decode()


def test_hostile_names_are_text(topics: TopicFit, cast: Cast, store: Store, signed_in: SignIn) -> None:
    """In decisions, in the choice of topics, and in what is left out."""
    Topic.objects.filter(number=2).update(name_by_people=HOSTILE, is_ignored=True)
    client = signed_in(cast.member)
    client.post(address("merge_topic"), {"into": "2"})
    for page in (address("topic", 2), reverse("topic_fits", args=["acme"])):
        text = client.get(page).content.decode()
        assert "<script>alert" not in text
    assert "\u202e" not in text
