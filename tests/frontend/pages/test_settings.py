"""Owners change keys, let people in and out; members look, strangers see nothing."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.projects.models import ApiKey, Membership, Role
from tests.conftest import Cast

pytestmark = pytest.mark.usefixtures("store")


def _client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _deeds(cast: Cast) -> list[tuple[str, dict[str, str]]]:
    key = ApiKey.objects.get(public_key=cast.public_key)
    return [
        ("/p/acme/settings/keys", {"name": "new"}),
        (f"/p/acme/settings/keys/{key.pk}/rotate", {"overlap_hours": "24"}),
        (f"/p/acme/settings/keys/{key.pk}/limits", {"spans_per_day": "5"}),
        (f"/p/acme/settings/keys/{key.pk}/revoke", {}),
        ("/p/acme/settings/people", {"email": "new@example.com", "role": "member"}),
        (f"/p/acme/settings/people/{cast.member.pk}/remove", {}),
        ("/p/acme/setup", {}),
    ]


@pytest.mark.parametrize("place", range(7))
def test_only_owners_change_anything(cast: Cast, place: int) -> None:
    """A member is told so, a stranger learns nothing, nobody signs in first."""
    path, form = _deeds(cast)[place]
    assert _client(cast.member).post(path, form).status_code == 403
    assert _client(cast.stranger).post(path, form).status_code == 404
    assert Client().post(path, form).status_code == 302
    assert ApiKey.objects.usable().filter(project=cast.project).count() == 1
    assert cast.project.memberships.count() == 2
    assert _client(cast.owner).post(path, form).status_code in {200, 302}


def test_the_set_up_page_fills_in_the_key(cast: Cast) -> None:
    """Every snippet carries it."""
    text = _client(cast.owner).post("/p/acme/setup").content.decode()
    secret = re.search(r"sk-assay-[\w-]+", text)
    assert secret
    assert text.count(secret[0]) >= 5
    assert "YOUR_SECRET_KEY" not in text


def test_somebody_new_gets_a_password_that_is_shown_once(cast: Cast) -> None:
    """She signs in with it; somebody known keeps her own."""
    text = _client(cast.owner).post("/p/acme/settings/people", {"email": "New@example.com", "role": "member"}).content
    password = re.search(r"<code>([\w-]{16})</code>", text.decode())
    assert password
    assert Client().login(username="new@example.com", password=password[1])
    known = _client(cast.owner).post("/p/acme/settings/people", {"email": "stranger@example.com", "role": "owner"})
    assert known.status_code == 302
    assert Membership.objects.get(project=cast.project, user=cast.stranger).role == Role.OWNER


def test_the_last_owner_stays(cast: Cast) -> None:
    """Else nobody could ever let anybody in again."""
    answer = _client(cast.owner).post(f"/p/acme/settings/people/{cast.owner.pk}/remove")
    assert answer.status_code == 400
    assert "last owner" in answer.content.decode()
    demoted = _client(cast.owner).post("/p/acme/settings/people", {"email": "owner@example.com", "role": "member"})
    assert demoted.status_code == 400
    assert Membership.objects.get(project=cast.project, user=cast.owner).role == Role.OWNER


@pytest.mark.parametrize("form", [{"email": "no address"}, {"email": ""}, {"email": "a@example.com", "role": "king"}])
def test_a_person_without_address_or_role_is_refused(cast: Cast, form: dict[str, str]) -> None:
    """And nobody is made."""
    before = User.objects.count()
    assert _client(cast.owner).post("/p/acme/settings/people", form).status_code == 400
    assert User.objects.count() == before


def test_a_member_sees_no_button_that_would_refuse_her(cast: Cast) -> None:
    """Only owners are shown what only owners may do."""
    text = _client(cast.member).get("/p/acme/settings").content.decode()
    assert "Revoke" not in text
    assert "Rotate" not in text
    assert "Make a key" not in text
    assert "Add a person" not in text
