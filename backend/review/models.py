"""What people are asked to judge, and what they said."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from backend.projects.models import Project


class Queue(models.Model):
    """A list of answers to judge, with the rubric to judge by."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="queues")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)
    rubric = models.TextField(blank=True)
    fills_from_flags = models.BooleanField(default=True, help_text="Whether flagged turns come in by themselves.")
    random_share = models.FloatField(
        default=0.02, help_text="Share of unflagged turns that come in by chance, kept apart."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "slug"], name="one_queue_a_slug")]

    def __str__(self) -> str:
        return self.name


class ReviewItem(models.Model):
    """One turn in one queue; it is there once however often a rule asks for it."""

    class State(models.TextChoices):
        """Where it stands; the server decides."""

        OPEN = "open", "Open"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"

    class Origin(models.TextChoices):
        """What brought it in."""

        FLAG = "flag", "Flagged"
        RANDOM = "random", "Random share"
        PERSON = "person", "Added by a person"

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="items")
    turn_id = models.CharField(max_length=200)
    trace_id = models.CharField(max_length=200)
    conversation_id = models.CharField(max_length=500)
    turn_time = models.DateTimeField()
    origin = models.CharField(max_length=10, choices=Origin.choices)
    reason = models.CharField(max_length=500, help_text="Why am I seeing this, in words.")
    priority = models.FloatField(default=0, help_text="Higher comes first.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    skip_reason = models.CharField(max_length=300, blank=True)
    reserved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reserved_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["queue", "turn_id"], name="one_item_a_turn")]
        indexes: ClassVar = [models.Index(fields=["queue", "state", "-priority", "id"])]

    def __str__(self) -> str:
        return f"{self.turn_id} in {self.queue}"


class Cause(models.TextChoices):
    """Why an answer failed."""

    QUESTION = "question_misunderstood", "Question misunderstood"
    RETRIEVAL = "retrieval_failed", "Retrieval failed"
    REASONING = "reasoning_error", "Reasoning error"
    PROMPT = "prompt", "Prompt"
    MODEL = "model", "Model"
    TOOL = "tool", "Tool"
    DATA = "data", "Data"
    POLICY = "policy", "Policy"


class Verdict(models.Model):
    """What one reviewer said of one item."""

    class Grade(models.TextChoices):
        """How good the answer was."""

        GOOD = "good", "Good"
        PARTLY = "partly", "Partly"
        BAD = "bad", "Bad"

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="verdicts")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="verdicts")
    grade = models.CharField(max_length=10, choices=Grade.choices)
    cause = models.CharField(max_length=30, choices=Cause.choices, blank=True)
    flags = models.JSONField(default=dict, help_text="detector -> confirmed | rejected | missed.")
    correction = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    seconds = models.FloatField(default=0, help_text="How long it took.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "reviewer"], name="one_verdict_a_reviewer")]

    def __str__(self) -> str:
        return f"{self.grade} by {self.reviewer}"
