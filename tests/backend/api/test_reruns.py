"""Re-runs by API: begun and decided by owners and keys that administer, read by all of the project."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.detection.rerun import advance
from backend.detection.models import Rerun
from backend.projects.models import ApiKey
from backend.review.models import ReviewItem
from tests.conftest import Cast

pytestmark = pytest.mark.usefixtures("whole")
LIST = reverse("api_reruns", args=["refusal"])


def _period(days: float = 1, **fields: Any) -> dict[str, Any]:
    now = timezone.now()
    return {"start": (now - timedelta(days=days)).isoformat(), "end": now.isoformat(), **fields}


def test_one_is_begun_read_and_decided(whole: ReviewItem, cast: Cast, with_key: APIClient) -> None:
    """It says what would change, with intervals; switched on, the flag that it did not find is gone."""
    begun = with_key.post(LIST, _period(threshold=0.9), format="json")
    assert (begun.status_code, begun.json()["state"], begun.json()["turns"]) == (201, "running", 1)
    one = reverse("api_rerun", args=["refusal", begun.json()["id"]])
    advance(cast.project.pk)
    found = with_key.get(one).json()
    assert (found["state"], found["judged"], found["gone"]["count"], found["new"]["count"]) == ("ready", 1, 1, 0)
    assert found["gone"]["examples"][0]["turn_id"] == whole.turn_id
    assert 0 < found["gone"]["share"]["low"] < found["gone"]["share"]["high"] == 1
    assert with_key.post(f"{one}/decide", {"deed": "switch"}, format="json").json()["state"] == "switching"
    advance(cast.project.pk)
    assert with_key.get(reverse("api_flags")).json()["flags"] == []
    with_key.post(f"{one}/decide", {"deed": "undo"}, format="json")
    advance(cast.project.pk)
    assert len(with_key.get(reverse("api_flags")).json()["flags"]) == 1
    assert with_key.post(f"{one}/decide", {"deed": "discard"}, format="json").json()["state"] == "discarded"
    assert with_key.get(one).json()["gone"] is None
    assert [listed["id"] for listed in with_key.get(LIST).json()["reruns"]] == [begun.json()["id"]]


@pytest.mark.parametrize("deed", ["begin", "decide"])
def test_only_owners_and_keys_that_administer_begin_and_decide(cast: Cast, with_key: APIClient, deed: str) -> None:
    """Members and keys that read look; a stranger learns nothing."""
    begun = with_key.post(LIST, _period(), format="json").json()
    one = reverse("api_rerun", args=["refusal", begun["id"]])
    url, body = (LIST, _period()) if deed == "begin" else (f"{one}/decide", {"deed": "discard"})
    for person, reads, writes in ((cast.member, 200, 403), (cast.stranger, 404, 404)):
        client = APIClient()
        client.force_login(person)
        assert client.get(f"{one}?project=acme").status_code == reads
        assert client.post(f"{url}?project=acme", body, format="json").status_code == writes
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.objects.mint(cast.project)[1]}")
    assert reader.get(one).status_code == 200
    assert reader.post(url, body, format="json").status_code == 403
    elsewhere = cast.stranger.memberships.get().project
    foreign = APIClient()
    foreign.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.objects.mint(elsewhere, scopes=['admin'])[1]}")
    assert foreign.get(one).status_code == foreign.post(f"{one}/decide", body, format="json").status_code == 404
    assert foreign.get(LIST).json() == {"reruns": []}
    assert Rerun.objects.get().state == "running"


@pytest.mark.parametrize(
    "body",
    [{}, _period(500), _period(-1), _period(threshold=2), _period(share=0), _period(threshold="x")],
    ids=["no period", "too long", "backwards", "threshold", "share", "no number"],
)
def test_what_cannot_be_run_is_refused(with_key: APIClient, body: dict[str, Any]) -> None:
    """With a 400 in words; an unknown detector is a 404."""
    assert with_key.post(LIST, body, format="json").status_code == 400
    assert with_key.post(reverse("api_reruns", args=["invented"]), _period(), format="json").status_code == 404
    assert Rerun.objects.count() == 0
