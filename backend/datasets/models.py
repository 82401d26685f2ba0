"""Datasets that a product is tried on: items, and runs that tie each item to the trace of its answer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from backend.projects.models import Project


class Dataset(models.Model):
    """A named list of inputs, with what is expected of each."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    metadata = models.JSONField(null=True)
    input_schema = models.JSONField(null=True)
    expected_output_schema = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="one_dataset_a_name")]

    def __str__(self) -> str:
        return self.name


class DatasetItem(models.Model):
    """One input; an archived one is kept for the runs it was in."""

    class State(models.TextChoices):
        """Whether new runs take it."""

        ACTIVE = "ACTIVE", "Active"
        ARCHIVED = "ARCHIVED", "Archived"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="items")
    item_id = models.CharField(max_length=255, help_text="The client's own, or ours.")
    input = models.JSONField(null=True)
    expected_output = models.JSONField(null=True)
    metadata = models.JSONField(null=True)
    source_trace_id = models.CharField(max_length=500, blank=True)
    source_span_id = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "item_id"], name="one_item_an_id")]

    def __str__(self) -> str:
        return self.item_id


class DatasetRun(models.Model):
    """The product tried once on a dataset."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="runs")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    metadata = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["dataset", "name"], name="one_run_a_name")]

    def __str__(self) -> str:
        return self.name


class DatasetRunItem(models.Model):
    """The trace of the answer to one item."""

    run = models.ForeignKey(DatasetRun, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(DatasetItem, on_delete=models.CASCADE, related_name="run_items")
    trace_id = models.CharField(max_length=500)
    span_id = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "item", "trace_id", "span_id"], name="one_trace_an_item_and_run")
        ]

    def __str__(self) -> str:
        return f"{self.item} in {self.run}"
