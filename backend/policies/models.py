"""What of a project's telemetry is stored: its owners decide."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from typing import ClassVar, Final

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from backend.errors import AssayError, BadRequest, PolicyUnread
from backend.projects import key_changes
from backend.projects.models import Project
from backend.sensitive.own import MOST, own_pattern
from backend.sensitive.policy import AS_SENT, Policy

log = logging.getLogger(__name__)

LEAST_SHARE: Final = 0.001
"""Smallest share of ordinary traces that a project may keep."""

LONGEST_HOLD_H: Final = 720
"""Longest time that every trace is kept whole."""


class Redaction(models.TextChoices):
    """What happens to content before it is stored."""

    OFF = "off", "Store everything"
    MASK = "mask", "Mask personal data and secrets"
    DROP = "drop", "Store no content"


def new_salt() -> str:
    """By which a project's tokens differ from all others'."""
    return secrets.token_hex(16)


class ProjectPolicy(models.Model):
    """One project's; a project without one stores everything."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="policy")
    redaction = models.CharField(max_length=4, choices=Redaction.choices, default=Redaction.OFF)
    own_patterns = models.JSONField(default=list, help_text="Further patterns to mask: [[name, RE2 pattern], ...].")
    masks_names = models.BooleanField(default=False, help_text="Whether names and postal addresses are masked too.")
    kept_share = models.FloatField(
        default=1.0, help_text="Of ordinary traces whose spans are kept whole, above 0 to 1."
    )
    hold_hours = models.PositiveIntegerField(default=24, help_text="How long every trace is kept whole.")
    swept_to = models.DateTimeField(null=True, help_text="Traces stored before this moment have been decided over.")
    salt = models.CharField(max_length=32, default=new_salt)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)

    class Meta:
        verbose_name_plural: ClassVar = "project policies"

    def __str__(self) -> str:
        return f"{self.redaction} of {self.project}"

    def set_redaction(
        self, redaction: str, own_patterns: Sequence[tuple[str, str]], *, masks_names: bool | None = None
    ) -> None:
        """Decide what happens to what comes from now on; what is stored stays as it is.

        Args:
            redaction: one of ``Redaction``.
            own_patterns: names and patterns of the project.
            masks_names: whether names and postal addresses are masked too; None leaves it.

        Raises:
            BadRequest: the word is unknown, or a pattern cannot be used; the message says which and why.
        """
        if redaction not in Redaction.values:
            raise BadRequest(f"redaction is {redaction[:20]!r}; it must be one of {', '.join(Redaction.values)}")
        if len(own_patterns) > MOST:
            raise BadRequest(f"there are {len(own_patterns)} patterns; a project may set {MOST}")
        kept = [own_pattern(word, pattern) for word, pattern in own_patterns]
        self.redaction = redaction
        self.masks_names = self.masks_names if masks_names is None else masks_names
        self.own_patterns = [[one.word, one.pattern] for one in kept]
        self.save()
        # What remembers keys remembers policies with them.
        transaction.on_commit(key_changes.announce)

    def set_sampling(self, kept_share: float, hold_hours: int) -> None:
        """Decide which traces that are stored from now on keep their whole spans after a while.

        Raises:
            BadRequest: a figure is out of its range.
        """
        if not LEAST_SHARE <= kept_share <= 1:
            raise BadRequest(f"kept_share is {kept_share:g}; it must be from {LEAST_SHARE:g} to 1, which keeps all")
        if not 1 <= hold_hours <= LONGEST_HOLD_H:
            raise BadRequest(f"hold_hours is {hold_hours}; it must be from 1 to {LONGEST_HOLD_H}")
        if kept_share < 1 and (self.kept_share == 1 or self.swept_to is None):
            self.swept_to = timezone.now()  # what was stored while everything was kept stays
        self.kept_share, self.hold_hours = kept_share, hold_hours
        self.save()

    @property
    def as_policy(self) -> Policy:
        """As the steps of ingest take it."""
        own = tuple(own_pattern(word, pattern) for word, pattern in self.own_patterns)
        return Policy(self.redaction, bytes.fromhex(self.salt), own, self.masks_names)


def policy_row(project: Project) -> ProjectPolicy:
    """A project's, stored or not."""
    return ProjectPolicy.objects.filter(project=project).first() or ProjectPolicy(project=project)


def policy_of(project_id: int) -> Policy:
    """What ingest has to do with a project's telemetry.

    Raises:
        PolicyUnread: what is kept of it cannot be read.
    """
    row = ProjectPolicy.objects.filter(project_id=project_id).first()
    try:
        return AS_SENT if row is None else row.as_policy
    except (AssayError, ValueError, TypeError) as fault:
        log.error("the policy of project %s cannot be read, and nothing of it is taken: %s", project_id, fault)
        raise PolicyUnread(
            "the project's policy says what may be stored, and cannot be read; nothing is taken until an owner sets it"
            " again (project settings, Privacy)"
        ) from None
