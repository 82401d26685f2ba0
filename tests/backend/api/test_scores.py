"""Scores are kept, replaced by their id, and found again."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.store.client import Store
from tests.conftest import Cast


def test_a_score_is_found_again(store: Store, cast: Cast, with_key: APIClient) -> None:
    """Also before the trace it is about has come."""
    new = {"name": "helpful", "value": 1, "label": "yes", "trace_id": "b" * 32, "explanation": "it's \\ 'quoted'"}
    made = with_key.post(reverse("api_scores"), new, format="json")
    assert made.status_code == 201
    found = with_key.get(reverse("api_scores"), {"trace_id": "b" * 32}).json()["scores"]
    assert found == [{**made.json(), "replay": None}]
    assert (found[0]["source"], found[0]["author"], found[0]["value"]) == ("client", cast.public_key, 1.0)


def test_sending_it_again_replaces_it(store: Store, cast: Cast, with_key: APIClient) -> None:
    """One judgement an id, the last one."""
    for value in (0.2, 0.7):
        with_key.post(
            reverse("api_scores"),
            {"score_id": "s1", "name": "helpful", "value": value, "conversation_id": "c"},
            format="json",
        )
    found = with_key.get(reverse("api_scores"), {"conversation_id": "c"}).json()["scores"]
    assert [score["value"] for score in found] == [0.7]


def test_pages_follow_each_other(store: Store, cast: Cast, with_key: APIClient) -> None:
    """Each score once, and an end."""
    for place in range(5):
        with_key.post(
            reverse("api_scores"),
            {"score_id": f"s{place}", "name": "n", "value": place, "trace_id": "t"},
            format="json",
        )
    seen, cursor = [], ""
    while True:
        page = with_key.get(reverse("api_scores"), {"limit": 2, "cursor": cursor}).json()
        seen += [score["score_id"] for score in page["scores"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == ["s0", "s1", "s2", "s3", "s4"]


@pytest.mark.parametrize(
    "new",
    [
        {"name": "n", "value": 1},
        {"name": "n", "trace_id": "t"},
        {"name": "", "value": 1, "trace_id": "t"},
        {"name": "n", "value": "much", "trace_id": "t"},
        {"name": "n", "value": 1, "span_id": "s", "conversation_id": "c"},
    ],
)
def test_a_score_of_nothing_or_without_a_judgement_is_refused(
    store: Store, cast: Cast, with_key: APIClient, new: dict[str, object]
) -> None:
    """With the fields that were wrong."""
    answer = with_key.post(reverse("api_scores"), new, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]


def test_a_person_must_belong_to_the_project_to_judge(store: Store, cast: Cast) -> None:
    """And her address is the author."""
    new = {"name": "n", "value": 1, "trace_id": "t"}
    for person, status in ((cast.member, 201), (cast.stranger, 404)):
        client = APIClient()
        client.force_login(person)
        answer = client.post(f"{reverse('api_scores')}?project=acme", new, format="json")
        assert answer.status_code == status
    assert client.get(reverse("api_scores"), {"project": "elsewhere"}).json()["scores"] == []
