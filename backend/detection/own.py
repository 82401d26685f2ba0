"""Own detectors of a project: made, changed and removed with a record of who did it."""

from __future__ import annotations

from typing import Any, Final

from django.db import IntegrityError, transaction

from backend.detection.choices import Author, record
from backend.detection.models import DetectorSetting, OwnDetector
from backend.errors import BadRequest, NotFound
from backend.projects.models import Project

MOST_OWN: Final = 50


@transaction.atomic
def make(project: Project, name: str, kind: str, definition: dict[str, Any], author: Author) -> OwnDetector:
    """Make an own detector; it looks at the turns that are judged from now on.

    Raises:
        BadRequest: there is one by that name, or as many as a project may have.
    """
    if OwnDetector.objects.filter(project=project).count() >= MOST_OWN:
        raise BadRequest(f"a project has at most {MOST_OWN} detectors of its own; remove one first")
    try:
        with transaction.atomic():
            made = OwnDetector.objects.create(project=project, name=name, kind=kind, definition=definition)
    except IntegrityError:
        raise BadRequest(f"there is a detector {name!r} already; change it, or choose another name") from None
    record(project, name, author, "made", {}, definition)
    return made


@transaction.atomic
def change(project: Project, name: str, definition: dict[str, Any], author: Author) -> bool:
    """Change what an own detector looks for from now on; whether that changes anything.

    Raises:
        NotFound: there is none by that name.
    """
    found = OwnDetector.objects.select_for_update().filter(project=project, name=name).first()
    if found is None:
        raise NotFound(f"there is no own detector {name[:80]!r}")
    before = found.definition
    if before == definition:
        return False
    found.definition = definition
    found.save(update_fields=["definition", "updated_at"])
    record(project, name, author, "changed", before, definition)
    return True


@transaction.atomic
def remove(project: Project, name: str, author: Author) -> None:
    """Remove an own detector with its settings; the record of its changes stays.

    Raises:
        NotFound: there is none by that name.
    """
    found = OwnDetector.objects.filter(project=project, name=name).first()
    if found is None:
        raise NotFound(f"there is no own detector {name[:80]!r}")
    record(project, name, author, "removed", found.definition, {})
    DetectorSetting.objects.filter(project=project, detector=name).delete()
    found.delete()
