"""Keys on the page of settings: made for a purpose, rotated with both good for a while, ended at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.arrivals.models import Arrival
from backend.projects.models import ApiKey
from tests.conftest import Cast

pytestmark = pytest.mark.usefixtures("store")
SignIn = Callable[[User], Client]


def _secret(text: str) -> str:
    found = re.search(r"sk-assay-[\w-]+", text)
    assert found
    return found[0]


def test_a_minted_secret_is_shown_once_and_works(cast: Cast, signed_in: SignIn) -> None:
    """Only its digest is kept."""
    answer = signed_in(cast.owner).post("/p/acme/settings/keys", {"name": "worker"})
    secret = _secret(answer.content.decode())
    assert answer["Cache-Control"] == "no-store"
    key = ApiKey.objects.by_secret(secret)
    assert key is not None
    assert (key.name, key.project) == ("worker", cast.project)
    assert secret not in signed_in(cast.owner).get("/p/acme/settings").content.decode()
    assert secret not in str(ApiKey.objects.values_list().get(pk=key.pk))


@pytest.mark.parametrize("deed", ["revoke", "rotate"])
def test_a_key_of_another_project_cannot_be_changed(cast: Cast, signed_in: SignIn, deed: str) -> None:
    """Its number is not enough."""
    elsewhere = cast.stranger.memberships.get().project
    key, _ = ApiKey.objects.mint(elsewhere)
    assert signed_in(cast.owner).post(f"/p/acme/settings/keys/{key.pk}/{deed}").status_code == 404
    key.refresh_from_db()
    assert (key.revoked_at, key.expires_at) == (None, None)


@pytest.mark.parametrize(
    ("chosen", "scopes", "words"),
    [
        ("ingest", ["ingest"], "send only"),
        ("read", ["read"], "read only"),
        ("ingest,read", ["ingest", "read"], "send and read"),
        ("admin", ["admin"], "everything"),
        (None, ["ingest", "read"], "send and read"),
    ],
)
def test_a_key_is_made_for_a_purpose(
    cast: Cast, signed_in: SignIn, chosen: str | None, scopes: list[str], words: str
) -> None:
    """It may do what was chosen, and the page says so."""
    form = {"name": "worker"} | ({"scopes": chosen} if chosen else {})
    text = signed_in(cast.owner).post("/p/acme/settings/keys", form).content.decode()
    key = ApiKey.objects.get(name="worker")
    assert key.scopes == scopes
    assert f"It may {words}." in text
    assert f">{words}</td>" in signed_in(cast.member).get("/p/acme/settings").content.decode()


@pytest.mark.parametrize("chosen", ["", "king", "ingest,king"])
def test_an_unknown_scope_makes_no_key(cast: Cast, signed_in: SignIn, chosen: str) -> None:
    """And the page says which there are."""
    answer = signed_in(cast.owner).post("/p/acme/settings/keys", {"scopes": chosen})
    assert answer.status_code == 400
    assert "ingest, read, admin" in answer.content.decode()
    assert ApiKey.objects.filter(project=cast.project).count() == 1


def test_a_rotated_key_works_beside_the_new_one_until_its_end(cast: Cast, signed_in: SignIn) -> None:
    """The page says when; afterwards only the new one is good."""
    old = ApiKey.objects.get(public_key=cast.public_key)
    answer = signed_in(cast.owner).post(f"/p/acme/settings/keys/{old.pk}/rotate", {"overlap_hours": "168"})
    text = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    new = ApiKey.objects.by_secret(_secret(text))
    assert new is not None
    assert (new.name, new.scopes, new.project) == (old.name, old.scopes, old.project)
    assert ApiKey.objects.by_secret(cast.secret) == old
    old.refresh_from_db()
    assert old.expires_at is not None
    assert abs(old.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert f"{cast.public_key} stays good until" in text
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert ApiKey.objects.by_secret(cast.secret) is None
    assert ">ended</span>" in signed_in(cast.member).get("/p/acme/settings").content.decode()


@pytest.mark.parametrize("hours", ["-1", "x", "1.5", "2161", "99999999", "\u0663"])
def test_an_overlap_that_is_none_rotates_nothing(cast: Cast, signed_in: SignIn, hours: str) -> None:
    """The key stays as it was."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    answer = signed_in(cast.owner).post(f"/p/acme/settings/keys/{key.pk}/rotate", {"overlap_hours": hours})
    assert answer.status_code == 400
    key.refresh_from_db()
    assert (key.expires_at, ApiKey.objects.filter(project=cast.project).count()) == (None, 1)


def test_a_key_is_rotated_once(cast: Cast, signed_in: SignIn) -> None:
    """A second time, and after its end, it is refused: the key that took its place can be rotated."""
    owner, key = signed_in(cast.owner), ApiKey.objects.get(public_key=cast.public_key)
    assert owner.post(f"/p/acme/settings/keys/{key.pk}/rotate").status_code == 200
    assert owner.post(f"/p/acme/settings/keys/{key.pk}/rotate").status_code == 400
    assert owner.post(f"/p/acme/settings/keys/{key.pk}/revoke").status_code == 302
    assert owner.post(f"/p/acme/settings/keys/{key.pk}/rotate").status_code == 404
    assert ApiKey.objects.filter(project=cast.project).count() == 2


def test_the_last_use_is_shown(cast: Cast, signed_in: SignIn) -> None:
    """A key nobody uses can be told from one that must not be touched."""
    page = signed_in(cast.member)
    assert ">never</span>" in page.get("/p/acme/settings").content.decode()
    Client().get("/api/v1/status", headers={"authorization": f"Bearer {cast.secret}"})
    assert ">never</span>" not in page.get("/p/acme/settings").content.decode()


def test_the_page_of_a_key_is_for_those_who_belong(cast: Cast, signed_in: SignIn) -> None:
    """Owner and member see it, a stranger and nobody do not, nor does anyone another project's key."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    path = f"/p/acme/settings/keys/{key.pk}"
    owner, member = signed_in(cast.owner).get(path), signed_in(cast.member).get(path)
    assert (owner.status_code, member.status_code) == (200, 200)
    assert "/limits" in owner.content.decode()
    assert "/limits" not in member.content.decode()
    assert signed_in(cast.stranger).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    foreign, _ = ApiKey.objects.mint(cast.stranger.memberships.get().project)
    assert signed_in(cast.owner).get(f"/p/acme/settings/keys/{foreign.pk}").status_code == 404


def test_limits_are_set_and_shown_with_what_came_today(cast: Cast, signed_in: SignIn) -> None:
    """How much of the quota is used, and how many requests were beyond a limit."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    path = f"/p/acme/settings/keys/{key.pk}"
    saved = signed_in(cast.owner).post(f"{path}/limits", {"spans_per_minute": "", "spans_per_day": "5000"})
    assert (saved.status_code, saved["location"]) == (302, path)
    key.refresh_from_db()
    assert (key.spans_per_minute, key.spans_per_day) == (None, 5000)
    shared = {"project": cast.project, "key": key, "day": timezone.now().date(), "last_at": timezone.now()}
    Arrival.objects.create(outcome="accepted", reason="spans", count=1234, **shared)
    Arrival.objects.create(outcome="refused", reason="daily_quota", count=17, **shared)
    Arrival.objects.create(outcome="refused", reason="bad_request", count=99, **shared)
    text = signed_in(cast.member).get(path).content.decode()
    assert "1,234 of 5,000" in text
    assert "<dd>17</dd>" in text
    assert "No limit a minute, 5,000 a day." in text


@pytest.mark.parametrize("value", ["0", "-5", "1.5", "many", "2000000001", "9" * 40, "\u0665"])
def test_a_limit_that_is_none_is_shown_with_its_mistake(cast: Cast, signed_in: SignIn, value: str) -> None:
    """What was typed stays in the form, nothing is saved."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    form = {"spans_per_minute": "100", "spans_per_day": value}
    answer = signed_in(cast.owner).post(f"/p/acme/settings/keys/{key.pk}/limits", form)
    assert answer.status_code == 400
    assert f'value="{value}"' in answer.content.decode()
    assert "from 1 to 2,000,000,000" in answer.content.decode()
    key.refresh_from_db()
    assert (key.spans_per_minute, key.spans_per_day) == (None, None)
