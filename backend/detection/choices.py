"""Settings of detectors as values: read at once, changed with a record of who did it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import transaction

from backend.accounts.models import User
from backend.detection.models import DetectorSetting, SettingChange
from backend.errors import BadRequest
from backend.projects.models import Project

LEAST_SHARE: Final = 0.001
"""Smallest share of turns a detector may look at; one that is to look at none is switched off."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a detector runs.

    Attributes:
        is_enabled: None as it was made.
        threshold: score from which on it flags, above 0 to 1; None as it was made.
        share: of the turns it looks at, above 0 to 1.
    """

    is_enabled: bool | None = None
    threshold: float | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.threshold is not None and not (math.isfinite(self.threshold) and 0 < self.threshold <= 1):
            raise BadRequest(f"threshold is {self.threshold}; it must be above 0 and at most 1, or empty for its own")
        if not (math.isfinite(self.share) and LEAST_SHARE <= self.share <= 1):
            raise BadRequest(f"share is {self.share}; it must be from {LEAST_SHARE} to 1; 0 is switching it off")


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something: a person, or a key by its public half."""

    name: str
    user: User | None = None

    @classmethod
    def of(cls, asker: Any) -> Author:
        """The author that a request's user stands for."""
        return cls(asker.email, asker if isinstance(asker, User) else None)


def choices(project_id: int) -> dict[str, Choice]:
    """What a project has set, by detector."""
    found = DetectorSetting.objects.filter(project_id=project_id)
    return {one.detector: Choice(one.is_enabled, one.threshold, one.share) for one in found}


@transaction.atomic
def choose(project: Project, detector: str, new: Choice, author: Author) -> bool:
    """Set how a detector runs from now on, and keep who did it; whether that changes anything."""
    found = DetectorSetting.objects.select_for_update().filter(project=project, detector=detector).first()
    old = Choice(found.is_enabled, found.threshold, found.share) if found else Choice()
    if old == new:
        return False
    DetectorSetting.objects.update_or_create(project=project, detector=detector, defaults=asdict(new))
    record(project, detector, author, "settings", asdict(old), asdict(new))
    return True


def record(
    project: Project, detector: str, author: Author, what: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Keep that somebody changed something of a detector."""
    SettingChange.objects.create(
        project=project,
        detector=detector,
        author=author.user,
        author_name=author.name,
        what=what,
        before=before,
        after=after,
    )
