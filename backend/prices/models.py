"""Prices that a project sets for itself, and what became of its stored calls when they were priced anew."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from backend.prices.patterns import LONGEST, fault_of
from backend.projects.models import Project

FIGURES: Final = (
    "input", "output", "cached_input", "cache_write", "cache_write_hour", "audio_input", "audio_output",
)  # fmt: skip
"""Names of the figures of a price, each in USD per million tokens."""
MOST_USD: Final = 1_000_000.0
FIRST_DAY: Final = date(2015, 1, 1)
"""No span is older: earlier times are clamped when they come in."""
LONGEST_AHEAD: Final = timedelta(days=400)


def check_pattern(text: str) -> None:
    """Refuse what is no regular expression of RE2.

    Raises:
        ValidationError: it is none.
    """
    if fault := fault_of(text):
        raise ValidationError(f"{text[:80]!r} is no regular expression of RE2: {fault}")


def check_figure(usd: float) -> None:
    """Refuse what is no price of a million tokens.

    Raises:
        ValidationError: it is below zero, above a million, or no number.
    """
    if not (math.isfinite(usd) and 0 <= usd <= MOST_USD):
        raise ValidationError(f"{usd:g} is no price: it must be from 0 to {MOST_USD:,.0f} USD per million tokens")


def check_day(day: date) -> None:
    """Refuse a day on which no price can begin.

    Raises:
        ValidationError: it is before 2015, or more than 400 days ahead.
    """
    last = timezone.now().date() + LONGEST_AHEAD
    if not FIRST_DAY <= day <= last:
        raise ValidationError(f"{day} is no day for a price to begin: it must be from {FIRST_DAY} to {last}")


def _figure(*, is_needed: bool = False) -> Any:
    return models.FloatField(null=not is_needed, blank=not is_needed, validators=[check_figure])


class ProjectPrice(models.Model):
    """What a model costs one project from a day on, in USD per million tokens; comes before the public list.

    A figure that is empty is as in the public lists: cached and written input as ``input``, an hour's writes as
    ``cache_write``, and audio unpriced.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prices")
    model = models.CharField(max_length=LONGEST, validators=[check_pattern])
    since = models.DateField(validators=[check_day])
    input = _figure(is_needed=True)
    output = _figure(is_needed=True)
    cached_input = _figure()
    cache_write = _figure()
    cache_write_hour = _figure()
    audio_input = _figure()
    audio_output = _figure()
    author_name = models.CharField(max_length=254, blank=True, help_text="Address of who set it, or public key.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["model", "-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "model", "since"], name="one_price_a_model_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.since}"


class Recompute(models.Model):
    """Stored calls of some days priced anew, a day at a time, and by how much their cost changed."""

    class State(models.TextChoices):
        """How far it got."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="recomputes")
    start = models.DateField(help_text="First day (UTC).")
    end = models.DateField(help_text="The day after the last.")
    day = models.DateField(help_text="The next to be done.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    pending = models.JSONField(null=True, help_text="Changes of `day`, noted before its calls are stored again.")
    changes = models.JSONField(default=list, help_text="By model: of the days that are done.")
    error = models.TextField(blank=True)
    author_name = models.CharField(max_length=254, help_text="Address of the person, or public half of the key.")
    stopped_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["state", "project"], name="recomputes_to_carry_on")]

    def __str__(self) -> str:
        return f"recompute {self.pk} of {self.start} to {self.end}"

    @property
    def is_open(self) -> bool:
        """Whether a worker has something to do about it."""
        return self.state == self.State.RUNNING

    @property
    def days(self) -> int:
        """How many it has."""
        return (self.end - self.start).days

    @property
    def days_done(self) -> int:
        """How many of them are done."""
        return (self.day - self.start).days

    @property
    def last_day(self) -> date:
        """The last of them, included."""
        return self.end - timedelta(days=1)

    @property
    def totals(self) -> dict[str, Any]:
        """Sums over all models: ``calls``, ``changed``, ``before_usd``, ``after_usd``, ``unpriced_before``, ..."""
        return {name: sum(one[name] for one in self.changes) for name in SUMMED}


SUMMED: Final = ("calls", "changed", "before_usd", "after_usd", "unpriced_before", "unpriced_after")
"""Figures of a model in ``Recompute.changes``, which add up over days and models."""
