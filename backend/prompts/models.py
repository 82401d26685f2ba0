"""Prompts that a product fetches when it runs: numbered versions, and labels that say which one is in force."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from backend.projects.models import Project


class Prompt(models.Model):
    """A name under which versions are kept."""

    class Kind(models.TextChoices):
        """One text, or a list of messages."""

        TEXT = "text", "Text"
        CHAT = "chat", "Messages"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prompts")
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    tags = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="one_prompt_a_name")]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """One text of a prompt; never changed, only followed by the next."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="A text, or a list of messages.")
    config = models.JSONField(default=dict, help_text="What the product wants beside it, such as a model's name.")
    note = models.TextField(blank=True, help_text="Why it was made.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["prompt", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"{self.prompt} {self.number}"


class PromptLabel(models.Model):
    """A word that points to one version at a time, such as ``production``."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="labels")
    version = models.ForeignKey(PromptVersion, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["prompt", "name"], name="one_version_a_label")]

    def __str__(self) -> str:
        return self.name
