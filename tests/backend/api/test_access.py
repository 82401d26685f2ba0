"""Each endpoint: the key's project and members see it, a stranger and nobody do not."""

from __future__ import annotations

import base64

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.projects.models import ApiKey
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.conftest import Cast

ENDPOINTS = [
    (name, arguments)
    for name, arguments in [
        ("api_overview", []),
        ("api_traces", []),
        ("api_trace", ["a" * 32]),
        ("api_span", ["a" * 32, "4" * 16]),
        ("api_trace_attachments", ["a" * 32]),
        ("api_span_attachments", ["a" * 32, "4" * 16]),
        ("api_scores", []),
        ("api_topics", []),
        ("api_topic", [1]),
        ("api_topic_problems", []),
        ("api_topic_problem", ["flag:refusal"]),
        ("api_topic_outcomes", []),
        ("api_topic_outcome", ["refused"]),
        ("api_flags", []),
        ("api_review_queues", []),
        ("api_review_items", []),
        ("api_review_item", ["ITEM"]),
        ("api_verdicts", []),
        ("api_status", []),
        ("api_arrivals", []),
        ("api_detectors", []),
        ("api_judge_endpoint", []),
        ("api_replays", []),
        ("api_detector", ["refusal"]),
        ("api_detector_thresholds", ["refusal"]),
        ("api_prices", []),
        ("api_unpriced_models", []),
        ("api_recomputes", []),
    ]
]


@pytest.mark.parametrize(("name", "arguments"), ENDPOINTS)
def test_owner_and_member_see_it_and_a_stranger_does_not(
    whole: ReviewItem, cast: Cast, name: str, arguments: list[str]
) -> None:
    """A stranger gets the answer of a project that does not exist."""
    url = _address(name, arguments, whole)
    for person in (cast.owner, cast.member):
        assert _get(person, url, "acme").status_code == 200
    assert _get(cast.stranger, url, "acme").status_code == 404
    assert _get(cast.stranger, url, "acme").json() != _get(cast.stranger, url, "elsewhere").json()
    assert APIClient().get(url).status_code == 401


@pytest.mark.parametrize(("name", "arguments"), ENDPOINTS)
def test_a_key_opens_its_own_project_only(whole: ReviewItem, cast: Cast, name: str, arguments: list[str]) -> None:
    """The key of another project finds nothing of this one."""
    elsewhere = cast.stranger.memberships.get().project
    _, secret = ApiKey.objects.mint(elsewhere)
    answers = {}
    for who, key in (("own", cast.secret), ("foreign", secret)):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        answers[who] = client.get(_address(name, arguments, whole))
    assert answers["own"].status_code == 200
    assert answers["foreign"].status_code == 404 or answers["foreign"].json() != answers["own"].json()
    assert "order" not in answers["foreign"].content.decode()


def test_basic_public_and_secret_is_a_key_too(store: Store, cast: Cast) -> None:
    """As Langfuse's clients send it; a public key of somebody else does not fit."""
    for public_key, status in ((cast.public_key, 200), ("pk-other", 401)):
        client = APIClient()
        pair = base64.b64encode(f"{public_key}:{cast.secret}".encode()).decode()
        client.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
        assert client.get(reverse("api_traces")).status_code == status


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic ????", "Digest x", "Bearer"])
def test_a_wrong_key_is_refused_with_words(store: Store, db: None, header: str) -> None:
    """The answer says what was wrong and carries no trace of ours."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    answer = client.get(reverse("api_traces"))
    assert answer.status_code == 401
    assert answer.json()["error"]["message"]


def test_a_revoked_key_is_refused_at_once(store: Store, cast: Cast, with_key: APIClient) -> None:
    """The next request with it fails."""
    assert with_key.get(reverse("api_traces")).status_code == 200
    ApiKey.objects.get(public_key=cast.public_key).revoke()
    assert with_key.get(reverse("api_traces")).status_code == 401


def _address(name: str, arguments: list[str], item: ReviewItem) -> str:
    return reverse(name, args=[item.pk if one == "ITEM" else one for one in arguments])


def _get(person: User, url: str, slug: str) -> object:
    client = APIClient()
    client.force_login(person)
    return client.get(url, {"project": slug})
