"""What a project has set of its detectors, and who set it when."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from backend.projects.models import Project


class DetectorSetting(models.Model):
    """How one detector runs in one project; without a row it runs as it was made."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="detector_settings")
    detector = models.CharField(max_length=120)
    is_enabled = models.BooleanField(null=True, help_text="Empty means as the detector was made.")
    threshold = models.FloatField(null=True, help_text="Score from which on it flags; empty means its own.")
    share = models.FloatField(default=1.0, help_text="Share of the turns it looks at, chosen by their id.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "detector"], name="one_setting_a_detector")]

    def __str__(self) -> str:
        return f"{self.detector} of {self.project}"


class SettingChange(models.Model):
    """One change of a detector's settings; it stays when the person or the key is gone."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="detector_changes")
    detector = models.CharField(max_length=120)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=254, help_text="Address of the person, or public half of the key.")
    what = models.CharField(max_length=40, help_text="Such as settings, made, changed, removed or switched on.")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["project", "detector", "-id"], name="changes_of_a_detector")]

    def __str__(self) -> str:
        return f"{self.what} of {self.detector} by {self.author_name}"


class OwnDetector(models.Model):
    """A detector that a project made for itself."""

    class Kind(models.TextChoices):
        """How it looks."""

        WORDING = "wording", "Keywords or a pattern"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="own_detectors")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    definition = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="one_own_detector_a_name")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project}"
