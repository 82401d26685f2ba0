"""Prices that a project sets for itself: its own contracts, and models that no public list knows."""

from __future__ import annotations

from typing import ClassVar

import re2
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from backend.projects.models import Project

_BOUNDS = [MinValueValidator(0.0), MaxValueValidator(1_000_000.0)]


def check_pattern(text: str) -> None:
    """Refuse what is no regular expression; re2's grow with the text alone, so a stranger's cannot hang ingest.

    Raises:
        ValidationError: it is none.
    """
    try:
        re2.compile(text)
    except re2.error as fault:
        raise ValidationError(f"{text[:80]!r} is no regular expression of RE2: {fault}") from None


class ProjectPrice(models.Model):
    """What a model costs one project from a day on, in USD per million tokens; comes before the public list.

    A figure that is empty is as in the public lists: cached and written input as ``input``, an hour's writes as
    ``cache_write``, and audio unpriced.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prices")
    model = models.CharField(max_length=200, validators=[check_pattern])
    since = models.DateField()
    input = models.FloatField(validators=_BOUNDS)
    output = models.FloatField(validators=_BOUNDS)
    cached_input = models.FloatField(null=True, blank=True, validators=_BOUNDS)
    cache_write = models.FloatField(null=True, blank=True, validators=_BOUNDS)
    cache_write_hour = models.FloatField(null=True, blank=True, validators=_BOUNDS)
    audio_input = models.FloatField(null=True, blank=True, validators=_BOUNDS)
    audio_output = models.FloatField(null=True, blank=True, validators=_BOUNDS)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["model", "-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "model", "since"], name="one_price_a_model_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.since}"
