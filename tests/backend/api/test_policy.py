"""The policy of a project by API: members read it, owners and keys that administer change it, strangers see nothing."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.policies.models import policy_of
from backend.projects.models import ApiKey
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def _signed_in(person: User) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def _holding(cast: Cast, *scopes: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.objects.mint(cast.project, scopes=scopes)[1]}")
    return client


def test_who_may_read_and_change_it(cast: Cast) -> None:
    """A member reads; a key needs `admin` for both; a stranger gets the answer of a project that does not exist."""
    url, asked = f"{reverse('api_policy')}?project=acme", {"redaction": "mask"}
    for person, read, changed in ((cast.owner, 200, 200), (cast.member, 200, 403), (cast.stranger, 404, 404)):
        assert _signed_in(person).get(url).status_code == read
        assert _signed_in(person).patch(url, asked, format="json").status_code == changed
    for scopes, status in ((["ingest", "read"], 403), (["admin"], 200)):
        client = _holding(cast, *scopes)
        assert client.get(reverse("api_policy")).status_code == status
        assert client.patch(reverse("api_policy"), asked, format="json").status_code == status
    assert APIClient().get(url).status_code == 401


def test_what_is_not_named_stays(cast: Cast) -> None:
    """And what is set is what ingest goes by."""
    client, url = _holding(cast, "admin"), reverse("api_policy")
    told: dict[str, object] = {
        "redaction": "off",
        "own_patterns": [],
        "masks_names": False,
        "kept_share": 1.0,
        "hold_hours": 24,
    }
    told["changed_at"] = None
    assert client.get(url).json() == told
    own = [{"name": "CUSTOMER", "pattern": "KD-[0-9]+"}]
    client.patch(url, {"redaction": "mask", "own_patterns": own}, format="json")
    assert client.patch(url, {"masks_names": True}, format="json").json()["masks_names"] is True
    assert policy_of(cast.project.pk).masks_names
    told = client.patch(url, {"redaction": "drop"}, format="json").json()
    assert told["masks_names"] is True
    assert (told["redaction"], told["own_patterns"]) == ("drop", own)
    told = client.patch(url, {"kept_share": 0.1, "hold_hours": 48}, format="json").json()
    assert (told["redaction"], told["kept_share"], told["hold_hours"]) == ("drop", 0.1, 48)
    policy = policy_of(cast.project.pk)
    assert (policy.mode, [one.word for one in policy.own], len(policy.salt)) == ("drop", ["CUSTOMER"], 16)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"redaction": "all"}, "redaction"),
        ({"redaction": "mask", "masks_names": "perhaps"}, "masks_names"),
        ({"redaction": "mask", "masks_names": None}, "masks_names"),
        ({"kept_share": 0}, "0.001"),
        ({"kept_share": 2}, "1"),
        ({"hold_hours": 0}, "1"),
        ({"hold_hours": 721}, "720"),
        ({"own_patterns": [{"name": "X1", "pattern": "("}]}, "regular expression"),
        ({"own_patterns": [{"name": "X1", "pattern": "a*"}]}, "empty text"),
        ({"own_patterns": [{"name": "x", "pattern": "a"}]}, "capitals"),
        ({"own_patterns": [{"name": "X1", "pattern": "a"}] * 21}, "20"),
        ({"own_patterns": [{"name": "X1", "pattern": "a" * 201}]}, "200"),
        ({"own_patterns": [{"name": "X1", "pattern": "((a{1000}){1000}){1000}"}]}, "regular expression"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(cast: Cast, asked: dict[str, object], said: str) -> None:
    """And nothing is changed."""
    answer = _holding(cast, "admin").patch(reverse("api_policy"), asked, format="json")
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert policy_of(cast.project.pk).mode == "off"


def test_salts_differ(cast: Cast) -> None:
    """Tokens of two projects must tell nothing about each other."""
    from backend.policies.models import policy_row

    other = cast.stranger.memberships.get().project
    for project in (cast.project, other):
        policy_row(project).set_redaction("mask", [])
    assert policy_of(cast.project.pk).salt != policy_of(other.pk).salt


def test_scores_that_come_by_the_api_are_redacted_too(cast: Cast, store: object) -> None:
    """A comment is a way around otherwise."""
    client = _holding(cast, "admin")
    client.patch(reverse("api_policy"), {"redaction": "mask"}, format="json")
    score = {"name": "csat", "value": 1, "trace_id": "t1", "explanation": "write joe.smith@leak-corp.org"}
    told = client.post(reverse("api_scores"), score, format="json")
    assert told.status_code == 201
    assert "leak-corp" not in told.content.decode()
