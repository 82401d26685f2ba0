"""What changed is told once, for as long as it lasts; what did not is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.alerts import watch
from analytics.alerts.hours import last_full_hour, series_of
from analytics.alerts.preview import around, preview
from backend.alerts.models import Alert, Channel, Delivery, Metric, Rule
from backend.store.client import Store
from tests.analytics.alerts.conftest import END, HOUR, NOW, History, nanos
from tests.conftest import Cast


@pytest.fixture
def channel(cast: Cast, rule: Rule) -> Channel:
    """A webhook that the rule tells."""
    made = Channel.objects.create(project=cast.project, name="Ops", kind="webhook", target="https://example.com/hook")
    rule.channels.add(made)
    return made


def test_an_ordinary_project_is_left_alone(cast: Cast, rule: Rule, history: History) -> None:
    """Three weeks of chance alone open nothing, and the rule knows how far it has looked."""
    history()
    assert watch.due(NOW) == [cast.project.pk]
    assert watch.watch(cast.project.pk, NOW) == {"rules": 1, "opened": 0, "ended": 0}
    rule.refresh_from_db()
    assert rule.judged_until == END
    assert watch.due(NOW) == []
    assert watch.due(NOW + HOUR) == [cast.project.pk]


def test_doubled_traffic_is_told_once(cast: Cast, rule: Rule, channel: Channel, history: History) -> None:
    """One alert with its figures, one message; a second look adds nothing."""
    history(factor=2.5, changed=6)
    assert watch.watch(cast.project.pk, NOW)["opened"] == 1
    alert = Alert.objects.get()
    assert (alert.kind, alert.ended_at) == ("rise", None)
    assert abs(alert.started_at - (END - 6 * HOUR)) <= HOUR
    assert alert.observed == pytest.approx(50, rel=0.25)
    assert alert.expected == pytest.approx(20, rel=0.25)
    assert alert.strength >= 1
    rule.refresh_from_db()
    Rule.objects.update(judged_until=rule.judged_until - HOUR)
    assert watch.watch(cast.project.pk, NOW) == {"rules": 1, "opened": 0, "ended": 0}
    assert Delivery.objects.filter(channel=channel).count() == 1


def test_an_alert_ends_and_says_so(cast: Cast, rule: Rule, channel: Channel, history: History) -> None:
    """Once traffic is as usual again."""
    history(factor=3, changed=6, end=END)
    history(days=0.5, end=END + 12 * HOUR)
    watch.watch(cast.project.pk, NOW)
    assert watch.watch(cast.project.pk, NOW + 12 * HOUR)["ended"] == 1
    alert = Alert.objects.get()
    assert alert.ended_at is not None
    assert abs(alert.ended_at - END) <= 3 * HOUR
    assert list(Delivery.objects.values_list("event", flat=True)) == ["opened", "ended"]


def test_a_lasting_alert_is_repeated_until_somebody_answers(
    cast: Cast, rule: Rule, channel: Channel, history: History
) -> None:
    """Every ``repeat_hours``, and not after an acknowledgement."""
    rule.repeat_hours = 2
    rule.save()
    history(factor=3, changed=6)
    history(days=6 / 24, hourly=60, end=END + 6 * HOUR)
    watch.watch(cast.project.pk, NOW)
    watch.watch(cast.project.pk, NOW + HOUR)
    assert Delivery.objects.count() == 1
    watch.watch(cast.project.pk, NOW + 2 * HOUR)
    assert list(Delivery.objects.values_list("event", flat=True)) == ["opened", "again"]
    Alert.objects.update(acknowledged_at=NOW)
    watch.watch(cast.project.pk, NOW + 5 * HOUR)
    assert Delivery.objects.count() == 2


def test_a_change_that_is_too_small_or_goes_the_other_way_is_not_told(cast: Cast, rule: Rule, history: History) -> None:
    """The least effect and the direction are the rule's."""
    history(factor=2.5, changed=6)
    rule.min_effect = 4
    rule.save()
    fall = Rule.objects.create(project=cast.project, name="Falls", metric=Metric.VOLUME, direction="fall")
    assert watch.watch(cast.project.pk, NOW)["opened"] == 0
    assert len(preview(rule, NOW).told) == 0
    assert preview(rule, NOW).held_back >= 1
    assert all(one.kind == "fall" for one in preview(fall, NOW).told)


def test_more_errors_are_found_and_other_slices_are_not_touched(cast: Cast, history: History) -> None:
    """A rule for another environment sees nothing of it."""
    history(hourly=40, errors=0.03, errors_changed=0.3, changed=5)
    here = Rule.objects.create(project=cast.project, name="Errors", metric="error_rate", environment="production")
    there = Rule.objects.create(project=cast.project, name="Errors", metric="error_rate", environment="staging")
    assert watch.watch(cast.project.pk, NOW)["opened"] == 1
    assert Alert.objects.get().rule == here
    there.refresh_from_db()
    assert "10 days of history and has 0.0" in there.standing


def test_silence_is_told_and_a_quiet_night_is_not(cast: Cast, history: History) -> None:
    """Where nothing comes for hours that are usually busy."""
    errors = Rule.objects.create(project=cast.project, name="Errors", metric="error_rate", silence_hours=3)
    history(end=END - 8 * HOUR)
    watch.watch(cast.project.pk, NOW)
    alert = Alert.objects.get()
    assert (alert.rule, alert.kind) == (errors, "silence")
    assert alert.started_at == END - 8 * HOUR
    history(days=1 / 24, end=END + HOUR)
    watch.watch(cast.project.pk, NOW + HOUR)
    alert.refresh_from_db()
    assert alert.ended_at is not None


def test_a_young_project_is_told_what_it_lacks(cast: Cast, rule: Rule, history: History) -> None:
    """Nothing is judged below ten days, and the rule says so."""
    history(days=5)
    assert watch.watch(cast.project.pk, NOW)["opened"] == 0
    rule.refresh_from_db()
    assert rule.standing == "needs 10 days of history and has 5.0"


def test_a_rule_that_is_off_is_not_looked_at(cast: Cast, rule: Rule, history: History) -> None:
    """Nor does it ask for a look."""
    Rule.objects.update(is_enabled=False)
    assert watch.due(NOW) == []
    assert watch.watch(cast.project.pk, NOW)["rules"] == 0


def test_the_preview_shows_what_would_have_been_told(cast: Cast, rule: Rule, history: History) -> None:
    """With its hours, and how much of the past could be judged; nothing is written."""
    history(days=40, factor=2.5, changed=6, end=END - 100 * HOUR)
    history(days=100 / 24)
    found = preview(rule, NOW)
    assert [one.kind for one in found.told] == ["rise"]
    assert found.weeks == pytest.approx(4, abs=0.6)
    assert Alert.objects.count() == 0


def test_the_page_of_an_alert_sees_a_week_before_it(cast: Cast, rule: Rule, history: History) -> None:
    """And the same change."""
    history(factor=2.5, changed=6)
    watch.watch(cast.project.pk, NOW)
    found = around(Alert.objects.get(), NOW)
    assert found.end == END
    assert [one.kind for one in found.told] == ["rise"]


@pytest.mark.parametrize(
    ("metric", "family", "value"),
    [
        ("volume", "count", 2), ("error_rate", "rate", 1), ("flag_rate", "rate", 1), ("topic_share", "rate", 0),
        ("latency_p50", "level", 2000), ("latency_p95", "level", 2000), ("cost", "level", 0.002),
    ],
)  # fmt: skip
def test_each_metric_is_read_from_stored_turns(
    cast: Cast, store: Store, metric: str, family: str, value: float
) -> None:
    """Two turns of one hour, one failed, one flagged."""
    start = END - HOUR
    shared = {"project_id": cast.project.pk, "version": 1, "is_deleted": 0}
    turns = [
        {**shared, "turn_id": f"t{i}.0", "trace_id": f"t{i}", "conversation_id": "c", "start_time": nanos(start) + i,
         "end_time": nanos(start) + i + 2_000_000_000, "status": status, "cost_usd": 0.002}
        for i, status in enumerate(("ok", "error"))
    ]  # fmt: skip
    store.insert("turn", list(turns[0]), [[row[name] for row in turns] for name in turns[0]])
    flag = {**shared, "flag_id": "f", "detector": "refusal", "turn_id": "t0.0", "turn_time": nanos(start)}
    store.insert("flag", list(flag), [[one] for one in flag.values()])
    rule = Rule(project=cast.project, metric=metric, target="refusal" if metric == "flag_rate" else "", topic=None)
    found = series_of(rule, END, 1)
    assert (found.family, len(found)) == (family, 1)
    assert found.values[0] == pytest.approx(value)
    assert found.first_hour == (END - HOUR).weekday() * 24 + 11
    if family == "rate":
        assert found.sizes[0] == 2


def test_scores_are_read_with_and_without_a_slice(cast: Cast, store: Store, history: History) -> None:
    """Hours with fewer than five scores say nothing."""
    history(days=1 / 24, hourly=30)
    rows = [
        {"project_id": cast.project.pk, "version": 1, "is_deleted": 0, "score_id": f"s{i}", "name": "helpful",
         "value": 0.5, "trace_id": f"t{i + 1}", "time": nanos(END - HOUR)}
        for i in range(6)
    ]  # fmt: skip
    store.insert("score", list(rows[0]), [[row[name] for row in rows] for name in rows[0]])
    whole = series_of(Rule(project=cast.project, metric="score", target="helpful"), END, 1)
    here = series_of(Rule(project=cast.project, metric="score", target="helpful", environment="production"), END, 1)
    there = series_of(Rule(project=cast.project, metric="score", target="helpful", environment="staging"), END, 1)
    assert list(whole.values) == list(here.values) == [0.5]
    assert len(there) == 0


def test_the_hour_is_left_to_settle() -> None:
    """Turns of the last minutes may still be on their way."""
    assert last_full_hour(END + timedelta(minutes=4)) == END - HOUR
    assert last_full_hour(END + timedelta(minutes=6)) == END
