"""How far each stage of analysis has come, and what each run of it did."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from backend.projects.models import Project


class Stage(models.Model):
    """One stage of one project: how far it has come, and who works on it now."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=60)
    position = models.DateTimeField(null=True, help_text="Everything stored before this moment is done.")
    cursor = models.TextField(blank=True, help_text="Where in that moment it stopped.")
    head = models.DateTimeField(
        null=True,
        help_text="Ahead of position: seen once, looked at again until no row can still be on its way.",
    )
    claimed_by = models.CharField(max_length=120, blank=True)
    claimed_until = models.DateTimeField(null=True, help_text="A claim that is not renewed by then has died.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="one_stage_a_name")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project}"


class Run(models.Model):
    """One run of one stage."""

    class State(models.TextChoices):
        """How it ended."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["stage", "-id"], name="runs_of_a_stage")]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.stage}"
