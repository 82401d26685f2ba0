"""What came in with each key on each day, and what became of it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from backend.arrivals.counted import MESSAGES, Outcome
from backend.projects.models import ApiKey, Project


class Arrival(models.Model):
    """How much of one kind came with one key on one day (UTC).

    ``reason`` says of what was accepted what it is (spans, scores, ...), else why it was not.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="arrivals")
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="arrivals")
    day = models.DateField()
    outcome = models.CharField(max_length=10, help_text="A value of Outcome.")
    reason = models.CharField(max_length=200)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()
    last_message = models.CharField(max_length=500, blank=True, help_text="What the client was told last.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "day"], name="arrivals_of_a_day")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "day", "outcome", "reason"], name="one_count_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.reason} {self.outcome} on {self.day}"


def accepted_on(key_id: int, day: date) -> int:
    """How much was accepted with a key on a day: spans, scores and all else alike; messages about spans count none."""
    found = Arrival.objects.filter(key_id=key_id, day=day, outcome=Outcome.ACCEPTED).exclude(reason=MESSAGES)
    return int(found.aggregate(n=models.Sum("count"))["n"] or 0)
