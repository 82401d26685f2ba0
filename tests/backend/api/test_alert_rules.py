"""Alert rules by API: members make and change them as on the page, keys that administer too, strangers see nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.alerts import rules
from backend.alerts.models import Alert, Channel, Rule
from backend.projects.models import Project
from backend.topics.models import EmergingTopic, TopicFit
from tests.analytics.alerts.conftest import HOUR, History, history
from tests.backend.api.conftest import holding, signed_in_api
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

__all__ = ["history"]

pytestmark = pytest.mark.usefixtures("store")
BODY = {"metric": "error_rate", "name": "Errors", "environment": "production", "min_effect": 0.5}


@pytest.fixture
def rule(cast: Cast) -> Rule:
    """A rule with names that want to be markup."""
    return Rule.objects.create(project=cast.project, name=HOSTILE, metric="volume", model=HOSTILE)


@pytest.fixture
def elsewhere(cast: Cast) -> Project:
    """The stranger's project."""
    return cast.stranger.memberships.get().project


CALLS: list[tuple[str, str, list[str], dict[str, Any] | None, int]] = [
    ("get", "api_alert_rules", [], None, 200),
    ("get", "api_alert_rule", ["RULE"], None, 200),
    ("get", "api_preview_alert_rule", ["RULE"], None, 200),
    ("post", "api_try_alert_rule", [], BODY, 200),
    ("post", "api_alert_rules", [], BODY, 201),
    ("post", "api_usual_alert_rules", [], None, 201),
    ("patch", "api_alert_rule", ["RULE"], {"direction": "rise"}, 200),
    ("post", "api_switch_alert_rule", ["RULE"], {"is_enabled": False}, 200),
    ("delete", "api_alert_rule", ["RULE"], None, 204),
]
_READS = 4
"""Calls, the first of these, for which a key needs `read` alone."""


def _call(client: APIClient, call: tuple[str, str, list[str], Any, int], rule: Rule, project: str = "") -> Any:
    method, name, arguments, body, _ = call
    url = reverse(name, args=[rule.pk for _ in arguments]) + (f"?project={project}" if project else "")
    return getattr(client, method)(url, body, format="json") if body else getattr(client, method)(url)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]}")
def test_owners_and_members_may_and_strangers_learn_nothing(cast: Cast, rule: Rule, call: Any) -> None:
    """It is their product; a stranger gets the answer of a project that does not exist, nobody a 401."""
    assert _call(APIClient(), call, rule, "acme").status_code == 401
    assert _call(signed_in_api(cast.stranger), call, rule, "acme").status_code == 404
    if call[2]:
        assert _call(signed_in_api(cast.stranger), call, rule, "elsewhere").status_code == 404
        foreign = holding(cast.stranger.memberships.get().project, "admin")
        assert _call(foreign, call, rule).status_code == 404
    rule.refresh_from_db()
    assert (Rule.objects.count(), rule.is_enabled, rule.direction) == (1, True, "both")
    for person in (cast.owner, cast.member):
        pk = rule.pk
        answer = _call(signed_in_api(person), call, rule, "acme")
        assert answer.status_code == call[4]
        if call[0] == "delete":
            rule.pk = pk
            rule.save()


@pytest.mark.parametrize("at", range(len(CALLS)), ids=lambda at: f"{CALLS[at][0]} {CALLS[at][1]}")
def test_keys_need_read_to_read_and_admin_to_change(cast: Cast, rule: Rule, at: int) -> None:
    """Trying a rule changes nothing; the answer of a key without the scope names it."""
    call = CALLS[at]
    for scopes, may in ((["ingest"], False), (["ingest", "read"], at < _READS), (["admin"], True)):
        client = holding(cast.project, *scopes)
        answer = _call(client, call, rule)
        assert answer.status_code == (call[4] if may else 403)
        assert may or ("`read`" if at < _READS else "`admin`") in answer.json()["error"]["message"]


def test_a_rule_is_made_read_changed_and_removed(cast: Cast, channel: Channel) -> None:
    """What is not named has the page's defaults when made and stays when changed; it begins anew."""
    client = signed_in_api(cast.member)
    made = client.post(reverse("api_alert_rules") + "?project=acme", {"metric": "volume"}, format="json").json()
    url = reverse("api_alert_rule", args=[made["id"]]) + "?project=acme"
    assert client.get(url).json() == made
    expected = {
        "name": "Turns", "subject": "Turns", "target": "", "topic": None, "environment": "", "model": "",
        "direction": "both", "min_effect": 0.25, "silence_hours": 6, "repeat_hours": 24, "channels": [],
        "is_enabled": True, "created_by": cast.member.email, "judged_until": None, "standing": "", "metric": "volume",
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected
    Rule.objects.update(judged_until=timezone.now())
    told = client.patch(url, {"metric": "flag_rate", "target": "refusal", "channels": [channel.pk]}, format="json")
    assert told.json()["subject"] == "Flag rate of refusal"
    assert told.json()["judged_until"] is None
    told = client.patch(url, {"name": "Refusals", "topic": None}, format="json")
    assert [told.json()[name] for name in ("name", "target", "channels")] == ["Refusals", "refusal", [channel.pk]]
    assert client.patch(url, {"metric": "cost", "channels": []}, format="json").json()["target"] == ""
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_a_rule_of_a_key_has_no_author(cast: Cast) -> None:
    """And needs no `project`."""
    client = holding(cast.project, "admin")
    assert client.post(reverse("api_alert_rules"), BODY, format="json").json()["created_by"] is None


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "metric", "required"),
        ({"metric": "vibes"}, "metric", "not a valid choice"),
        ({"metric": ["volume"]}, "metric", "not a valid choice"),
        ({"metric": "volume", "direction": "sideways"}, "direction", "not a valid choice"),
        ({"metric": "score"}, "target", "Name the score to watch."),
        ({"metric": "flag_rate", "target": "nosuch"}, "target", "There is no such detector"),
        ({"metric": "topic_share"}, "topic", "Choose the topic"),
        ({"metric": "volume", "topic": 77}, "topic", "There is no topic 77."),
        ({"metric": "volume", "topic": 10**30}, "topic", "less than or equal"),
        ({"metric": "volume", "topic": "x"}, "topic", "integer"),
        ({"metric": "volume", "min_effect": "nan"}, "min_effect", "number"),
        ({"metric": "volume", "min_effect": 0.01}, "min_effect", "0.05"),
        ({"metric": "volume", "min_effect": 11}, "min_effect", "10"),
        ({"metric": "volume", "silence_hours": 9999}, "silence_hours", "720"),
        ({"metric": "volume", "repeat_hours": -1}, "repeat_hours", "0"),
        ({"metric": "volume", "model": "m" * 201}, "model", "200"),
        ({"metric": "volume", "name": "a\x00b"}, "name", "Null"),
        ({"metric": "volume", "name": {"$ne": 1}}, "name", "valid string"),
        ({"metric": "volume", "channels": [10**30]}, "channels", "There is no channel"),
        ({"metric": "volume", "channels": "all"}, "channels", "list"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(cast: Cast, body: dict[str, Any], field: str, said: str) -> None:
    """Also when it is only to be tried; nothing is kept."""
    client = holding(cast.project, "admin")
    for name in ("api_alert_rules", "api_try_alert_rule"):
        answer = client.post(reverse(name), body, format="json")
        assert answer.status_code == 400
        assert said in str(answer.json()["error"]["fields"][field])
    assert not Rule.objects.exists()


@pytest.mark.parametrize("body", [[], "rule", None, {"is_enabled": "perhaps"}, {}])
def test_a_switch_must_say_which_way(cast: Cast, rule: Rule, body: Any) -> None:
    """A body that is no object is refused as well."""
    client = holding(cast.project, "admin")
    answer = client.post(reverse("api_switch_alert_rule", args=[rule.pk]), body, format="json")
    assert answer.status_code == 400
    assert Rule.objects.get().is_enabled


def test_foreign_channels_and_rules_are_not_there(cast: Cast, rule: Rule, channel: Channel, elsewhere: Project) -> None:
    """Their number is not enough, however large."""
    client = holding(elsewhere, "admin")
    answer = client.post(reverse("api_alert_rules"), {"metric": "volume", "channels": [channel.pk]}, format="json")
    assert answer.status_code == 400
    assert client.get(reverse("api_alert_rules")).json() == {"rules": []}
    assert client.get(f"/api/v1/alert-rules/{10**30}").status_code == 404
    assert client.get(f"/api/v1/alert-rules/{rule.pk}").json()["error"]["code"] == "not_found"


def test_text_that_wants_to_be_markup_comes_back_as_it_is(cast: Cast, rule: Rule) -> None:
    """As JSON, which no browser draws."""
    answer = signed_in_api(cast.member).get(reverse("api_alert_rules") + "?project=acme")
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    (told,) = answer.json()["rules"]
    assert (told["name"], told["model"]) == (HOSTILE, HOSTILE)


def test_switching_on_begins_anew_and_twice_is_once(cast: Cast, rule: Rule) -> None:
    """It does not tell of what happened while it was off."""
    judged = timezone.now()
    Rule.objects.update(judged_until=judged)
    client = holding(cast.project, "admin")
    url = reverse("api_switch_alert_rule", args=[rule.pk])
    for is_enabled, until in ((True, judged), (False, judged), (False, judged), (True, None)):
        told = client.post(url, {"is_enabled": is_enabled}, format="json").json()
        rule.refresh_from_db()
        assert (told["is_enabled"], rule.is_enabled, rule.judged_until) == (is_enabled, is_enabled, until)


def test_the_usual_rules_are_made_once(cast: Cast, channel: Channel) -> None:
    """Told to every channel; the second answer lists nothing."""
    client = holding(cast.project, "admin")
    made = client.post(reverse("api_usual_alert_rules")).json()["rules"]
    assert len(made) == 6
    assert all(one["channels"] == [channel.pk] for one in made)
    assert client.post(reverse("api_usual_alert_rules")).json() == {"rules": []}


def test_a_project_has_so_many_rules(cast: Cast, rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs a look every hour."""
    monkeypatch.setattr(rules, "MOST_RULES", 1)
    client = holding(cast.project, "admin")
    answer = client.post(reverse("api_alert_rules"), BODY, format="json")
    assert answer.status_code == 400
    assert "at most 1 alert rules" in answer.json()["error"]["message"]
    assert client.patch(reverse("api_alert_rule", args=[rule.pk]), {"name": "n"}, format="json").status_code == 200


def test_a_rule_is_tried_on_history_saved_or_not(cast: Cast, rule: Rule, history: History) -> None:
    """A doubling of the last hours is told, unless only falls are watched; nothing is kept."""
    end = timezone.now().replace(minute=0, second=0, microsecond=0) - HOUR
    history(days=24, hourly=20, factor=3, changed=10, end=end)
    client = holding(cast.project, "read")
    Rule.objects.update(model="")
    saved = client.get(reverse("api_preview_alert_rule", args=[rule.pk])).json()
    tried = client.post(reverse("api_try_alert_rule"), {"metric": "volume"}, format="json").json()
    assert saved == tried
    told = tried["told"][0]
    assert (told["kind"], tried["standing"], tried["wants"]) == ("rise", "", [])
    assert told["observed"] > 2 * told["expected"]
    assert told["strength"] >= 1
    assert 1 < tried["weeks"] <= 4
    falls = client.post(reverse("api_try_alert_rule"), {"metric": "volume", "direction": "fall"}, format="json").json()
    assert "rise" not in [one["kind"] for one in falls["told"]]
    assert falls["held_back"] >= 1
    assert (Rule.objects.count(), Alert.objects.count()) == (1, 0)


def test_too_little_history_is_said(cast: Cast, rule: Rule) -> None:
    """A new project is told what is missing."""
    client = holding(cast.project, "read")
    told = client.get(reverse("api_preview_alert_rule", args=[rule.pk])).json()
    assert "needs 10 days of history" in told["standing"]
    assert (told["told"], told["weeks"]) == ([], 0)


def test_a_rule_on_emerging_topics_is_tried_on_what_was_announced(cast: Cast) -> None:
    """Slices do not count for it; names come as they are."""
    fit = TopicFit.objects.create(project=cast.project, state="published")
    EmergingTopic.objects.create(
        project=cast.project, fit=fit, centre=b"", radius=0.5, name=HOSTILE, conversations=14, users=9, wordings=12,
        examples=[], expected=0.4, p_value=1e-8, level=1e-4, first_at=timezone.now() - timedelta(hours=5),
    )  # fmt: skip
    client = holding(cast.project, "read")
    body = {"metric": "emerging", "topic": 77, "environment": "production", "target": "refusal"}
    told = client.post(reverse("api_try_alert_rule"), body, format="json").json()
    (want,) = told["wants"]
    assert (want["name"], want["wordings"], want["users"], told["told"]) == (HOSTILE, 12, 9, [])
