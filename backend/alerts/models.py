"""Which numbers of a project are watched, what was told of them, and to whom."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from backend.projects.models import Project


class Channel(models.Model):
    """A place that alerts are sent to."""

    class Kind(models.TextChoices):
        """How it is spoken to."""

        WEBHOOK = "webhook", "Webhook"
        SLACK = "slack", "Slack-compatible webhook"
        EMAIL = "email", "E-mail"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="channels")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    target = models.CharField(max_length=2000, help_text="Address: https://… or somebody@….")
    signing_secret = models.CharField(max_length=80, blank=True, help_text="Key of a webhook's HMAC signature.")
    last_sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name


class Metric(models.TextChoices):
    """What can be watched, hour by hour; emerging topics as they are announced."""

    VOLUME = "volume", "Turns"
    ERROR_RATE = "error_rate", "Error rate"
    FLAG_RATE = "flag_rate", "Flag rate"
    LATENCY_P50 = "latency_p50", "Median latency"
    LATENCY_P95 = "latency_p95", "p95 latency"
    COST = "cost", "Cost of a turn"
    SCORE = "score", "Score"
    TOPIC_SHARE = "topic_share", "Topic share"
    EMERGING = "emerging", "Emerging topics"


class Rule(models.Model):
    """One number that is watched, for one slice of the traffic."""

    class Direction(models.TextChoices):
        """Which way it must go."""

        BOTH = "both", "Rises or falls"
        RISE = "rise", "Rises"
        FALL = "fall", "Falls"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alert_rules")
    name = models.CharField(max_length=120)
    metric = models.CharField(max_length=20, choices=Metric.choices)
    target = models.CharField(max_length=120, blank=True, help_text="Detector or score; empty means any flag.")
    topic = models.PositiveIntegerField(null=True, blank=True, help_text="Number of a topic: the slice, or the share.")
    environment = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    direction = models.CharField(max_length=5, choices=Direction.choices, default=Direction.BOTH)
    min_effect = models.FloatField(default=0.25, help_text="Least change worth telling, as a share of the expected.")
    silence_hours = models.PositiveSmallIntegerField(default=6, help_text="Hours without data to tell of; 0 never.")
    repeat_hours = models.PositiveSmallIntegerField(default=24, help_text="Tell again while it lasts; 0 once only.")
    is_enabled = models.BooleanField(default=True)
    channels = models.ManyToManyField(Channel, related_name="rules", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    judged_until = models.DateTimeField(null=True, help_text="End of the last hour that was judged.")
    standing = models.CharField(max_length=300, blank=True, help_text="Why nothing can be said, when that is so.")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """A stretch of hours in which a watched number was not what it should have been."""

    class Kind(models.TextChoices):
        """What happened to it."""

        RISE = "rise", "Rise"
        FALL = "fall", "Fall"
        SILENCE = "silence", "No data"
        EMERGING = "emerging", "Emerging topic"

    class Verdict(models.TextChoices):
        """What a person says of it."""

        REAL = "real", "Real"
        EXPECTED = "expected", "Real, and expected"
        FALSE = "false", "False alarm"

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    emerging = models.ForeignKey(
        "topics.EmergingTopic", null=True, on_delete=models.CASCADE, related_name="alerts", help_text="What is told of."
    )
    started_at = models.DateTimeField(help_text="Start of the first hour of the change.")
    told_at = models.DateTimeField(help_text="End of the hour at which it was known.")
    last_at = models.DateTimeField(help_text="End of the last hour that belongs to it.")
    ended_at = models.DateTimeField(null=True)
    strength = models.FloatField(help_text="Evidence, 1 at the threshold.")
    observed = models.FloatField(help_text="Over its hours, in the metric's unit.")
    expected = models.FloatField()
    size = models.FloatField(help_text="Turns or scores it rests on.")
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    note = models.TextField(blank=True)
    notified_at = models.DateTimeField(null=True, help_text="When channels were last told.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "kind", "started_at"], condition=models.Q(emerging=None), name="one_alert_a_beginning"
            ),
            models.UniqueConstraint(fields=["rule", "emerging"], name="one_alert_a_want"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.rule}"


class Delivery(models.Model):
    """One message to one channel; it is tried again until it arrives or has failed for good."""

    class Event(models.TextChoices):
        """What it tells."""

        OPENED = "opened", "Opened"
        AGAIN = "again", "Still going on"
        ENDED = "ended", "Ended"

    class State(models.TextChoices):
        """How far it got."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=10, choices=Event.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["state", "next_at"], name="deliveries_due")]

    def __str__(self) -> str:
        return f"{self.event} to {self.channel}"
