"""What goes wrong and how conversations end, with the figures of their pages."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.projects.models import ApiKey
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.conftest import Cast


def test_problems_are_listed_with_their_topics(whole: ReviewItem, with_key: APIClient) -> None:
    """Counts, share with interval and sample, users, and what was not looked at yet."""
    found = with_key.get(reverse("api_topic_problems")).json()
    assert (found["conversations"], found["with_problem"], found["clear"], found["waiting"]) == (1, 1, 0, 0)
    (refusal,) = found["problems"]
    assert (refusal["key"], refusal["name"], refusal["search"]) == ("flag:refusal", "Refusal", "flag:refusal")
    assert (refusal["conversations"], refusal["users"], refusal["share"]["n"]) == (1, 1, 1)
    assert refusal["topics"] == [
        {"number": 1, "name": "Late order", "conversations": 1, "users": 1, "share": refusal["topics"][0]["share"]}
    ]
    assert (refusal["change"], found["before"], found["comparisons"]) == (None, None, 0)
    one = with_key.get(reverse("api_topic_problem", args=["flag:refusal"]), {"topic": 1}).json()
    assert one["problem"] == refusal
    assert [told["conversation_id"] for told in one["conversations"]] == ["conversation-1"]
    elsewhere = with_key.get(reverse("api_topic_problem", args=["flag:refusal"]), {"topic": 7}).json()
    assert elsewhere["conversations"] == []


def test_outcomes_are_listed_and_add_up(whole: ReviewItem, with_key: APIClient) -> None:
    """All six, with the topics they are in; what is not assessed with why."""
    found = with_key.get(reverse("api_topic_outcomes")).json()
    assert [one["key"] for one in found["outcomes"]] == [
        "well", "complained", "refused", "cut_off", "failed", "not_assessed",
    ]  # fmt: skip
    assert {one["key"]: one["conversations"] for one in found["outcomes"] if one["conversations"]} == {"refused": 1}
    assert (found["conversations"], found["assessed"], found["not_assessed"]) == (1, 1, [])
    refused = found["outcomes"][2]
    assert [one["name"] for one in refused["topics"]] == ["Late order"]
    one = with_key.get(reverse("api_topic_outcome", args=["refused"]), {"topic": 1}).json()
    assert one["outcome"] == refused
    assert [told["conversation_id"] for told in one["conversations"]] == ["conversation-1"]


ADDRESSES = [
    ("api_topic_problems", []),
    ("api_topic_problem", ["cause:tool"]),
    ("api_topic_outcomes", []),
    ("api_topic_outcome", ["well"]),
]


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES)
@pytest.mark.parametrize(
    "asked",
    [
        {"start": "yesterday"},
        {"start": "2026-03-09T00:00:00Z", "end": "2026-03-02T00:00:00Z"},
        {"start": "2020-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_bad_period_is_400(
    store: Store, with_key: APIClient, name: str, arguments: list[str], asked: dict[str, str]
) -> None:
    """The answer says what is wrong."""
    answer = with_key.get(reverse(name, args=arguments), asked)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES)
@pytest.mark.parametrize(
    ("scopes", "status"), [(["read"], 200), (["ingest"], 403), (["ingest", "read"], 200), (["admin"], 200)]
)
def test_a_key_needs_the_scope_read(
    store: Store, cast: Cast, name: str, arguments: list[str], scopes: list[str], status: int
) -> None:
    """A key that only sends reads nothing; one that may do everything may read."""
    _, secret = ApiKey.objects.mint(cast.project, scopes=scopes)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(reverse(name, args=arguments)).status_code == status


def test_an_empty_project_has_no_outcomes(store: Store, with_key: APIClient) -> None:
    """Zeros, no reason, and 404 for a word that is none."""
    found = with_key.get(reverse("api_topic_outcomes")).json()
    assert (found["conversations"], found["assessed"], found["not_assessed"]) == (0, 0, [])
    assert {one["conversations"] for one in found["outcomes"]} == {0}
    assert with_key.get(reverse("api_topic_outcome", args=["well"])).json()["conversations"] == []
    assert with_key.get(reverse("api_topic_outcome", args=["luck"])).status_code == 404


def test_an_empty_project_has_no_problems(store: Store, with_key: APIClient) -> None:
    """Zeros and empty lists, a known cause without conversations, and 404 for a word that is none."""
    found = with_key.get(reverse("api_topic_problems")).json()
    assert (found["conversations"], found["problems"]) == (0, [])
    one = with_key.get(reverse("api_topic_problem", args=["cause:tool"])).json()
    assert (one["problem"]["conversations"], one["problem"]["share"]["value"]) == (0, None)
    assert with_key.get(reverse("api_topic_problem", args=["cause:luck"])).status_code == 404
    assert with_key.get(reverse("api_topic_problem", args=["cause:tool"]), {"topic": "x"}).status_code == 400
