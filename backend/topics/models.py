"""Topics as people see and steer them; which conversation stands in which is in ClickHouse."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from backend.projects.models import Project


class TopicFit(models.Model):
    """One fitted model of a project's topics; the published one assigns."""

    class State(models.TextChoices):
        """Life of a fit."""

        FITTING = "fitting", "Fitting"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"
        FAILED = "failed", "Failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="topic_fits")
    state = models.CharField(max_length=10, choices=State.choices, default=State.FITTING)
    embedding_model = models.CharField(max_length=200)
    model = models.BinaryField(default=bytes, help_text="analytics.topics model as npz bytes.")
    conversations = models.PositiveIntegerField(default=0, help_text="How many it was fitted on.")
    measures = models.JSONField(
        default=dict, help_text="What the fit says of itself: share low confidence, stability, seconds."
    )
    reason = models.CharField(max_length=300, blank=True, help_text="Why it ran, or why it failed.")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"fit {self.pk} of {self.project}"


class Topic(models.Model):
    """What some conversations have in common; its number outlives every re-fit."""

    class State(models.TextChoices):
        """Life of a topic."""

        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"
        MERGED = "merged", "Merged"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="topics")
    number = models.PositiveIntegerField(help_text="topic_id in ClickHouse; from 1, 0 is Other.")
    level = models.PositiveSmallIntegerField(default=1, help_text="1 a topic, 0 a group of topics.")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    machine_name = models.CharField(max_length=200)
    name_by_people = models.CharField(max_length=200, blank=True)
    subtitle = models.CharField(max_length=500, blank=True, help_text="The most typical message.")
    keywords = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    fit = models.ForeignKey(TopicFit, null=True, on_delete=models.SET_NULL, related_name="topics")
    fit_index = models.IntegerField(default=-1, help_text="Its place in the fitted model.")
    lineage = models.JSONField(default=list, help_text="What became of it: {at, event, topics}.")
    is_pinned = models.BooleanField(default=False, help_text="People keep it: never retired, never named anew.")
    is_ignored = models.BooleanField(default=False, help_text="People left it out of lists and trends.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "number"], name="one_topic_a_number")]
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it, else what its messages call it."""
        return self.name_by_people or self.machine_name


class TopicDeed(models.Model):
    """What a person decided about topics; every later fit is bound to it until someone takes it back."""

    class Kind(models.TextChoices):
        """What was decided."""

        MERGE = "merge", "Merged"
        SPLIT = "split", "Split"
        MOVE = "move", "Moved conversations"
        PIN = "pin", "Pinned"
        IGNORE = "ignore", "Left out"
        RENAME = "rename", "Renamed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="topic_deeds")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField(help_text="Number of the topic; 0 is Other, which conversations move to.")
    details = models.JSONField(default=dict, help_text="By kind; see backend/topics/deeds.py.")
    vectors = models.BinaryField(default=bytes, help_text="What later conversations are told apart by; float16 rows.")
    embedding_model = models.CharField(max_length=200, blank=True, help_text="That made the vectors.")
    by = models.CharField(max_length=254, help_text="E-mail address of a person, or the public part of a key.")
    at = models.DateTimeField(auto_now_add=True)
    undone_by = models.CharField(max_length=254, blank=True)
    undone_at = models.DateTimeField(null=True)
    is_applied = models.BooleanField(default=False, help_text="Whether all stored assignments follow it.")

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["is_applied"], condition=models.Q(is_applied=False), name="deeds_due")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of topic {self.number} by {self.by}"


class EmergingTopic(models.Model):
    """What people have begun to want since topics were found, with its evidence; the next fit may make it a topic."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="emerging_topics")
    fit = models.ForeignKey(TopicFit, on_delete=models.CASCADE, related_name="emerging_topics")
    centre = models.BinaryField(help_text="In the fit's topic space; float32.")
    radius = models.FloatField(help_text="Cosine to the centre from which a conversation belongs to it.")
    meaning = models.BinaryField(default=bytes, help_text="Mean vector by the fit's embedding model; float32.")
    name = models.CharField(max_length=200)
    keywords = models.JSONField(default=list)
    examples = models.JSONField(default=list, help_text="{conversation_id, text}, the most typical first.")
    conversation_ids = models.JSONField(default=list, help_text="Of those it was announced by, at most 200.")
    near = models.PositiveIntegerField(default=0, help_text="Number of the topic it is nearest to.")
    conversations = models.PositiveIntegerField(help_text="That were there when it was announced: the delay.")
    users = models.PositiveIntegerField()
    wordings = models.PositiveIntegerField(help_text="Different ones among these; they are what is counted.")
    expected = models.FloatField(help_text="Wordings that would have been there, had nothing changed.")
    p_value = models.FloatField()
    level = models.FloatField(help_text="What the p-value had to stay below.")
    first_at = models.DateTimeField(help_text="When the first of its conversations began.")
    found_at = models.DateTimeField(auto_now_add=True)
    seen_again = models.PositiveSmallIntegerField(default=0, help_text="Looks that found it again, as no news.")
    seen_at = models.DateTimeField(null=True, help_text="When a look found it again last.")
    became = models.PositiveIntegerField(null=True, help_text="Topic of a later fit that most of it is in; 0 is Other.")

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name
