"""Every kind of detector that a project has: those of the product, installed ones, and its own."""

from __future__ import annotations

import logging
from typing import Any

from analytics.detection.judge import judge_kind
from analytics.detection.wording import wording_kind
from analytics.detectors.base import Detector
from analytics.detectors.catalogue import installed_kinds, kinds
from backend.detection.definitions import wording
from backend.detection.judging import judging
from backend.detection.models import JudgeEndpoint, OwnDetector
from backend.errors import BadRequest

log = logging.getLogger(__name__)


def kinds_of(project_id: int) -> dict[str, type[Detector]]:
    """Kinds by name, in the order of names; an own one that can no longer be read is left out and told of."""
    found = kinds() | installed_kinds()
    for row in OwnDetector.objects.filter(project_id=project_id):
        try:
            found[row.name] = kind_of(project_id, row.name, row.kind, row.definition)
        except BadRequest as fault:
            log.error("own detector %s of project %s cannot be read: %s", row.name, project_id, fault)
    return dict(sorted(found.items()))


def normal(kind: str, definition: dict[str, Any]) -> dict[str, Any]:
    """A definition as it is kept, whatever was left out of it.

    Raises:
        BadRequest: it cannot be read.
    """
    return judging(definition).as_json() if kind == OwnDetector.Kind.JUDGE else wording(definition).as_json()


def kind_of(project_id: int, name: str, kind: str, definition: dict[str, Any]) -> type[Detector]:
    """The kind that a definition makes.

    Raises:
        BadRequest: the definition cannot be read.
    """
    if kind == OwnDetector.Kind.JUDGE:
        endpoint = JudgeEndpoint.objects.filter(project_id=project_id).first()
        return judge_kind(name, project_id, judging(definition), endpoint.model if endpoint else "no endpoint")
    return wording_kind(name, wording(definition))
