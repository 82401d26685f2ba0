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
        JUDGE = "judge", "Judge in natural language"

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


class JudgeEndpoint(models.Model):
    """The OpenAI-compatible endpoint that a project's judges ask; without one no judge runs."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="judge_endpoint")
    base_url = models.CharField(max_length=500, help_text="Such as https://api.example.com/v1.")
    model = models.CharField(max_length=80)
    key_variable = models.CharField(
        max_length=60, blank=True, help_text="Environment variable of the worker that holds the key: JUDGE_KEY_…."
    )
    is_enabled = models.BooleanField(default=False)
    calls_a_day = models.PositiveIntegerField(default=1000, help_text="Most calls a day (UTC).")
    usd_a_day = models.FloatField(null=True, help_text="Most cost a day; empty means no such limit.")
    input_usd = models.FloatField(default=0.0, help_text="Price of a million input tokens.")
    output_usd = models.FloatField(default=0.0, help_text="Price of a million output tokens.")
    members_may_replay = models.BooleanField(default=False, help_text="Whether members may replay answers there.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.model} of {self.project}"


class JudgeCost(models.Model):
    """What the judges of a project used on one day (UTC)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="judge_costs")
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.FloatField(default=0.0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "day"], name="one_cost_a_day")]

    def __str__(self) -> str:
        return f"{self.calls} calls on {self.day} of {self.project}"


class Rerun(models.Model):
    """A detector with settings of its own, run over a period of history apart from the flags that stand."""

    class State(models.TextChoices):
        """How far it got; those that a worker has to do something about come first."""

        RUNNING = "running", "Running"
        SWITCHING = "switching", "Being switched on"
        UNDOING = "undoing", "Being taken back"
        READY = "ready", "Ready to compare"
        ON = "on", "Switched on"
        UNDONE = "undone", "Taken back"
        DISCARDED = "discarded", "Discarded"
        FAILED = "failed", "Failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reruns")
    detector = models.CharField(max_length=120)
    version = models.CharField(max_length=120, help_text="As flags would name it.")
    threshold = models.FloatField(null=True)
    share = models.FloatField(default=1.0)
    definition = models.JSONField(null=True, help_text="Of an own detector, as it was then; else empty.")
    before = models.JSONField(default=dict, help_text="What was set when it was switched on.")
    start = models.DateTimeField()
    end = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    cursor = models.TextField(
        blank=True, help_text="Id of the turn judged last, or of the trace brought up to its flags last."
    )
    turns = models.PositiveIntegerField(default=0, help_text="That the period had when it began.")
    done = models.PositiveIntegerField(default=0, help_text="Turns that were judged.")
    error = models.TextField(blank=True)
    is_saved = models.BooleanField(default=False, help_text="Whether what it replaces is kept for an undo.")
    author_name = models.CharField(max_length=254)
    decided_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, help_text="When the last turn was judged.")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["project", "detector", "-id"], name="reruns_of_a_detector")]

    def __str__(self) -> str:
        return f"re-run {self.pk} of {self.detector} of {self.project}"

    @property
    def is_open(self) -> bool:
        """Whether a worker has something to do about it."""
        return self.state in OPEN


OPEN = frozenset({Rerun.State.RUNNING, Rerun.State.SWITCHING, Rerun.State.UNDOING})
