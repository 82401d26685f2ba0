"""Detectors by API: read by all of the project, set by owners and keys that administer."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.detection.choices import Choice, choices
from backend.detection.models import SettingChange
from backend.projects.models import ApiKey
from backend.review.models import ReviewItem
from tests.conftest import Cast

pytestmark = pytest.mark.usefixtures("store")


def test_a_detector_is_set_field_by_field(cast: Cast, with_key: APIClient) -> None:
    """What is not named stays; the key is the author."""
    url = reverse("api_detector", args=["refusal"])
    assert with_key.patch(url, {"threshold": 0.7}, format="json").json()["version"].endswith("from 0.7")
    answer = with_key.patch(url, {"is_enabled": False, "share": 0.5}, format="json").json()
    assert (answer["is_enabled"], answer["threshold"], answer["share"]) == (False, 0.7, 0.5)
    assert [change["author_name"] for change in answer["changes"]] == [cast.public_key] * 2
    assert with_key.patch(url, {"threshold": None, "is_enabled": None, "share": 1}, format="json").status_code == 200
    assert choices(cast.project.pk)["refusal"] == Choice()


def test_only_owners_and_keys_that_administer_set_anything(cast: Cast) -> None:
    """A member is told so, a stranger learns nothing, nobody is asked for a key."""
    url = reverse("api_detector", args=["refusal"])
    for person, status in ((cast.member, 403), (cast.stranger, 404)):
        client = APIClient()
        client.force_login(person)
        assert client.patch(f"{url}?project=acme", {"share": 0.5}, format="json").status_code == status
    assert APIClient().patch(url, {"share": 0.5}, format="json").status_code == 401
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.objects.mint(cast.project)[1]}")
    assert client.patch(url, {"share": 0.5}, format="json").status_code == 403
    assert SettingChange.objects.count() == 0


@pytest.mark.parametrize("body", [{"threshold": 0}, {"threshold": 2}, {"share": 0}, {"share": "x"}, {"is_enabled": 7}])
def test_what_cannot_be_is_refused(with_key: APIClient, body: dict[str, object]) -> None:
    """With a 400, and nothing is kept."""
    answer = with_key.patch(reverse("api_detector", args=["refusal"]), body, format="json")
    assert answer.status_code == 400
    assert SettingChange.objects.count() == 0
    assert with_key.patch(reverse("api_detector", args=["invented"]), {}, format="json").status_code == 404


def test_thresholds_and_verdicts_are_told(whole: ReviewItem, with_key: APIClient, cast: Cast) -> None:
    """The list counts what reviewers said; thresholds name what labels are lacking."""
    client = APIClient()
    client.force_login(cast.member)
    url = reverse("api_review_verdict", args=[whole.pk])
    said = {"grade": "bad", "flags": {"refusal": "confirmed", "pii": "missed"}}
    assert client.post(f"{url}?project=acme", said, format="json").status_code == 201
    wrong = client.post(f"{url}?project=acme", {**said, "flags": {"refusal": "missed"}}, format="json")
    assert (wrong.status_code, "cannot have been missed" in wrong.json()["error"]["message"]) == (400, True)
    found = {one["name"]: one for one in with_key.get(reverse("api_detectors")).json()["detectors"]}
    assert (found["refusal"]["confirmed"], found["pii"]["missed"]) == (1, 1)
    table = with_key.get(reverse("api_detector_thresholds", args=["refusal"])).json()
    assert (table["turns"], table["of"], table["labels"]) == (1, 1, 1)
    assert table["rows"][0]["lacking"].startswith("precision: ")


OWN = {"name": "rivals", "definition": {"places": ["user"], "words": ["order"], "severity": "high"}}


def test_an_own_detector_is_made_tried_changed_and_removed(whole: ReviewItem, with_key: APIClient) -> None:
    """With what it would have found; its version follows from what it looks for."""
    made = with_key.post(reverse("api_own_detectors"), OWN, format="json")
    assert (made.status_code, made.json()["name"]) == (201, "own_rivals")
    tried = with_key.post(
        reverse("api_try_own_detector"), {"places": ["answer"], "pattern": "tomorr.w"}, format="json"
    ).json()
    assert (tried["flags"], tried["turns"], len(tried["examples"])) == (1, 1, 1)
    url = reverse("api_own_detector", args=["own_rivals"])
    changed = with_key.put(url, {**OWN["definition"], "words": ["parcel"]}, format="json").json()
    assert changed["version"] != made.json()["version"]
    assert with_key.get(reverse("api_own_detectors")).json()["detectors"] == [changed]
    listed = {one["name"] for one in with_key.get(reverse("api_detectors")).json()["detectors"]}
    assert "own_rivals" in listed
    assert with_key.delete(url).status_code == 204
    assert with_key.delete(url).status_code == 404


def test_a_judge_is_made_and_its_endpoint_set(cast: Cast, with_key: APIClient) -> None:
    """Its version names the model; the key's variable is told, never a key."""
    question = {"instruction": "The assistant promises a refund."}
    made = with_key.post(
        reverse("api_own_detectors"), {"name": "refunds", "kind": "judge", "definition": question}, format="json"
    )
    assert (made.status_code, made.json()["version"][8:]) == (201, " by no endpoint")
    url = reverse("api_judge_endpoint")
    sent = {"base_url": "https://example.com/v1", "model": "small-1", "key_variable": "JUDGE_KEY", "is_enabled": True}
    assert with_key.put(url, sent, format="json").json()["endpoint"]["calls_a_day"] == 1000
    (listed,) = with_key.get(reverse("api_own_detectors")).json()["detectors"]
    assert listed["version"].endswith(" by small-1")
    changed = with_key.put(
        reverse("api_own_detector", args=["own_refunds"]), {"instruction": "It names a price."}, format="json"
    )
    assert changed.json()["definition"]["instruction"] == "It names a price."
    for wrong in (
        {**sent, "base_url": "http://example.com"},
        {**sent, "base_url": "nonsense"},
        {**sent, "key_variable": "ASSAY_SECRET_KEY"},
        {**sent, "calls_a_day": 0},
        {**sent, "usd_a_day": 5},
        {"model": "x"},
    ):
        assert with_key.put(url, wrong, format="json").status_code == 400
    for person, status in ((cast.member, 403), (cast.stranger, 404)):
        client = APIClient()
        client.force_login(person)
        assert client.put(f"{url}?project=acme", sent, format="json").status_code == status


@pytest.mark.parametrize("place", range(4))
def test_own_detectors_are_for_owners_to_write(cast: Cast, with_key: APIClient, place: int) -> None:
    """Members and keys that only read look at them; a stranger learns nothing."""
    with_key.post(reverse("api_own_detectors"), OWN, format="json")
    one = reverse("api_own_detector", args=["own_rivals"])
    method, url, body = [
        ("post", reverse("api_own_detectors"), {**OWN, "name": "others"}),
        ("post", reverse("api_try_own_detector"), OWN["definition"]),
        ("put", one, {**OWN["definition"], "words": ["x"]}),
        ("delete", one, None),
    ][place]
    for person, status in ((cast.member, 403), (cast.stranger, 404)):
        client = APIClient()
        client.force_login(person)
        assert getattr(client, method)(f"{url}?project=acme", body, format="json").status_code == status
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.objects.mint(cast.project)[1]}")
    assert getattr(reader, method)(url, body, format="json").status_code == 403
    (kept,) = reader.get(reverse("api_own_detectors")).json()["detectors"]
    assert kept["definition"]["words"] == ["order"]
    refused = with_key.post(reverse("api_own_detectors"), {"name": "x", "definition": {"places": []}}, format="json")
    assert refused.status_code == 400
