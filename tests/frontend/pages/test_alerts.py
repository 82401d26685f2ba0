"""Alerts: everybody of the project sees and answers them, owners decide where they are sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from analytics.alerts import deliver, targets
from backend.accounts.models import User
from backend.alerts.models import Alert, Channel, Delivery, Rule
from backend.store.client import Store
from backend.topics.models import EmergingTopic, TopicFit
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE, insert, nanos, turn

SignIn = Callable[[User], Client]
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def rule(cast: Cast) -> Rule:
    """A rule with a name that wants to be markup."""
    return Rule.objects.create(project=cast.project, name=HOSTILE[:100], metric="error_rate", model=HOSTILE[:100])


@pytest.fixture
def alert(rule: Rule) -> Alert:
    """An alert that goes on."""
    end = timezone.now().replace(minute=0, second=0, microsecond=0)
    return Alert.objects.create(
        rule=rule, kind="rise", started_at=end - 5 * HOUR, told_at=end - 3 * HOUR, last_at=end, strength=2,
        observed=0.2, expected=0.05, size=400,
    )  # fmt: skip


@pytest.fixture
def channel(cast: Cast) -> Channel:
    """A webhook of the project."""
    return Channel.objects.create(
        project=cast.project, name="Ops", kind="webhook", target="https://example.com/hook", signing_secret="s3cret"
    )


@pytest.mark.parametrize("place", ["", "/rules/new", "/rules/RULE", "/ALERT"])
def test_members_look_and_strangers_learn_nothing(
    cast: Cast, rule: Rule, alert: Alert, signed_in: SignIn, place: str
) -> None:
    """Every page, and nothing of telemetry becomes markup."""
    path = "/p/acme/alerts" + place.replace("RULE", str(rule.pk)).replace("ALERT", str(alert.pk))
    for person in (cast.owner, cast.member):
        answer = signed_in(person).get(path)
        assert answer.status_code == 200
        assert "<script>alert(1)" not in answer.content.decode()
    assert signed_in(cast.stranger).get(path).status_code == 404
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize(
    "place", ["usual", "rules/new", "rules/RULE", "rules/RULE/switch", "ALERT/answer", "rules/RULE/remove"]
)
def test_members_watch_and_answer(cast: Cast, rule: Rule, alert: Alert, signed_in: SignIn, place: str) -> None:
    """It is their product; strangers and passers-by change nothing."""
    path = "/p/acme/alerts/" + place.replace("RULE", str(rule.pk)).replace("ALERT", str(alert.pk))
    assert signed_in(cast.stranger).post(path).status_code == 404
    assert Client().post(path).status_code == 302
    assert (Rule.objects.count(), Alert.objects.filter(acknowledged_at=None).count()) == (1, 1)
    assert signed_in(cast.member).post(path).status_code == 302


@pytest.mark.parametrize("place", ["", "/CHANNEL/test", "/CHANNEL/remove"])
def test_only_owners_decide_where_alerts_go(
    cast: Cast, channel: Channel, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """And members do not see addresses or secrets."""
    sent: list[Channel] = []
    monkeypatch.setattr(deliver, "send_test", sent.append)
    path = "/p/acme/alerts/channels" + place.replace("CHANNEL", str(channel.pk))
    form = {"kind": "email", "target": "ops@example.com", "name": "Mail"}
    assert signed_in(cast.member).post(path, form).status_code == 403
    assert signed_in(cast.stranger).post(path, form).status_code == 404
    assert Client().post(path, form).status_code == 302
    assert (Channel.objects.count(), sent) == (1, [])
    assert signed_in(cast.owner).post(path, form).status_code == 302
    assert (Channel.objects.count(), len(sent)) == {"": (2, 0), "/CHANNEL/test": (1, 1), "/CHANNEL/remove": (0, 0)}[
        place
    ]
    page = signed_in(cast.member).get("/p/acme/alerts").content.decode()
    assert "s3cret" not in page
    assert "example.com/hook" not in page


def test_what_belongs_to_another_project_is_not_there(
    cast: Cast, rule: Rule, alert: Alert, channel: Channel, signed_in: SignIn
) -> None:
    """Its number is not enough."""
    client = signed_in(cast.stranger)
    for place in (f"{alert.pk}/answer", f"rules/{rule.pk}", f"rules/{rule.pk}/remove", f"channels/{channel.pk}/remove"):
        assert client.post(f"/p/elsewhere/alerts/{place}").status_code == 404
    own = Rule.objects.create(project=cast.stranger.memberships.get().project, name="Own", metric="volume")
    client.post(f"/p/elsewhere/alerts/rules/{own.pk}", {"metric": "volume", "channel": str(channel.pk)})
    assert list(own.channels.all()) == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "fax", "target": "x"}, "it must be webhook, slack or email"),
        ({"kind": "email", "target": "nobody"}, "no e-mail address"),
        ({"kind": "webhook", "target": "http://example.com"}, "must begin with https://"),
        ({"kind": "slack", "target": "https://u:p@example.com"}, "user name or password"),
        ({"kind": "webhook", "target": "https://" + "a" * 2000}, "longer than 2000"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(cast: Cast, signed_in: SignIn, form: dict[str, str], said: str) -> None:
    """With the reason."""
    answer = signed_in(cast.owner).post("/p/acme/alerts/channels", form)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Channel.objects.count() == 0


def test_a_test_message_says_what_came_of_it(
    cast: Cast, channel: Channel, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nothing did."""

    def refuse(url: str, body: bytes, headers: dict[str, str]) -> None:
        raise targets.Refused("example.com answered 503")

    monkeypatch.setattr(targets, "post", refuse)
    answer = signed_in(cast.owner).post(f"/p/acme/alerts/channels/{channel.pk}/test", follow=True)
    assert "example.com answered 503" in answer.content.decode()


def test_the_usual_rules_are_made_once(cast: Cast, channel: Channel, signed_in: SignIn) -> None:
    """And tell every channel there is."""
    client = signed_in(cast.member)
    assert "Nothing is watched yet" in client.get("/p/acme/alerts").content.decode()
    client.post("/p/acme/alerts/usual")
    client.post("/p/acme/alerts/usual")
    assert sorted(Rule.objects.values_list("metric", flat=True)) == [
        "cost", "emerging", "error_rate", "flag_rate", "latency_p95", "volume",
    ]  # fmt: skip
    assert all(list(one.channels.all()) == [channel] for one in Rule.objects.all())


def test_a_rule_is_tried_and_saved_as_filled_in(cast: Cast, channel: Channel, store: Store, signed_in: SignIn) -> None:
    """The preview is a link; nothing is kept before Save."""
    now = timezone.now()
    rows = [
        turn(f"t{i}.0", start_time=nanos(now - i * HOUR), end_time=nanos(now - i * HOUR) + 10**9) for i in range(60)
    ]
    insert(store, cast.project.pk, "turn", rows)
    form = {
        "metric": "flag_rate", "target": "refusal", "name": "Refusals", "min_effect": "50", "direction": "rise",
        "silence_hours": "0", "repeat_hours": "12", "environment": "production", "channel": str(channel.pk),
    }  # fmt: skip
    client = signed_in(cast.member)
    text = client.get("/p/acme/alerts/rules/new", form).content.decode()
    assert "needs 10 days of history and has 2." in text
    assert 'value="Refusals"' in text
    assert Rule.objects.count() == 0
    assert client.post("/p/acme/alerts/rules/new", form).status_code == 302
    kept = Rule.objects.get()
    assert (kept.metric, kept.target, kept.min_effect, kept.direction) == ("flag_rate", "refusal", 0.5, "rise")
    assert (kept.silence_hours, kept.repeat_hours, kept.created_by) == (0, 12, cast.member)
    assert list(kept.channels.all()) == [channel]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metric": "score"}, "Name the score to watch."),
        ({"metric": "flag_rate", "target": "nosuch"}, "There is no such detector"),
        ({"metric": "topic_share"}, "Choose the topic"),
        ({"topic": "77"}, "There is no topic 77."),
        ({"topic": "x"}, "A topic is named by its number."),
        ({"min_effect": "nan"}, "From 5 to 1000."),
        ({"min_effect": "much"}, "This must be a number."),
        ({"silence_hours": "9999"}, "From 0 to 720."),
        ({"model": "m" * 300}, "At most 200 characters."),
        ({"metric": "vibes"}, "it must be one of"),
        ({"direction": "sideways"}, "it must be both, rise or fall"),
    ],
)
def test_what_is_wrong_in_a_rule_is_said_beside_it(
    cast: Cast, signed_in: SignIn, change: dict[str, str], said: str
) -> None:
    """And nothing is kept."""
    answer = signed_in(cast.member).post("/p/acme/alerts/rules/new", {"metric": "volume", **change})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Rule.objects.count() == 0


def test_an_answer_is_kept_and_stops_the_count(cast: Cast, alert: Alert, channel: Channel, signed_in: SignIn) -> None:
    """The rail counts what nobody has answered."""
    Delivery.objects.create(alert=alert, channel=channel, event="opened", next_at=timezone.now(), error="answered 500")
    client = signed_in(cast.member)
    assert '<span class="count">1</span>' in client.get("/p/acme/settings").content.decode()
    client.post(f"/p/acme/alerts/{alert.pk}/answer", {"verdict": "false", "note": "A load test."})
    alert.refresh_from_db()
    assert (alert.verdict, alert.note, alert.acknowledged_by) == ("false", "A load test.", cast.member)
    assert '<span class="count">1</span>' not in client.get("/p/acme/settings").content.decode()
    text = client.get(f"/p/acme/alerts/{alert.pk}").content.decode()
    assert "20.0 % where 5.0 % were to be expected, ×4, over 5 hours" in text
    assert "answered 500" in text
    assert client.post(f"/p/acme/alerts/{alert.pk}/answer", {"verdict": "maybe"}).status_code == 400


def test_a_rule_that_is_switched_on_again_begins_anew(cast: Cast, rule: Rule, signed_in: SignIn) -> None:
    """It does not tell of what happened while it was off."""
    Rule.objects.update(judged_until=timezone.now())
    client = signed_in(cast.member)
    client.post(f"/p/acme/alerts/rules/{rule.pk}/switch")
    client.post(f"/p/acme/alerts/rules/{rule.pk}/switch")
    rule.refresh_from_db()
    assert (rule.is_enabled, rule.judged_until) == (True, None)


@pytest.fixture
def wanted(cast: Cast) -> Alert:
    """An alert of a new want whose name and words want to be markup."""
    fit = TopicFit.objects.create(project=cast.project, state="published")
    want = EmergingTopic.objects.create(
        project=cast.project, fit=fit, centre=b"", radius=0.5, name=HOSTILE, conversations=14, users=9, wordings=12,
        examples=[{"conversation_id": "c1", "text": HOSTILE}], expected=0.4, p_value=1e-8, level=1e-4,
        first_at=timezone.now() - 5 * HOUR,
    )  # fmt: skip
    rule = Rule.objects.create(project=cast.project, name="New wants", metric="emerging")
    now = timezone.now()
    return Alert.objects.create(
        rule=rule, kind="emerging", emerging=want, started_at=want.first_at, told_at=now, last_at=now, strength=2,
        observed=12, expected=0.4, size=14,
    )  # fmt: skip


def test_an_emerging_topic_is_an_alert_with_its_evidence(cast: Cast, wanted: Alert, signed_in: SignIn) -> None:
    """In the list and on a page of its own, for members; examples open and are text; strangers find nothing."""
    for person in (cast.owner, cast.member):
        listed = signed_in(person).get("/p/acme/alerts").content.decode()
        assert "New want: " in listed
        assert "brings a new want" in listed
        text = signed_in(person).get(f"/p/acme/alerts/{wanted.pk}").content.decode()
        assert "12 different wordings by 9 users" in text
        assert "/p/acme/conversations/c1" in text
        assert "<script>alert(1)" not in listed + text
    assert signed_in(cast.stranger).get(f"/p/acme/alerts/{wanted.pk}").status_code == 404


def test_a_rule_on_emerging_topics_is_tried_and_saved(cast: Cast, wanted: Alert, signed_in: SignIn) -> None:
    """The preview lists what was announced; slices do not apply to it."""
    form = {"metric": "emerging", "topic": "77", "environment": "production", "model": "m", "target": "refusal"}
    client = signed_in(cast.member)
    text = client.get("/p/acme/alerts/rules/new", form).content.decode()
    assert "What it would have told" in text
    assert "just now" in text or "ago" in text
    assert "<script>alert(1)" not in text
    assert client.post("/p/acme/alerts/rules/new", form).status_code == 302
    kept = Rule.objects.get(name="Emerging topics")
    assert (kept.topic, kept.environment, kept.model, kept.target) == (None, "", "", "")
    EmergingTopic.objects.all().delete()
    assert "no new want was announced" in client.get("/p/acme/alerts/rules/new", form).content.decode()
