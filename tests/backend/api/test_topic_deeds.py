"""Decisions about topics by the API: who may, what is answered, and how each is taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.pipeline import relabel, steer
from backend.projects.models import ApiKey, Scope
from backend.topics.models import EmergingTopic, Topic, TopicDeed, TopicFit
from tests.conftest import Cast

CHANGES: list[tuple[str, list[int], dict[str, Any]]] = [
    ("api_rename_topic", [1], {"name": "Where is it?"}),
    ("api_merge_topic", [1], {"into": 2}),
    ("api_split_topic", [1], {"parts": 2}),
    ("api_pin_topic", [1], {}),
    ("api_ignore_topic", [1], {}),
    ("api_move_to_topic", [2], {"conversations": ["a0", "a1"]}),
]


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fit of these tests has no model; assignments are tested with the pipeline, parts with topics."""
    parts = tuple(steer.Part(name, ("parcel",), 2, 0.5, ("Late",), ("a0",)) for name in ("One", "Two"))
    monkeypatch.setattr(relabel, "published", lambda _: None)
    monkeypatch.setattr(steer, "propose", lambda *_: steer.Proposal(parts, 0.4, 4, [[1.0], [0.5]], "m"))


def signed_in(person: Any) -> APIClient:
    """A person's client."""
    client = APIClient()
    client.force_login(person)
    return client


@pytest.mark.parametrize(("name", "arguments", "sent"), CHANGES)
def test_a_decision_is_answered_and_taken_back(
    topics: TopicFit,
    cast: Cast,
    with_key: APIClient,
    name: str,
    arguments: list[int],
    sent: dict[str, Any],
) -> None:
    """By a key that administers, which is named as who decided."""
    answer = with_key.post(reverse(name, args=arguments), sent, format="json")
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert (found["by"], found["can_undo"], found["undone_at"]) == (cast.public_key, True, None)
    assert found["number"] == arguments[0]
    listed = with_key.get(reverse("api_topic_decisions")).json()["decisions"]
    assert [one["id"] for one in listed] == [found["id"]]
    undone = with_key.post(reverse("api_undo_topic_decision", args=[found["id"]]))
    assert (undone.status_code, undone.json()["undone_by"]) == (200, cast.public_key)
    assert with_key.post(reverse("api_undo_topic_decision", args=[found["id"]])).status_code == 400


@pytest.mark.parametrize(("name", "arguments", "sent"), CHANGES)
def test_who_may_decide(
    topics: TopicFit,
    cast: Cast,
    name: str,
    arguments: list[int],
    sent: dict[str, Any],
) -> None:
    """Owner and member; a stranger finds nothing, nobody is not known, and a key needs the scope."""
    url = reverse(name, args=arguments)
    assert signed_in(cast.stranger).post(f"{url}?project=acme", sent, format="json").status_code == 404
    assert APIClient().post(url, sent, format="json").status_code == 401
    _, secret = ApiKey.objects.mint(cast.project, "reads", scopes=[Scope.READ])
    reads = APIClient()
    reads.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert reads.post(url, sent, format="json").status_code == 403
    assert not TopicDeed.objects.exists()
    assert signed_in(cast.member).post(f"{url}?project=acme", sent, format="json").status_code == 201
    assert TopicDeed.objects.get().by == cast.member.email


def test_a_split_is_proposed_before(topics: TopicFit, with_key: APIClient) -> None:
    """Nothing changes by looking."""
    found = with_key.get(reverse("api_split_topic", args=[1]), {"parts": 2}).json()
    assert [part["name"] for part in found["parts"]] == ["One", "Two"]
    assert (found["conversations"], found["separation"]) == (4, 0.4)
    assert not TopicDeed.objects.exists()


@pytest.mark.parametrize(
    ("name", "number", "sent", "status", "words"),
    [
        ("api_merge_topic", 1, {"into": 1}, 400, "itself"),
        ("api_merge_topic", 1, {"into": 99}, 404, "no topic 99"),
        ("api_merge_topic", 1, {}, 400, "into"),
        ("api_split_topic", 1, {"parts": 9}, 400, "8"),
        ("api_move_to_topic", 2, {"conversations": []}, 400, "conversations"),
        ("api_move_to_topic", 2, {"conversations": ["nowhere"]}, 404, "nowhere"),
        ("api_rename_topic", 99, {"name": "x"}, 404, "no topic 99"),
        ("api_rename_topic", 1, {"name": "x" * 201}, 400, "200"),
        ("api_pin_topic", 3, {}, 404, "groups"),
    ],
)
def test_what_cannot_be_decided_is_said(
    topics: TopicFit,
    with_key: APIClient,
    name: str,
    number: int,
    sent: dict[str, Any],
    status: int,
    words: str,
) -> None:
    """With the field or the limit."""
    answer = with_key.post(reverse(name, args=[number]), sent, format="json")
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_a_topic_says_what_people_made_of_it(topics: TopicFit, with_key: APIClient) -> None:
    """Pinned topics in the list; one that is left out is gone from it and can still be read."""
    with_key.post(reverse("api_pin_topic", args=[2]))
    with_key.post(reverse("api_ignore_topic", args=[1]))
    found = with_key.get(reverse("api_topics")).json()
    assert [(one["number"], one["pinned"]) for one in found["topics"]] == [(2, True)]
    assert found["coverage"]["ignored"] == 4
    assert with_key.get(reverse("api_topic", args=[1])).json()["ignored"] is True


def test_a_name_that_stands_already_changes_nothing(topics: TopicFit, with_key: APIClient) -> None:
    """200 with the decision that made it, or nothing where none did."""
    url = reverse("api_rename_topic", args=[1])
    assert with_key.post(url, {"name": Topic.objects.get(number=1).name}, format="json").status_code == 204
    assert [with_key.post(url, {"name": "Mine"}, format="json").status_code for _ in range(2)] == [201, 200]


def test_what_was_decided_and_what_emerges_is_the_projects_own(topics: TopicFit, cast: Cast) -> None:
    """Members read it; a stranger finds nothing, and nobody is not known."""
    EmergingTopic.objects.create(
        project=cast.project, fit=topics, radius=0.5, name="Billing address", conversations=21, users=19, wordings=17,
        expected=0.4, p_value=3e-12, level=1e-5, first_at=timezone.now(), near=1,
    )  # fmt: skip
    steer.mark(cast.project.pk, 1, "pin", cast.owner.email)
    for name, words in (("api_topic_decisions", "pinned"), ("api_emerging_topics", "Billing address")):
        url = reverse(name)
        for person in (cast.owner, cast.member):
            assert words in signed_in(person).get(f"{url}?project=acme").content.decode()
        assert signed_in(cast.stranger).get(f"{url}?project=acme").status_code == 404
        assert words not in signed_in(cast.stranger).get(f"{url}?project=elsewhere").content.decode()
        assert APIClient().get(url).status_code == 401
