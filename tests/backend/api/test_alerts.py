"""Alerts by API: all of the project read and answer them, keys by their scope, strangers see nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.alerts import watch
from analytics.alerts.changes import Change
from backend.alerts.models import Alert, Channel, Delivery, Rule
from backend.topics.models import EmergingTopic, TopicFit
from tests.backend.api.conftest import holding, signed_in_api
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

HOUR = timedelta(hours=1)
END = timezone.now().replace(minute=0, second=0, microsecond=0)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(cast: Cast) -> Rule:
    """A rule with a name that wants to be markup."""
    return Rule.objects.create(project=cast.project, name=HOSTILE, metric="error_rate")


def made(rule: Rule, hours: int = 5, **fields: Any) -> Alert:
    """An alert that began so many hours ago and goes on."""
    return Alert.objects.create(
        **{
            "rule": rule, "kind": "rise", "started_at": END - hours * HOUR, "told_at": END - (hours - 2) * HOUR,
            "last_at": END, "strength": 2, "observed": 0.2, "expected": 0.05, "size": 400, **fields,
        }
    )  # fmt: skip


@pytest.fixture
def alert(rule: Rule) -> Alert:
    """An alert that goes on."""
    return made(rule)


CALLS = [
    ("get", "api_alerts", False, None),
    ("get", "api_alert", True, None),
    ("post", "api_acknowledge_alert", True, None),
    ("post", "api_judge_alert", True, {"verdict": "false", "note": "A load test."}),
]
_NAMES = [call[1] for call in CALLS]


def _call(client: APIClient, call: Any, alert: Alert, project: str = "") -> Any:
    method, name, has_number, body = call
    url = reverse(name, args=[alert.pk] if has_number else []) + (f"?project={project}" if project else "")
    return getattr(client, method)(url, body, format="json") if body else getattr(client, method)(url)


@pytest.mark.parametrize("call", CALLS, ids=_NAMES)
def test_owners_and_members_may_and_strangers_learn_nothing(cast: Cast, alert: Alert, call: Any) -> None:
    """A stranger gets the answer of a project that does not exist, also when asking in the own one."""
    assert _call(APIClient(), call, alert, "acme").status_code == 401
    assert _call(signed_in_api(cast.stranger), call, alert, "acme").status_code == 404
    foreign = holding(cast.stranger.memberships.get().project, "admin")
    told = _call(foreign, call, alert)
    assert told.status_code == 404 if call[2] else told.json() == {"alerts": [], "next": ""}
    alert.refresh_from_db()
    assert (alert.acknowledged_at, alert.verdict) == (None, "")
    for person in (cast.owner, cast.member):
        assert _call(signed_in_api(person), call, alert, "acme").status_code == 200


@pytest.mark.parametrize("call", CALLS, ids=_NAMES)
def test_keys_need_read_to_read_and_admin_to_answer(cast: Cast, alert: Alert, call: Any) -> None:
    """What a key answers is nobody's."""
    for scopes, may in ((["ingest"], False), (["read"], call[0] == "get"), (["admin"], True)):
        assert _call(holding(cast.project, *scopes), call, alert).status_code == (200 if may else 403)
    alert.refresh_from_db()
    assert alert.acknowledged_by is None
    assert bool(alert.acknowledged_at) == (call[0] == "post")


def test_an_alert_is_told_with_its_messages(cast: Cast, alert: Alert, channel: Channel) -> None:
    """As pages and webhooks tell it; the channel's address and secret stay where they are."""
    Delivery.objects.create(alert=alert, channel=channel, event="opened", next_at=END, attempts=2, error="answered 500")
    answer = holding(cast.project, "read").get(reverse("api_alert", args=[alert.pk]))
    told = answer.json()
    assert told["rule"] == {"id": alert.rule_id, "name": HOSTILE, "metric": "error_rate", "target": ""}
    assert told["title"] == "Error rate above what is usual"
    assert told["text"].startswith("20.0 % where 5.0 % were to be expected, ×4, over 5 hours")
    assert (told["observed"], told["expected"], told["ended_at"]) == (0.2, 0.05, None)
    assert told["url"].endswith(f"/p/acme/alerts/{alert.pk}")
    (message,) = told["deliveries"]
    assert (message["channel_name"], message["event"], message["state"]) == ("Ops", "opened", "waiting")
    assert (message["attempts"], message["error"]) == (2, "answered 500")
    assert "pa55" not in answer.content.decode()
    assert "s3cret" not in answer.content.decode()


def test_a_new_want_is_told_with_its_name(cast: Cast) -> None:
    """Which comes from users, and is text."""
    fit = TopicFit.objects.create(project=cast.project, state="published")
    want = EmergingTopic.objects.create(
        project=cast.project, fit=fit, centre=b"", radius=0.5, name=HOSTILE, conversations=14, users=9, wordings=12,
        examples=[{"conversation_id": "c1", "text": HOSTILE}], expected=0.4, p_value=1e-8, level=1e-4,
        first_at=END - 5 * HOUR,
    )  # fmt: skip
    rule = Rule.objects.create(project=cast.project, name="New wants", metric="emerging")
    alert = made(rule, kind="emerging", emerging=want)
    told = holding(cast.project, "read").get(reverse("api_alert", args=[alert.pk])).json()
    assert told["emerging_topic"] == {"id": want.pk, "name": HOSTILE}
    assert "12 different wordings by 9 users" in told["text"]


def test_alerts_are_found_by_what_they_are(cast: Cast, rule: Rule) -> None:
    """Each filter alone and with others; the newest are first."""
    other = Rule.objects.create(project=cast.project, name="Traffic", metric="volume")
    a = made(rule, 50, ended_at=END - 40 * HOUR, verdict="false", acknowledged_at=END)
    b = made(rule, 20, kind="fall", ended_at=END - 10 * HOUR, acknowledged_at=END)
    c, d = made(rule, 5), made(other, 4, kind="silence")
    client = holding(cast.project, "read")
    for query, found in [
        ({}, [d, c, b, a]),
        ({"state": "open"}, [d, c]),
        ({"state": "ended"}, [b, a]),
        ({"rule": other.pk}, [d]),
        ({"metric": "error_rate", "kind": "fall"}, [b]),
        ({"verdict": "false"}, [a]),
        ({"is_acknowledged": "false"}, [d, c]),
        ({"is_acknowledged": "true", "state": "ended", "kind": "rise"}, [a]),
        ({"start": (END - 18 * HOUR).isoformat()}, [d, c, b]),
        ({"start": (END - 48 * HOUR).isoformat(), "end": (END - 18 * HOUR).isoformat()}, [a]),
        ({"rule": 10**15}, []),
    ]:
        told = client.get(reverse("api_alerts"), query).json()["alerts"]
        assert [one["id"] for one in told] == [one.pk for one in found], query


def test_pages_follow_each_other_and_end(cast: Cast, rule: Rule) -> None:
    """Nothing twice, nothing left out, also when one comes in between."""
    every = [made(rule, hours).pk for hours in range(10, 5, -1)]
    client, cursor, seen = holding(cast.project, "read"), "", []
    for at in range(3):
        told = client.get(reverse("api_alerts"), {"limit": 2, "cursor": cursor, "state": "open"}).json()
        seen += [one["id"] for one in told["alerts"]]
        cursor = told["next"]
        if at == 0:
            made(rule, 3)
    assert (seen, cursor) == (every[::-1], "")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"state": "closed"}, "state"),
        ({"rule": "x"}, "rule"),
        ({"metric": "vibes"}, "metric"),
        ({"kind": HOSTILE}, "kind"),
        ({"verdict": "maybe"}, "verdict"),
        ({"is_acknowledged": "maybe"}, "is_acknowledged"),
        ({"start": "yesterday"}, "start"),
        ({"start": "2026-01-02", "end": "2026-01-01T00:00:00Z"}, "start"),
        ({"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "end must be after start"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "٣"}, "cursor"),
        ({"cursor": "9" * 19}, "cursor"),
        ({"limit": 201}, "limit"),
        ({"limit": 0}, "limit"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(cast: Cast, query: dict[str, Any], said: str) -> None:
    """With the name of what is wrong."""
    answer = holding(cast.project, "read").get(reverse("api_alerts"), query)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_the_first_who_saw_it_stays_named_and_what_is_said_is_replaced(cast: Cast, alert: Alert) -> None:
    """A note stays where none is given, and an empty verdict takes one back."""
    member, owner = signed_in_api(cast.member), signed_in_api(cast.owner)
    seen, judge = (
        reverse(name, args=[alert.pk]) + "?project=acme" for name in ("api_acknowledge_alert", "api_judge_alert")
    )
    told = member.post(seen).json()
    assert (told["acknowledged_by"], told["verdict"]) == (cast.member.email, "")
    for body, verdict, note in [
        ({"verdict": "real", "note": HOSTILE}, "real", HOSTILE),
        ({"verdict": "expected"}, "expected", HOSTILE),
        ({"verdict": "", "note": ""}, "", ""),
    ]:
        told = owner.post(judge, body, format="json").json()
        assert (told["verdict"], told["note"], told["acknowledged_by"]) == (verdict, note, cast.member.email)


@pytest.mark.parametrize(
    "body", [{}, {"verdict": "maybe"}, {"verdict": None}, {"verdict": "real", "note": "n" * 2001}, [], "real"]
)
def test_a_verdict_that_cannot_be_read_changes_nothing(cast: Cast, alert: Alert, body: Any) -> None:
    """It does not acknowledge either."""
    client = holding(cast.project, "admin")
    assert client.post(reverse("api_judge_alert", args=[alert.pk]), body, format="json").status_code == 400
    alert.refresh_from_db()
    assert (alert.verdict, alert.acknowledged_at) == ("", None)


def test_numbers_that_are_none_are_not_there(cast: Cast) -> None:
    """However large, and with every method."""
    client = holding(cast.project, "admin")
    for number in (77, 10**30):
        assert client.get(f"/api/v1/alerts/{number}").json()["error"]["code"] == "not_found"
        assert client.post(f"/api/v1/alerts/{number}/acknowledge").status_code == 404
    assert client.delete("/api/v1/alerts/77").status_code == 405


def test_what_is_said_outlives_a_look_that_began_before(cast: Cast, alert: Alert) -> None:
    """The engine writes figures, people write answers; neither undoes the other."""
    stale = Alert.objects.get(pk=alert.pk)
    holding(cast.project, "admin").post(reverse("api_judge_alert", args=[alert.pk]), {"verdict": "real"}, format="json")
    change = Change("rise", alert.started_at, alert.told_at, END, False, 3.0, 1e-6, 0.3, 0.05, 500)
    watch._go_on(stale, [change], END, timezone.now())
    alert.refresh_from_db()
    assert (alert.verdict, alert.observed, alert.acknowledged_at is None) == ("real", 0.3, False)
