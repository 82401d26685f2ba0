"""Review through the API: queues, items, verdicts; a verdict is a person's."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.review import deeds
from backend.review.models import ReviewItem, Verdict
from tests.conftest import Cast


def of(person: User) -> APIClient:
    """A signed-in person's browser."""
    client = APIClient()
    client.force_login(person)
    return client


def address(name: str, item: ReviewItem) -> str:
    """Address of an item in the project of the cast."""
    return f"{reverse(name, args=[item.pk])}?project=acme"


@pytest.fixture
def item(whole: ReviewItem) -> ReviewItem:
    """The item, not yet judged."""
    Verdict.objects.all().delete()
    return whole


def test_queues_tell_where_their_items_stand(whole: ReviewItem, with_key: APIClient) -> None:
    """With the rubric to judge by."""
    (queue,) = with_key.get(reverse("api_review_queues")).json()["queues"]
    assert (queue["slug"], queue["open"], queue["done"], queue["skipped"]) == ("flagged", 1, 0, 0)
    assert queue["rubric"]


@pytest.mark.parametrize(
    ("query", "count"),
    [({}, 1), ({"state": "open"}, 1), ({"state": "done"}, 0), ({"queue": "flagged"}, 1), ({"queue": "none"}, 0)],
)
def test_items_are_listed_by_queue_and_state(
    whole: ReviewItem, with_key: APIClient, query: dict[str, str], count: int
) -> None:
    """With what brought them in."""
    found = with_key.get(reverse("api_review_items"), query).json()
    assert [item["reason"] for item in found["items"]] == ["order"] * count
    assert found["next"] == ""


@pytest.mark.parametrize("query", [{"state": "lost"}, {"cursor": "x"}, {"limit": 0}])
def test_a_query_that_cannot_be_read_is_400(whole: ReviewItem, with_key: APIClient, query: dict[str, str]) -> None:
    """And says which part."""
    assert with_key.get(reverse("api_review_items"), query).status_code == 400


def test_an_item_comes_with_its_turn_flags_and_verdicts(whole: ReviewItem, with_key: APIClient) -> None:
    """All that a page shows of it."""
    found = with_key.get(reverse("api_review_item", args=[whole.pk])).json()
    assert found["turn"]["output_text"] == "It comes tomorrow."
    assert found["flags"][0]["evidence"][0]["quote"] == "tomorrow"
    assert found["verdicts"][0]["comment"] == "the order is wrong"
    ReviewItem.objects.filter(pk=whole.pk).update(turn_id="gone.0")
    found = with_key.get(reverse("api_review_item", args=[whole.pk])).json()
    assert (found["turn"], found["flags"]) == (None, [])


def test_a_verdict_is_given_and_listed(item: ReviewItem, cast: Cast, with_key: APIClient) -> None:
    """By a person, among verdicts and among scores."""
    said = {"grade": "bad", "cause": "tool", "flags": {"refusal": "rejected"}, "correction": "Friday", "seconds": 12.5}
    answer = of(cast.member).post(address("api_review_verdict", item), said, format="json")
    assert answer.status_code == 201
    (found,) = with_key.get(reverse("api_verdicts")).json()["verdicts"]
    assert found == answer.json()
    assert {name: found[name] for name in said} == said
    assert (found["reviewer"], found["item_id"]) == ("member@example.com", item.pk)
    (score,) = with_key.get(reverse("api_scores"), {"name": "verdict"}).json()["scores"]
    assert (score["label"], score["value"], score["author"]) == ("bad", 0.0, "member@example.com")


@pytest.mark.parametrize("name", ["api_review_verdict", "api_review_skip"])
def test_a_key_gives_no_verdict(item: ReviewItem, with_key: APIClient, name: str) -> None:
    """With what it may do instead."""
    answer = with_key.post(reverse(name, args=[item.pk]), {"grade": "good", "reason": "x"}, format="json")
    assert answer.status_code == 403
    assert "a verdict is a person's" in answer.json()["error"]["message"]
    assert not Verdict.objects.exists()


@pytest.mark.parametrize("name", ["api_review_verdict", "api_review_skip"])
def test_strangers_and_nobody_find_nothing(item: ReviewItem, cast: Cast, name: str) -> None:
    """Neither in this project nor through an own one."""
    sent = {"grade": "good", "reason": "x"}
    assert of(cast.stranger).post(address(name, item), sent, format="json").status_code == 404
    own = f"{reverse(name, args=[item.pk])}?project=elsewhere"
    assert of(cast.stranger).post(own, sent, format="json").status_code == 404
    assert APIClient().post(address(name, item), sent, format="json").status_code == 401
    item.refresh_from_db()
    assert item.state == "open"


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"grade": "splendid"},
        {"grade": "bad", "cause": "moon"},
        {"grade": "good", "cause": "tool"},
        {"grade": "bad", "flags": {"refusal": "maybe"}},
        {"grade": "bad", "flags": {"invented": "confirmed"}},
        {"grade": "bad", "flags": ["refusal"]},
        {"grade": "bad", "comment": "x" * 20_001},
        {"grade": "bad", "comment": "n\x00o"},
        {"grade": "bad", "seconds": -1},
        {"grade": "bad", "seconds": "nan"},
    ],
)
def test_a_verdict_that_cannot_be_is_refused(item: ReviewItem, cast: Cast, said: dict[str, object]) -> None:
    """And nothing is kept."""
    answer = of(cast.member).post(address("api_review_verdict", item), said, format="json")
    assert answer.status_code == 400
    assert not Verdict.objects.exists()


def test_what_someone_else_holds_is_refused(item: ReviewItem, cast: Cast) -> None:
    """As on the page."""
    deeds.reserve(cast.owner, item)
    for name in ("api_review_verdict", "api_review_skip"):
        answer = of(cast.member).post(address(name, item), {"grade": "good", "reason": "x"}, format="json")
        assert answer.status_code == 403
        assert "someone else holds this item" in answer.json()["error"]["message"]


def test_an_item_is_skipped_with_a_reason(item: ReviewItem, cast: Cast) -> None:
    """Not without one, and not twice."""
    client = of(cast.member)
    assert client.post(address("api_review_skip", item), {"reason": " "}, format="json").status_code == 400
    answer = client.post(address("api_review_skip", item), {"reason": "no context"}, format="json")
    assert (answer.status_code, answer.json()["state"], answer.json()["skip_reason"]) == (200, "skipped", "no context")
    assert client.post(address("api_review_skip", item), {"reason": "again"}, format="json").status_code == 400
