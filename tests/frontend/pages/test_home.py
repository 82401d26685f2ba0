"""Where a visit starts, who gets in, and where the palette leads."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from backend.projects.models import Membership, Project
from backend.store.client import Store
from frontend.pages.sign_in import TRIES
from tests.conftest import PASSWORD, Cast

PAGES = ["overview", "palette", "setup", "settings"]


@pytest.mark.parametrize("name", PAGES)
def test_members_see_the_page_and_strangers_learn_nothing(store: Store, cast: Cast, name: str) -> None:
    """A project of others and one that does not exist answer alike."""
    for person in (cast.owner, cast.member):
        assert _signed_in(person).get(reverse(name, args=["acme"])).status_code == 200
    stranger = _signed_in(cast.stranger)
    there, nowhere = (stranger.get(reverse(name, args=[slug])) for slug in ("acme", "no-such-project"))
    assert there.status_code == nowhere.status_code == 404
    assert _without_tokens(there, "acme") == _without_tokens(nowhere, "no-such-project")
    nobody = Client().get(reverse(name, args=["acme"]))
    assert nobody.status_code == 302
    assert nobody["Location"].startswith("/sign-in")


def test_home_opens_the_project_that_was_open_last(store: Store, cast: Cast) -> None:
    """And the first one before that."""
    other = Project.objects.create(name="Zebra", slug="zebra")
    Membership.objects.create(project=other, user=cast.member)
    client = _signed_in(cast.member)
    assert client.get("/")["Location"] == "/p/acme/"
    client.get("/p/zebra/")
    assert client.get("/")["Location"] == "/p/zebra/"


def test_who_belongs_nowhere_is_told_whom_to_ask(store: Store, cast: Cast) -> None:
    """Not an error: an owner can mend it."""
    Membership.objects.filter(user=cast.stranger).delete()
    answer = _signed_in(cast.stranger).get("/")
    assert answer.status_code == 200
    assert "Ask an owner" in answer.content.decode()


def test_the_palette_names_pages_and_searches(store: Store, cast: Cast) -> None:
    """What was typed becomes a search of traces, quoted for the address."""
    found = _signed_in(cast.member).get(reverse("palette", args=["acme"]), {"q": "a&b trac"}).json()["groups"]
    search = next(group for group in found if group["title"] == "Search")["items"][0]
    assert search["href"] == "/p/acme/traces?q=a%26b+trac"
    pages = _signed_in(cast.member).get(reverse("palette", args=["acme"]), {"q": "over"}).json()["groups"][0]["items"]
    assert [item["label"] for item in pages] == ["Overview"]


def test_the_palette_of_a_member_lists_only_her_projects(store: Store, cast: Cast) -> None:
    """Names of others' projects are no secret to find here."""
    groups = _signed_in(cast.member).get(reverse("palette", args=["acme"]), {"q": "else"}).json()["groups"]
    assert not next(group for group in groups if group["title"] == "Projects")["items"]


def test_ten_wrong_passwords_make_an_address_wait(db: None, cast: Cast) -> None:
    """Also the right one is refused until the five minutes are over, and other addresses are not."""
    cache.clear()
    client = Client()
    for _ in range(TRIES):
        client.post("/sign-in", {"username": "owner@example.com", "password": "guess"})
    right = client.post("/sign-in", {"username": "OWNER@example.com", "password": PASSWORD})
    assert right.status_code == 200
    assert "Too many tries" in right.content.decode()
    other = client.post("/sign-in", {"username": "member@example.com", "password": PASSWORD})
    assert other.status_code == 302
    cache.clear()


def test_signing_out_asks_for_a_post(db: None, cast: Cast) -> None:
    """A picture in a foreign page cannot end a visit."""
    assert _signed_in(cast.owner).get("/sign-out").status_code == 405


def test_pages_carry_the_policy(store: Store, cast: Cast) -> None:
    """No foreign script, style or frame."""
    policy = _signed_in(cast.owner).get("/p/acme/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("query", ["range=9y", "from=yesterday", "from=2026-01-02&to=2026-01-01"])
def test_a_range_that_cannot_be_is_a_page_that_says_so(store: Store, cast: Cast, query: str) -> None:
    """With the frame around it, so that one can choose another."""
    answer = _signed_in(cast.member).get(f"/p/acme/?{query}")
    assert answer.status_code == 400
    assert "That address cannot be read" in answer.content.decode()


def _without_tokens(answer: HttpResponse, slug: str) -> str:
    """Each answer carries a token of its own."""
    return re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode()).replace(slug, "")


def _signed_in(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client
