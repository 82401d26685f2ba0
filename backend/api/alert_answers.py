"""The shapes of alerts in JSON: what is asked, what is said, what is answered."""

from __future__ import annotations

from math import isfinite
from typing import Any

from rest_framework import serializers

from analytics.alerts import words
from analytics.alerts.answering import LONGEST_NOTE
from backend.alerts.models import Alert, Delivery, Metric

_STATES = ("open", "ended")


class AlertQuery(serializers.Serializer[Any]):
    """A page of alerts, the newest first."""

    state = serializers.ChoiceField(_STATES, required=False, default="", allow_blank=True)
    rule = serializers.IntegerField(required=False, default=None, min_value=1, help_text="Number of a rule.")
    metric = serializers.ChoiceField(Metric.values, required=False, default="", allow_blank=True)
    kind = serializers.ChoiceField(Alert.Kind.values, required=False, default="", allow_blank=True)
    verdict = serializers.ChoiceField(Alert.Verdict.values, required=False, default="", allow_blank=True)
    is_acknowledged = serializers.BooleanField(required=False, default=None, allow_null=True)
    start = serializers.DateTimeField(required=False, default=None, help_text="Told then or later; ISO 8601.")
    end = serializers.DateTimeField(required=False, default=None, help_text="Told before then; ISO 8601.")
    cursor = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=20, help_text="`next` of the page before."
    )
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A range that holds nothing is a mistake."""
        if attrs["start"] and attrs["end"] and attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError("end must be after start")
        return attrs


class AlertVerdict(serializers.Serializer[Any]):
    """What an alert was."""

    verdict = serializers.ChoiceField(Alert.Verdict.values, allow_blank=True, help_text="Empty takes it back.")
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_NOTE, help_text="Stays as it is where not given."
    )


class AlertRuleName(serializers.Serializer[Any]):
    """The rule of an alert."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    metric = serializers.ChoiceField(Metric.values)
    target = serializers.CharField()


class AlertWant(serializers.Serializer[Any]):
    """The new want that is told of."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class AlertAnswer(serializers.Serializer[Any]):
    """A stretch of hours in which a number was not as expected, or a new want; named as webhooks name it."""

    id = serializers.IntegerField()
    rule = AlertRuleName()
    kind = serializers.ChoiceField(Alert.Kind.values)
    emerging_topic = AlertWant(allow_null=True)
    title = serializers.CharField()
    text = serializers.CharField(help_text="What was seen, against what, over how many hours and turns.")
    started_at = serializers.DateTimeField(help_text="Start of its first hour.")
    told_at = serializers.DateTimeField(help_text="End of the hour at which it was known.")
    last_at = serializers.DateTimeField(help_text="End of the last hour that belongs to it.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="Null while it goes on.")
    strength = serializers.FloatField(help_text="Evidence, 1 at the threshold.")
    observed = serializers.FloatField(allow_null=True, help_text="Over its hours, in the metric's unit.")
    expected = serializers.FloatField(allow_null=True)
    size = serializers.FloatField(help_text="Turns or scores it rests on.")
    acknowledged_by = serializers.CharField(allow_null=True, help_text="Null for a key, and for somebody who left.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    verdict = serializers.ChoiceField(Alert.Verdict.values, allow_blank=True)
    note = serializers.CharField()
    notified_at = serializers.DateTimeField(allow_null=True, help_text="When channels were last told.")
    url = serializers.CharField(help_text="Its page.")


class AlertPage(serializers.Serializer[Any]):
    """Part of the alerts."""

    alerts = AlertAnswer(many=True)
    next = serializers.CharField(help_text="Cursor of the next page; empty at the end.")


class DeliveryAnswer(serializers.Serializer[Any]):
    """One message to one channel."""

    channel_id = serializers.IntegerField()
    channel_name = serializers.CharField()
    event = serializers.ChoiceField(Delivery.Event.values)
    state = serializers.ChoiceField(Delivery.State.values)
    attempts = serializers.IntegerField()
    sent_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(help_text="Why the last attempt failed.")
    created_at = serializers.DateTimeField()


class AlertDetail(AlertAnswer):
    """An alert with its messages to channels, oldest first."""

    deliveries = DeliveryAnswer(many=True)


_FIELDS = (
    "id", "kind", "started_at", "told_at", "last_at", "ended_at", "acknowledged_at", "verdict", "note", "notified_at",
)  # fmt: skip


def alert_as_json(alert: Alert) -> dict[str, Any]:
    """An alert as lists have it."""
    rule, want = alert.rule, alert.emerging
    return {
        **{name: getattr(alert, name) for name in _FIELDS},
        "rule": {"id": rule.pk, "name": rule.name, "metric": rule.metric, "target": rule.target},
        "emerging_topic": want and {"id": want.pk, "name": want.name},
        "title": words.title(alert),
        "text": words.account(alert),
        **{name: number(getattr(alert, name)) for name in ("strength", "observed", "expected", "size")},
        "acknowledged_by": alert.acknowledged_by.email if alert.acknowledged_by else None,
        "url": words.address(alert),
    }


def detail_as_json(alert: Alert) -> dict[str, Any]:
    """An alert with its messages."""
    return {
        **alert_as_json(alert),
        "deliveries": [_delivery(one) for one in alert.deliveries.select_related("channel")],
    }


def number(value: float) -> float | None:
    """A figure, or None where there is none to be told: JSON has neither nan nor infinity."""
    return value if isfinite(value) else None


def _delivery(one: Delivery) -> dict[str, Any]:
    names = ("channel_id", "event", "state", "attempts", "sent_at", "error", "created_at")
    return {**{name: getattr(one, name) for name in names}, "channel_name": one.channel.name}
