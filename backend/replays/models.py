"""Answers tried again with one thing changed, beside the same request unchanged: what was asked, and what came back."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models

from backend.projects.models import Project


class Replay(models.Model):
    """A recorded request sent again several times, half of them with one thing changed."""

    class Kind(models.TextChoices):
        """What is changed."""

        ADD = "add", "Add a document"
        SWAP = "swap", "Replace a document"
        DROP = "drop", "Take a document out"
        FIRST = "first", "Put a document first"
        PROMPT = "prompt", "Another version of the prompt"
        SYSTEM = "system", "Another system message"
        MODEL = "model", "Another model"

    class State(models.TextChoices):
        """How far it got."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    class Verdict(models.TextChoices):
        """What the answers tell."""

        HEALS = "heals", "Heals"
        DOES_NOT = "does_not_heal", "Does not heal"
        NOT_ENOUGH = "not_enough_evidence", "Not enough evidence"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="replays")
    turn_id = models.CharField(max_length=600)
    trace_id = models.CharField(max_length=500)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    change = models.JSONField(default=dict, help_text="What is put where, as it was asked for.")
    change_text = models.CharField(max_length=300, help_text="The same in words.")
    model = models.CharField(max_length=80, help_text="That is asked the unchanged request.")
    changed_model = models.CharField(max_length=80, help_text="That is asked the changed one.")
    must_say = models.CharField(max_length=300, blank=True, help_text="Words that a healed answer has to hold.")
    repeats = models.PositiveSmallIntegerField(help_text="How often each of both is sent.")
    cause = models.CharField(max_length=40, blank=True, help_text="The answer's cause when it was asked for.")
    cause_probability = models.FloatField(null=True)
    before = models.JSONField(default=list, help_text="What speaks against the recorded answer, in sentences.")

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    error = models.TextField(blank=True)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True)
    reason = models.TextField(blank=True, help_text="Why that is the verdict.")
    control_healed = models.PositiveSmallIntegerField(default=0)
    control_judged = models.PositiveSmallIntegerField(default=0)
    changed_healed = models.PositiveSmallIntegerField(default=0)
    changed_judged = models.PositiveSmallIntegerField(default=0)
    difference = models.FloatField(null=True, help_text="Share of healed answers, changed minus unchanged.")
    low = models.FloatField(null=True, help_text="Of the difference, 95 %.")
    high = models.FloatField(null=True)
    p_value = models.FloatField(null=True, help_text="How often chance alone heals as much more; one-sided, exact.")

    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=254, help_text="Address of the person, or public half of the key.")
    stopped_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["project", "trace_id"], name="replays_of_a_trace"),
            models.Index(fields=["state", "project"], name="replays_to_carry_on"),
        ]

    def __str__(self) -> str:
        return f"replay {self.pk} of {self.turn_id}"

    @property
    def is_open(self) -> bool:
        """Whether a worker has something to do about it."""
        return self.state == self.State.RUNNING

    def used(self) -> dict[str, Any]:
        """What its answers cost so far: ``input_tokens``, ``output_tokens``, ``cost_usd``, and how many ``failed``."""
        sums = {name: models.Sum(name, default=0) for name in ("input_tokens", "output_tokens", "cost_usd")}
        failed = models.Count("pk", filter=~models.Q(error=""))
        return self.attempts.aggregate(**sums, failed=failed)


class Attempt(models.Model):
    """One of the requests of a replay, and its answer."""

    class Arm(models.TextChoices):
        """Whether the change is in it."""

        CONTROL = "control", "Unchanged"
        CHANGED = "changed", "Changed"

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="attempts")
    arm = models.CharField(max_length=10, choices=Arm.choices)
    number = models.PositiveSmallIntegerField(help_text="From 1 in each arm.")
    answer = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=500, blank=True, help_text="Why there is no answer.")
    is_healed = models.BooleanField(null=True, help_text="Empty where it could not be judged.")
    reasons = models.JSONField(default=list, help_text="What speaks against the answer, in sentences.")
    scores = models.JSONField(default=dict, help_text="Values by name of the score.")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.FloatField(default=0.0)
    duration_ms = models.FloatField(default=0.0)
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["number", "arm"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["replay", "arm", "number"], name="one_attempt_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.arm} {self.number} of {self.replay}"


LEAST: Final = 3
"""Fewest repetitions: two against two prove nothing even where all of one and none of the other are healed."""
MOST: Final = 10
USUAL: Final = 3
