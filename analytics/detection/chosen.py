"""Detectors as a project has chosen them: which run, from which score on they flag, on which turns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from analytics.detection.kinds import kinds_of
from analytics.detectors.base import Detector
from analytics.detectors.catalogue import installed_kinds
from backend.detection.choices import Choice, choices

_USUAL: Final = Choice()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A detector as it runs in a project.

    Attributes:
        detector: with the threshold of the project.
        is_enabled: whether it runs at all.
        share: of the turns it looks at.
    """

    detector: Detector
    is_enabled: bool = True
    share: float = 1.0

    @property
    def name(self) -> str:
        """Of the detector."""
        return self.detector.name

    def takes(self, turn_id: str) -> bool:
        """Whether it looks at a turn; the same turns each time, and those of a small share are in any larger one."""
        return self.share >= 1 or place_of(turn_id) < self.share


def chosen(project_id: int) -> list[Chosen]:
    """Every detector of a project by name, also those that are switched off."""
    said = choices(project_id)
    return [_chosen(kind, said.get(name, _USUAL)) for name, kind in kinds_of(project_id).items()]


def place_of(turn_id: str) -> float:
    """A number from 0 to 1 that belongs to a turn: chance that falls the same way each time."""
    return int.from_bytes(hashlib.sha256(turn_id.encode("utf-8", "replace")).digest()[:7], "big") / 2**56


def version_of(detector: Detector) -> str:
    """Version under which findings are kept; a threshold of the project's own belongs to it."""
    usual = type(detector).threshold
    return detector.version if detector.threshold == usual else f"{detector.version} from {detector.threshold:g}"


def named(found: Sequence[Chosen], name: str) -> Chosen | None:
    """The detector of that name, None where there is none."""
    return next((one for one in found if one.name == name), None)


def _chosen(kind: type[Detector], choice: Choice) -> Chosen:
    is_on = kind.is_on and kind.name not in installed_kinds()
    is_enabled = is_on if choice.is_enabled is None else choice.is_enabled
    return Chosen(made(kind, choice.threshold), is_enabled, choice.share)


@lru_cache(maxsize=256)
def made(kind: type[Detector], threshold: float | None) -> Detector:
    """A detector of this kind with a threshold; None is its own. Those made once are used again."""
    return kind(threshold)
