"""Alerts in words: for pages, mails and chats alike."""

from __future__ import annotations

from django.urls import reverse

from analytics.alerts.hours import HOUR
from backend.alerts.models import Alert, Delivery, Metric, Rule
from backend.env import env
from backend.topics.models import EmergingTopic, Topic

_UNITS = {
    Metric.VOLUME: "turns an hour",
    Metric.LATENCY_P50: "median latency",
    Metric.LATENCY_P95: "p95 latency",
    Metric.COST: "a turn",
}


def figure(metric: str, value: float) -> str:
    """One value of a metric with its unit.

    >>> figure("error_rate", 0.0312), figure("latency_p95", 2350.0), figure("cost", 0.00213), figure("volume", 1234.4)
    ('3.1 %', '2.35 s', '$0.0021', '1,234')
    """
    if value != value:  # noqa: PLR0124 - nan
        return "unknown"
    if metric in {Metric.ERROR_RATE, Metric.FLAG_RATE, Metric.TOPIC_SHARE}:
        return f"{100 * value:.1f} %"
    if metric in {Metric.LATENCY_P50, Metric.LATENCY_P95}:
        return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.2f} s"
    if metric == Metric.COST:
        return f"${value:.4f}" if value < 1 else f"${value:.2f}"
    if metric == Metric.SCORE:
        return f"{value:.2f}"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def subject(rule: Rule) -> str:
    """What a rule watches: ``Flag rate of refusal · production``."""
    words = rule.get_metric_display()
    if rule.metric == Metric.SCORE:
        words = f"Score {rule.target}"
    elif rule.metric == Metric.FLAG_RATE:
        words = f"Flag rate of {rule.target}" if rule.target else "Rate of turns with a flag"
    topic = _topic(rule)
    if topic and rule.metric == Metric.TOPIC_SHARE:
        words = f"Share of “{topic}”"
    slices = [rule.environment, rule.model, topic if rule.metric != Metric.TOPIC_SHARE else ""]
    return " · ".join([words, *filter(None, slices)])


def title(alert: Alert) -> str:
    """One line: what did what."""
    if alert.emerging:
        return f"New want: “{alert.emerging.name}”"
    if alert.kind == Alert.Kind.SILENCE:
        return f"{subject(alert.rule)}: no data"
    verb = "above" if alert.kind == Alert.Kind.RISE else "below"
    return f"{subject(alert.rule)} {verb} what is usual"


def account(alert: Alert) -> str:
    """What was seen, against what, over how many hours and turns."""
    if alert.emerging:
        return _want(alert.emerging)
    metric, hours = alert.rule.metric, max(round((alert.last_at - alert.started_at) / HOUR), 1)
    span = "1 hour" if hours == 1 else f"{hours} hours"
    since = f"{alert.started_at:%Y-%m-%d %H:%M} UTC"
    if alert.kind == Alert.Kind.SILENCE:
        return f"Nothing came for {span}, since {since}; about {alert.expected:,.0f} turns an hour are usual."
    unit = f" {_UNITS[Metric.VOLUME]}" if metric == Metric.VOLUME else ""
    seen, usual = figure(metric, alert.observed), figure(metric, alert.expected)
    times = f", ×{alert.observed / alert.expected:.2g}" if alert.expected > 0 else ""
    rests = "" if metric == Metric.VOLUME else f", from {alert.size:,.0f} {_counted(metric)}"
    return f"{seen}{unit} where {usual} were to be expected{times}, over {span} since {since}{rests}."


def address(alert: Alert) -> str:
    """Where to look at it."""
    return env().base_url + reverse("alert", args=[alert.rule.project.slug, alert.pk])


def heading(alert: Alert, event: str) -> str:
    """First line of a message to a channel."""
    prefix = {Delivery.Event.AGAIN.value: "Still: ", Delivery.Event.ENDED.value: "Over: "}.get(event, "")
    return f"[{alert.rule.project.name}] {prefix}{title(alert)}"


def _want(want: EmergingTopic) -> str:
    said = next((f" “{one['text']}”" for one in want.examples if one.get("text")), "")
    became = ""
    if want.became is not None:
        topic = Topic.objects.filter(project_id=want.project_id, number=want.became).first() if want.became else None
        became = f" It is in the topic “{topic.name}” now." if topic else " The next fit made no topic of it."
    return (
        f"{want.wordings:,} different wordings by {want.users:,} users since {want.first_at:%Y-%m-%d %H:%M} UTC,"
        f" where {want.expected:.1f} would be usual.{f' One of them:{said}' if said else ''}{became}"
    )


def _counted(metric: str) -> str:
    return "scores" if metric == Metric.SCORE else "turns"


def _topic(rule: Rule) -> str:
    if rule.topic is None:
        return ""
    topic = Topic.objects.filter(project_id=rule.project_id, number=rule.topic).first()
    return topic.name if topic else f"Topic {rule.topic}"
