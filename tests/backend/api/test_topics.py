"""Topics and what they cover."""

from __future__ import annotations

from django.urls import reverse
from rest_framework.test import APIClient

from backend.projects.models import ApiKey
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


def test_changes_are_listed_with_what_they_were_compared_with(
    store: Store, cast: Cast, with_key: APIClient, whole: ReviewItem
) -> None:
    """Nothing to compare with is told as such; a range that cannot be is 400."""
    found = with_key.get(reverse("api_topic_changes")).json()
    assert found == {"now": None, "before": None, "changes": [], "comparisons": 0, "not_compared": []}
    asked = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-09T00:00:00Z"}
    rows = [(f"n{at}", 1 if at < 40 else 0, "2026-03-03 10:00:00") for at in range(80)]
    rows += [(f"o{at}", 1 if at < 5 else 0, "2026-02-23 10:00:00") for at in range(80)]
    project, fit = cast.project.pk, Topic.objects.get(number=1).fit_id
    turns = [
        [project] * 160,
        [one for one, _, _ in rows],
        [one for one, _, _ in rows],
        [at for _, _, at in rows],
        [1] * 160,
    ]
    store.insert("turn", ["project_id", "turn_id", "conversation_id", "start_time", "version"], turns)
    places = [[project] * 160, [one for one, _, _ in rows], [fit] * 160, [topic for _, topic, _ in rows], [1] * 160]
    store.insert("topic_assignment", ["project_id", "conversation_id", "fit_id", "topic_id", "version"], places)
    found = with_key.get(reverse("api_topic_changes"), asked).json()
    assert (found["before"]["start"], found["comparisons"]) == ("2026-02-23T00:00:00Z", 1)
    (change,) = found["changes"]
    assert (change["kind"], change["number"], change["measure"], change["n_now"]) == ("growing", 1, "share", 80)
    assert change["low"] < change["now"] - change["before"] < change["high"]
    assert with_key.get(reverse("api_topic_changes"), {"start": "yesterday"}).status_code == 400
    _, foreign = ApiKey.objects.mint(cast.stranger.memberships.get().project)
    with_key.credentials(HTTP_AUTHORIZATION=f"Bearer {foreign}")
    assert with_key.get(reverse("api_topic_changes"), asked).json()["changes"] == []
    with_key.credentials()
    assert with_key.get(reverse("api_topic_changes"), asked).status_code == 401
    for who, status in ((cast.owner, 200), (cast.member, 200), (cast.stranger, 404)):
        with_key.force_login(who)
        assert with_key.get(reverse("api_topic_changes"), {**asked, "project": "acme"}).status_code == status
