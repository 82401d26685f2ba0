"""Which file was uploaded under an address, until the spans that name the address have come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import models
from django.utils import timezone

from backend.projects.attachments_unused import LEAST_AGE_H
from backend.projects.models import Project

KEPT_FOR: Final = timedelta(hours=LEAST_AGE_H)
"""As long as the file itself stays though no span refers to it."""


class FileAddressQuerySet(models.QuerySet["FileAddress"]):
    """Finding and giving up uploads."""

    def references_of(self, project_id: int, tokens: Iterable[str]) -> dict[str, str]:
        """What stands for the files of a project, by token; none for those that nobody uploaded."""
        found = self.filter(project_id=project_id, token__in=list(tokens))
        return dict(found.values_list("token", "reference"))

    def clear_old(self) -> int:
        """Give up those whose spans should have come, and return how many."""
        return self.filter(uploaded_at__lt=timezone.now() - KEPT_FOR).delete()[0]


class FileAddress(models.Model):
    """One file on the project's shelf, and the address under which its client knows it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    token = models.CharField(max_length=80, unique=True, help_text="The last word of the address.")
    reference = models.CharField(max_length=400, help_text="What stands in the span instead of the address.")
    uploaded_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = FileAddressQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.reference[:40]} of {self.project}"
