"""Topics and what they cover."""

from __future__ import annotations

from django.urls import reverse
from rest_framework.test import APIClient

from backend.review.models import ReviewItem
from backend.store.client import Store
from backend.topics.models import Topic
from tests.conftest import Cast


def test_topics_come_with_figures_and_coverage(whole: ReviewItem, with_key: APIClient) -> None:
    """Each rate with interval and sample size."""
    found = with_key.get(reverse("api_topics")).json()
    (topic,) = found["topics"]
    assert (topic["number"], topic["name"], topic["conversations"]) == (1, "Late order", 1)
    assert (topic["flag_rate"]["value"], topic["flag_rate"]["n"]) == (1.0, 1)
    assert 0 < topic["flag_rate"]["low"] < 1
    assert topic["error_rate"]["value"] == 0.0
    assert (found["coverage"]["conversations"], found["coverage"]["assigned"]) == (1, 1)
    assert found["other"] is None


def test_a_topic_has_its_parts(whole: ReviewItem, with_key: APIClient) -> None:
    """Typical conversations, flags by detector, models, users; both names where people gave one."""
    Topic.objects.update(name_by_people="Where is it?")
    found = with_key.get(reverse("api_topic", args=[1])).json()
    assert (found["name"], found["machine_name"], found["named_by_people"]) == ("Where is it?", "Late order", True)
    assert [one["first_text"] for one in found["typical"]] == ["Where is my order?"]
    assert [(one["value"], one["flag_rate"]["n"]) for one in found["flags"]] == [("refusal", 1)]
    assert [(one["value"], one["turns"]) for one in found["models"]] == [("gpt-4o-2024", 1)]
    assert [one["user_id"] for one in found["users"]] == ["cust_1"]


def test_without_a_fit_there_are_none(store: Store, cast: Cast, with_key: APIClient) -> None:
    """An empty list that says how many conversations wait; a topic is 404."""
    found = with_key.get(reverse("api_topics")).json()
    assert (found["topics"], found["coverage"]["conversations"], found["coverage"]["last_fit"]) == ([], 0, None)
    assert with_key.get(reverse("api_topic", args=[1])).status_code == 404


def test_an_unknown_topic_is_404(whole: ReviewItem, with_key: APIClient) -> None:
    """Other is a topic to read, 7 is none."""
    assert with_key.get(reverse("api_topic", args=[0])).json()["name"] == "Other"
    answer = with_key.get(reverse("api_topic", args=[7]))
    assert answer.status_code == 404
    assert "7" in answer.json()["error"]["message"]
