"""Channels by API: owners and keys that administer decide; addresses and secrets are taken and never told again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from rest_framework.test import APIClient

from analytics.alerts import channels, targets
from backend.alerts.models import Channel
from tests.backend.api.conftest import holding, signed_in_api
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

pytestmark = pytest.mark.django_db
NEW = {"kind": "email", "target": "ops@example.com", "name": "Mail"}
CALLS = [
    ("get", "api_alert_channels", False, None, 200),
    ("get", "api_alert_channel", True, None, 200),
    ("post", "api_alert_channels", False, NEW, 201),
    ("patch", "api_alert_channel", True, {"name": "Night"}, 200),
    ("post", "api_rotate_alert_channel", True, None, 200),
    ("post", "api_test_alert_channel", True, None, 200),
    ("delete", "api_alert_channel", True, None, 204),
]
_NAMES = [f"{call[0]} {call[1]}" for call in CALLS]


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that something was posted to."""
    found: list[str] = []
    monkeypatch.setattr(targets, "post", lambda url, body, headers: found.append(url))
    return found


def _call(client: APIClient, call: Any, channel: Channel, project: str = "") -> Any:
    method, name, has_number, body, _ = call
    url = reverse(name, args=[channel.pk] if has_number else []) + (f"?project={project}" if project else "")
    return getattr(client, method)(url, body, format="json") if body else getattr(client, method)(url)


@pytest.mark.parametrize("call", CALLS, ids=_NAMES)
def test_members_look_owners_decide_strangers_learn_nothing(
    cast: Cast, channel: Channel, posted: list[str], call: Any
) -> None:
    """And nothing is sent or changed for those who may not."""
    foreign = holding(cast.stranger.memberships.get().project, "admin")
    assert _call(APIClient(), call, channel, "acme").status_code == 401
    assert _call(signed_in_api(cast.stranger), call, channel, "acme").status_code == 404
    if call[2]:
        assert _call(foreign, call, channel).status_code == 404
    member = _call(signed_in_api(cast.member), call, channel, "acme")
    assert member.status_code == (200 if call[0] == "get" else 403)
    kept = Channel.objects.get(project=cast.project)
    assert (kept.name, kept.signing_secret, posted) == ("Ops", "s3cret", [])
    owner = _call(signed_in_api(cast.owner), call, channel, "acme")
    assert owner.status_code == call[4]
    for answer in (member, owner):
        assert "pa55" not in answer.content.decode()
        assert "s3cret" not in answer.content.decode()


@pytest.mark.parametrize("call", CALLS, ids=_NAMES)
def test_keys_need_read_to_look_and_admin_to_decide(cast: Cast, channel: Channel, posted: list[str], call: Any) -> None:
    """As persons need to be owners."""
    for scopes, may in ((["ingest"], False), (["read"], call[0] == "get"), (["admin"], True)):
        assert _call(holding(cast.project, *scopes), call, channel).status_code == (call[4] if may else 403)


def test_the_secret_of_a_webhook_is_told_once(cast: Cast) -> None:
    """When it is made, and when it is rotated; not to be kept on the way."""
    client = holding(cast.project, "admin")
    body = {"kind": "webhook", "target": "https://hooks.example.com/T0/pa55"}
    answer = client.post(reverse("api_alert_channels"), body, format="json")
    made = answer.json()
    row = Channel.objects.get()
    assert (made["name"], made["place"], made["signing_secret"]) == ("Webhook", "hooks.example.com", row.signing_secret)
    assert len(row.signing_secret) >= 40
    assert answer["Cache-Control"] == "no-store"
    for url in (reverse("api_alert_channels"), reverse("api_alert_channel", args=[row.pk])):
        assert row.signing_secret not in client.get(url).content.decode()
        assert "pa55" not in client.get(url).content.decode()
    rotated = client.post(reverse("api_rotate_alert_channel", args=[row.pk]))
    assert rotated["Cache-Control"] == "no-store"
    assert rotated.json()["signing_secret"] not in {"", row.signing_secret}
    assert Channel.objects.get().signing_secret == rotated.json()["signing_secret"]


def test_only_webhooks_have_a_secret(cast: Cast) -> None:
    """Rotating another says so."""
    client = holding(cast.project, "admin")
    made = client.post(reverse("api_alert_channels"), NEW, format="json").json()
    assert (made["signing_secret"], made["place"]) == ("", "example.com")
    answer = client.post(reverse("api_rotate_alert_channel", args=[made["id"]]))
    assert answer.status_code == 400
    assert "only messages to a webhook are signed" in answer.json()["error"]["message"]


def test_the_place_is_for_those_who_decide(cast: Cast, channel: Channel) -> None:
    """Members see that a channel is there and whether it works."""
    url = reverse("api_alert_channels") + "?project=acme"
    for person, place in ((cast.owner, "hooks.example.com"), (cast.member, None)):
        (told,) = signed_in_api(person).get(url).json()["channels"]
        assert (told["name"], told["kind"], told["place"], told["last_error"]) == ("Ops", "webhook", place, "")
    assert holding(cast.project, "read").get(reverse("api_alert_channels")).json()["channels"][0]["place"] is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "fax", "target": "x"}, "kind"),
        ({"kind": "email"}, "target"),
        ({"kind": "email", "target": ""}, "target"),
        ({"kind": "email", "target": "nobody"}, "no e-mail address"),
        ({"kind": "email", "target": "a@example.com\nBcc: b@example.com"}, "cannot be printed"),
        ({"kind": "webhook", "target": "http://example.com"}, "must begin with https://"),
        ({"kind": "webhook", "target": "file:///etc/passwd"}, "no web address"),
        ({"kind": "webhook", "target": "https://exa\tmple.com/\r\nX: y"}, "cannot be printed"),
        ({"kind": "webhook", "target": "https://[::1"}, "no web address"),
        ({"kind": "slack", "target": "https://u:p@example.com"}, "user name or password"),
        ({"kind": "slack", "target": "https://example.com/" + "a" * 2000}, "2000"),
        ({"kind": "slack", "target": ["https://example.com"]}, "target"),
        ({"kind": "email", "target": "a@example.com", "name": "n" * 121}, "120"),
        ({"kind": "email", "target": "a@example.com", "name": "a\x00"}, "name"),
        ([], "dictionary"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(cast: Cast, body: Any, said: str) -> None:
    """With the reason; nothing is kept."""
    answer = holding(cast.project, "admin").post(reverse("api_alert_channels"), body, format="json")
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Channel.objects.exists()


def test_a_change_keeps_what_it_does_not_name(cast: Cast, channel: Channel) -> None:
    """The kind stays, so a webhook does not become a mail; another address clears the old one's failure."""
    Channel.objects.update(last_error="hooks.example.com answered 503")
    client, url = holding(cast.project, "admin"), reverse("api_alert_channel", args=[channel.pk])
    assert client.patch(url, {"name": HOSTILE}, format="json").json()["name"] == HOSTILE
    for body, said in [
        ({"target": "ops@example.com"}, "no web address"),
        ({"target": ""}, "target"),
        ({"target": None}, "target"),
        ({"name": "n" * 121}, "120"),
    ]:
        answer = client.patch(url, body, format="json")
        assert answer.status_code == 400
        assert said in answer.content.decode()
    channel.refresh_from_db()
    assert channel.last_error
    told = client.patch(url, {"target": "https://other.example.org/x", "kind": "email"}, format="json").json()
    assert (told["place"], told["kind"], told["last_error"]) == ("other.example.org", "webhook", "")
    channel.refresh_from_db()
    assert (channel.target, channel.signing_secret) == ("https://other.example.org/x", "s3cret")


def test_a_test_message_says_what_came_of_it(
    cast: Cast, channel: Channel, posted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nothing did."""
    client, url = holding(cast.project, "admin"), reverse("api_test_alert_channel", args=[channel.pk])
    assert client.post(url).json() == {"is_delivered": True, "error": ""}
    assert posted == [channel.target]

    def refuse(url: str, body: bytes, headers: dict[str, str]) -> None:
        raise targets.Refused("hooks.example.com answered 503")

    monkeypatch.setattr(targets, "post", refuse)
    assert client.post(url).json() == {"is_delivered": False, "error": "hooks.example.com answered 503"}
    made = client.post(reverse("api_alert_channels"), {**NEW, "name": "a\nBcc: x"}, format="json").json()
    assert client.post(reverse("api_test_alert_channel", args=[made["id"]])).json()["is_delivered"]
    assert mail.outbox[0].to == ["ops@example.com"]


def test_a_test_message_does_not_go_into_the_own_network(cast: Cast, channel: Channel) -> None:
    """Where an address points is looked at when it is sent to."""
    Channel.objects.update(target="https://127.0.0.1:1/")
    told = holding(cast.project, "admin").post(reverse("api_test_alert_channel", args=[channel.pk])).json()
    assert not told["is_delivered"]
    assert "private network" in told["error"]


def test_a_project_has_so_many_channels(cast: Cast, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of the page."""
    monkeypatch.setattr(channels, "MOST", 1)
    answer = holding(cast.project, "admin").post(reverse("api_alert_channels"), NEW, format="json")
    assert answer.status_code == 400
    assert "at most 1 channels" in answer.json()["error"]["message"]


def test_numbers_that_are_none_are_not_there(cast: Cast) -> None:
    """However large."""
    client = holding(cast.project, "admin")
    for number in (77, 10**30):
        assert client.get(f"/api/v1/alert-channels/{number}").json()["error"]["code"] == "not_found"
        assert client.post(f"/api/v1/alert-channels/{number}/test").status_code == 404
