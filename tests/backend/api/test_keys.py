"""Keys by API: scopes hold at every endpoint; keys and owners with the right make, rotate and end keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.projects.models import ApiKey
from backend.review.models import ReviewItem
from backend.store.client import Store
from tests.backend.api.test_access import ENDPOINTS
from tests.conftest import Cast

pytestmark = pytest.mark.usefixtures("store")


def _holding(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def _with(cast: Cast, *scopes: str) -> APIClient:
    return _holding(ApiKey.objects.mint(cast.project, scopes=scopes)[1])


def _signed_in(person: User) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def _do(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    """Limits are changed, everything else is a deed."""
    return (client.patch if "spans_per_day" in body else client.post)(path, body, format="json")


def _deeds(cast: Cast) -> list[tuple[str, dict[str, Any]]]:
    key, _ = ApiKey.objects.mint(cast.project, "worker")
    return [
        (reverse("api_keys"), {"name": "new", "scopes": ["ingest"]}),
        (reverse("api_rotate_key", args=[key.pk]), {"overlap_hours": 2}),
        (reverse("api_revoke_key", args=[key.pk]), {}),
        (reverse("api_limit_key", args=[key.pk]), {"spans_per_day": 5}),
    ]


@pytest.mark.parametrize(("name", "arguments"), ENDPOINTS)
def test_reading_needs_the_scope_read(whole: ReviewItem, cast: Cast, name: str, arguments: list[str]) -> None:
    """A key that only sends, as it stands in a product that others can open up, reads nothing."""
    url = reverse(name, args=[whole.pk if one == "ITEM" else one for one in arguments])
    refused = _with(cast, "ingest").get(url)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    assert "scope `read`" in refused.json()["error"]["message"]
    for scope in ("read", "admin"):
        assert _with(cast, scope).get(url).status_code == 200


def test_scores_are_written_by_keys_that_send(store: Store, cast: Cast) -> None:
    """A key that only reads changes nothing."""
    body = {"name": "csat", "value": 1.0, "trace_id": "t"}
    for scope, status in (("ingest", 201), ("admin", 201), ("read", 403)):
        assert _with(cast, scope).post(reverse("api_scores"), body, format="json").status_code == status


@pytest.mark.parametrize("place", range(4))
def test_only_owners_and_keys_that_administer_change_keys(cast: Cast, place: int) -> None:
    """A member is told so, a stranger learns nothing, nobody is asked for a key."""
    path, body = _deeds(cast)[place]
    before = ApiKey.objects.usable().filter(expires_at=None, project=cast.project).count()
    for who, status in (
        (_signed_in(cast.member), 403),
        (_signed_in(cast.stranger), 404),
        (APIClient(), 401),
    ):
        assert _do(who, f"{path}?project=acme", body).status_code == status
    for scope in ("ingest", "read"):
        answer = _do(_with(cast, scope), path, body)
        assert answer.status_code == 403
        assert "scope `admin`" in answer.json()["error"]["message"]
    assert ApiKey.objects.usable().filter(expires_at=None, project=cast.project).count() == before + 2
    assert _do(_signed_in(cast.owner), f"{path}?project=acme", body).status_code in {200, 201}


@pytest.mark.parametrize("place", range(4))
def test_a_key_that_administers_changes_keys_of_its_own_project(cast: Cast, place: int) -> None:
    """Another project's are not there for it."""
    path, body = _deeds(cast)[place]
    elsewhere = cast.stranger.memberships.get().project
    foreign = _holding(ApiKey.objects.mint(elsewhere, scopes=["admin"])[1])
    if place:
        assert _do(foreign, path, body).status_code == 404
    else:
        assert _do(foreign, path, body).status_code == 201
        assert not ApiKey.objects.filter(project=cast.project, name="new").exists()
    assert _do(_holding(cast.secret), path, body).status_code in {200, 201}


def test_keys_are_listed_without_secrets(cast: Cast) -> None:
    """For owners, members and keys that administer; nobody else."""
    for who in (_signed_in(cast.owner), _signed_in(cast.member), _holding(cast.secret)):
        told = who.get(f"{reverse('api_keys')}?project=acme")
        assert [key["public_key"] for key in told.json()["keys"]] == [cast.public_key]
        assert told.json()["keys"][0]["state"] == "usable"
        assert cast.secret not in told.content.decode()
        assert "secret_hash" not in told.json()["keys"][0]
    assert _signed_in(cast.stranger).get(f"{reverse('api_keys')}?project=acme").status_code == 404
    assert APIClient().get(reverse("api_keys")).status_code == 401
    assert _with(cast, "read").get(reverse("api_keys")).status_code == 403


def test_a_key_is_rotated_without_a_gap(cast: Cast) -> None:
    """Old and new both open the project; the new one may do what the old one may; revoked, the old one is out."""
    old, secret = ApiKey.objects.mint(cast.project, "worker", scopes=["read"])
    admin = _holding(cast.secret)
    told = admin.post(reverse("api_rotate_key", args=[old.pk]), {"overlap_hours": 1}, format="json")
    assert (told.status_code, told["Cache-Control"]) == (201, "no-store")
    made = told.json()
    assert (made["name"], made["scopes"], made["state"]) == ("worker", ["read"], "usable")
    for good in (secret, made["secret"]):
        assert _holding(good).get(reverse("api_status")).status_code == 200
    listed = {key["id"]: key for key in admin.get(reverse("api_keys")).json()["keys"]}
    assert listed[old.pk]["state"] == "ending"
    assert listed[old.pk]["expires_at"] is not None
    assert admin.post(reverse("api_revoke_key", args=[old.pk])).json()["state"] == "revoked"
    assert _holding(secret).get(reverse("api_status")).status_code == 401
    assert _holding(made["secret"]).get(reverse("api_status")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [({"scopes": []}, "scopes"), ({"scopes": ["king"]}, "scopes"), ({"scopes": "read"}, "scopes"),
     ({"name": "x" * 121}, "name")],
)  # fmt: skip
def test_a_key_that_cannot_be_made_is_refused_by_field(cast: Cast, body: dict[str, Any], field: str) -> None:
    """And none is made."""
    answer = _holding(cast.secret).post(reverse("api_keys"), body, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]
    assert ApiKey.objects.filter(project=cast.project).count() == 1


@pytest.mark.parametrize("hours", [-1, 2161, "x"])
def test_an_overlap_out_of_range_is_refused(cast: Cast, hours: object) -> None:
    """The old key stays as it was."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    path = reverse("api_rotate_key", args=[key.pk])
    answer = _holding(cast.secret).post(path, {"overlap_hours": hours}, format="json")
    assert (answer.status_code, ApiKey.objects.filter(project=cast.project).count()) == (400, 1)


def test_limits_are_set_kept_and_lifted(cast: Cast) -> None:
    """What is not named stays; null lifts; a rotated key passes them on; members see them."""
    admin = _holding(cast.secret)
    made = admin.post(reverse("api_keys"), {"spans_per_minute": 600, "spans_per_day": 10_000}, format="json").json()
    path = reverse("api_limit_key", args=[made["id"]])
    assert (made["spans_per_minute"], made["spans_per_day"]) == (600, 10_000)
    told = admin.patch(path, {"spans_per_minute": None}, format="json").json()
    assert (told["spans_per_minute"], told["spans_per_day"]) == (None, 10_000)
    assert admin.patch(path, {}, format="json").json()["spans_per_day"] == 10_000
    new = admin.post(reverse("api_rotate_key", args=[made["id"]]), {}, format="json").json()
    assert (new["spans_per_minute"], new["spans_per_day"]) == (None, 10_000)
    seen = _signed_in(cast.member).get(f"{reverse('api_keys')}?project=acme").json()["keys"]
    assert {key["id"]: key["spans_per_day"] for key in seen}[made["id"]] == 10_000


@pytest.mark.parametrize("value", [0, -1, 2_000_000_001, "many", 1.5])
def test_a_limit_out_of_range_is_refused(cast: Cast, value: object) -> None:
    """And the one before holds."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    answer = _holding(cast.secret).patch(
        reverse("api_limit_key", args=[key.pk]), {"spans_per_day": value}, format="json"
    )
    assert answer.status_code == 400
    assert "spans_per_day" in answer.json()["error"]["fields"]
    key.refresh_from_db()
    assert key.spans_per_day is None
