"""Which detectors there are: those of the product, and those that other installed packages bring."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, get_args

from analytics.detectors.base import Detector, Severity
from backend.registry import discover, installed

GROUP: Final = "assay.detectors"
"""Entry-point group under which a package names its detectors."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,59}")
_OWN: Final = "own_"


@cache
def kinds() -> dict[str, type[Detector]]:
    """Every kind of detector of the product by name."""
    return discover("analytics.detectors", Detector)  # type: ignore[type-abstract]


@cache
def detectors() -> dict[str, Detector]:
    """Every detector of the product by name, as it was made."""
    return {name: kind() for name, kind in kinds().items()}


def installed_kinds() -> dict[str, type[Detector]]:
    """Kinds that other packages bring, by name; they are off until a project switches them on."""
    return _installed()[0]


def refused_plugins() -> dict[str, str]:
    """Why a plugin of another package was not taken, by its entry point."""
    return _installed()[1]


@cache
def _installed() -> tuple[dict[str, type[Detector]], dict[str, str]]:
    found, refused = installed(GROUP, Detector)  # type: ignore[type-abstract]
    for name, kind in list(found.items()):
        if why := _fault(name, kind):
            del found[name]
            refused[name] = why
    return found, refused


def _fault(name: str, kind: type[Detector]) -> str:
    if name in kinds():
        return f"{name} is the name of a detector of the product"
    if not _NAME.fullmatch(name) or name.startswith(_OWN):
        return "a name has 3 to 60 letters a to z, digits and _, begins with a letter and not with own_"
    if not str(getattr(kind, "version", "")) or getattr(kind, "severity", "") not in get_args(Severity):
        return "a detector has a version and a severity of low, medium or high"
    return ""
