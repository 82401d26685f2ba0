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
