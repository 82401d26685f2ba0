"""Which detectors there are."""

from __future__ import annotations

from functools import cache

from analytics.detectors.base import Detector
from backend.registry import discover


@cache
def kinds() -> dict[str, type[Detector]]:
    """Every kind of detector by name."""
    return discover("analytics.detectors", Detector)  # type: ignore[type-abstract]


@cache
def detectors() -> dict[str, Detector]:
    """Every detector by name, as it was made."""
    return {name: kind() for name, kind in kinds().items()}
