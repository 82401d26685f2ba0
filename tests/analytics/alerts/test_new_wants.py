"""A rule on emerging topics: each want is one alert, told at once and over when a fit has decided on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.core import mail

from analytics.alerts import deliver, new_wants, targets, watch, words
from backend.alerts.models import Alert, Channel, Delivery, Metric, Rule
from backend.projects.models import Project
from backend.store.client import Store
from backend.topics.models import EmergingTopic, Topic, TopicFit
from tests.analytics.alerts.conftest import END, HOUR, NOW, History
from tests.conftest import Cast

NAME = "Strike at the <depot>"


def want(project: Project, found_at: datetime = NOW - HOUR, **fields: Any) -> EmergingTopic:
    """A want that was announced an hour ago."""
    fit, _ = TopicFit.objects.get_or_create(project=project, state="published")
    usual: dict[str, Any] = {
        "centre": b"", "radius": 0.5, "name": NAME,
        "examples": [{"conversation_id": "c1", "text": "Is there a strike?"}],
        "conversations": 14, "users": 9, "wordings": 12, "expected": 0.4, "p_value": 1e-8, "level": 1e-4,
        "first_at": NOW - 5 * HOUR,
    }  # fmt: skip
    made = EmergingTopic.objects.create(project=project, fit=fit, **(usual | fields))
    EmergingTopic.objects.filter(pk=made.pk).update(found_at=found_at)
    made.refresh_from_db()
    return made


@pytest.fixture
def new(cast: Cast, store: Store) -> Rule:
    """A rule on emerging topics that tells a webhook."""
    made = Rule.objects.create(project=cast.project, name="New wants", metric=Metric.EMERGING)
    made.channels.add(
        Channel.objects.create(project=cast.project, name="Ops", kind="webhook", target="https://example.com/hook")
    )
    return made


def test_a_new_want_is_told_once_and_at_once(cast: Cast, new: Rule) -> None:
    """Within the hour, without waiting for its end; looking again tells nothing again."""
    assert watch.watch(cast.project.pk, NOW - 2 * HOUR)["opened"] == 0
    assert watch.due(END - HOUR) == []
    made = want(cast.project)
    assert watch.due(END - HOUR) == [cast.project.pk]
    assert watch.watch(cast.project.pk, NOW) == {"rules": 1, "opened": 1, "ended": 0}
    alert = Alert.objects.get()
    assert (alert.kind, alert.emerging, alert.started_at, alert.told_at) == (
        "emerging", made, made.first_at, made.found_at,
    )  # fmt: skip
    assert (alert.observed, alert.expected, alert.size, alert.ended_at) == (12, 0.4, 14, None)
    assert alert.strength == pytest.approx(2)
    assert watch.watch(cast.project.pk, NOW + HOUR) == {"rules": 1, "opened": 0, "ended": 0}
    assert Delivery.objects.count() == 1


def test_what_becomes_of_it_ends_the_alert_and_is_told(cast: Cast, new: Rule) -> None:
    """With the topic that the next fit made of it, or that it made none."""
    made = want(cast.project)
    watch.watch(cast.project.pk, NOW)
    Topic.objects.create(project=cast.project, number=7, machine_name="Depot strike")
    EmergingTopic.objects.update(became=7)
    assert watch.due(NOW + timedelta(minutes=1)) == [cast.project.pk]
    assert watch.watch(cast.project.pk, NOW + timedelta(minutes=1))["ended"] == 1
    alert = Alert.objects.get()
    assert alert.ended_at == NOW + timedelta(minutes=1)
    assert "It is in the topic “Depot strike” now." in words.account(alert)
    assert list(Delivery.objects.order_by("id").values_list("event", flat=True)) == ["opened", "ended"]
    assert watch.due(NOW + timedelta(minutes=2)) == []
    made.became = 0
    made.save()
    assert "made no topic of it" in words.account(Alert.objects.get())


@pytest.mark.parametrize(
    ("fields", "opened"),
    [
        ({"found_at": NOW - timedelta(hours=20)}, 1),
        ({"found_at": NOW - timedelta(days=2)}, 0),  # nobody wants alerts of last week
        ({"became": 3}, 0),  # nor of what is a topic already
    ],
)
def test_a_new_rule_tells_of_the_last_day(cast: Cast, new: Rule, fields: dict[str, Any], opened: int) -> None:
    """And of what is still open."""
    want(cast.project, **fields)
    assert watch.watch(cast.project.pk, NOW)["opened"] == opened


def test_two_wants_of_one_moment_are_two_alerts(cast: Cast, new: Rule) -> None:
    """They began with the same conversation time, and each is told."""
    want(cast.project)
    want(cast.project, name="Other")
    assert watch.watch(cast.project.pk, NOW)["opened"] == 2


def test_each_rule_and_project_has_its_own(cast: Cast, new: Rule) -> None:
    """A rule that is off tells nothing; another project's want is nobody's business here."""
    elsewhere = cast.stranger.memberships.get().project
    want(elsewhere)
    assert watch.watch(cast.project.pk, NOW)["opened"] == 0
    want(cast.project)
    Rule.objects.update(is_enabled=False)
    assert watch.due(NOW) == []
    assert watch.watch(cast.project.pk, NOW)["opened"] == 0


def test_rules_on_numbers_are_judged_beside_it(cast: Cast, new: Rule, rule: Rule, history: History) -> None:
    """One look serves both."""
    history(factor=2.5, changed=6)
    want(cast.project)
    assert watch.watch(cast.project.pk, NOW) == {"rules": 2, "opened": 2, "ended": 0}
    assert set(Alert.objects.values_list("kind", flat=True)) == {"rise", "emerging"}


def test_the_rule_says_why_it_is_silent(cast: Cast, new: Rule) -> None:
    """Before there are topics there is no new one."""
    watch.watch(cast.project.pk, NOW)
    new.refresh_from_db()
    assert new.standing == "waits until topics are found"
    TopicFit.objects.create(project=cast.project, state="published", measures={"first_impression": True})
    watch.watch(cast.project.pk, NOW + HOUR)
    new.refresh_from_db()
    assert "300 conversations" in new.standing


@pytest.mark.parametrize("kind", ["webhook", "slack", "email"])
def test_every_channel_tells_it_in_words(cast: Cast, new: Rule, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, size, what would be usual, one example, and where to look; a name is text in a chat."""
    sent: list[bytes] = []
    monkeypatch.setattr(targets, "post", lambda url, body, headers: sent.append(body))
    Channel.objects.update(kind=kind, target="ops@example.com" if kind == "email" else "https://example.com/hook")
    made = want(cast.project)
    watch.watch(cast.project.pk, NOW)
    assert deliver.deliver(NOW) == {"sent": 1, "waiting": 0, "failed": 0}
    text = f"{mail.outbox[0].subject}\n{mail.outbox[0].body}" if kind == "email" else sent[0].decode()
    assert "12 different wordings by 9 users" in text
    assert "Is there a strike?" in text
    assert f"/alerts/{Alert.objects.get().pk}" in text
    assert ("Strike at the &lt;depot&gt;" if kind == "slack" else NAME) in text
    if kind == "webhook":
        assert msgspec.json.decode(sent[0])["emerging_topic"] == {"id": made.pk, "name": NAME}


def test_a_preview_lists_what_would_have_been_told(cast: Cast, new: Rule) -> None:
    """The newest first, as old as is asked for."""
    want(cast.project, name="Old", found_at=NOW - timedelta(weeks=6))
    want(cast.project, name="First", found_at=NOW - timedelta(weeks=2))
    want(cast.project, name="Second")
    found = new_wants.announced(new, NOW - timedelta(weeks=4))
    assert [one.name for one in found] == ["Second", "First"]
