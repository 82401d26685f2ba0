"""What of a project's telemetry may be stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backend.sensitive.own import OwnPattern

OFF: Final = "off"
MASK: Final = "mask"
DROP: Final = "drop"
MODES: Final = (OFF, MASK, DROP)


@dataclass(frozen=True, slots=True)
class Policy:
    """A project's rule.

    Attributes:
        mode: ``off`` stores what comes; ``mask`` puts tokens in the place of personal data and secrets; ``drop`` stores
            no content at all, and masks what is left.
        salt: the project's own, by which tokens cannot be compared across projects.
        own: patterns of the project, masked beside those that are built in.
        masks_names: whether names of people and postal addresses are masked too, as far as they are found.
    """

    mode: str = OFF
    salt: bytes = b""
    own: tuple[OwnPattern, ...] = ()
    masks_names: bool = False


AS_SENT: Final = Policy()
"""Of a project that set nothing."""
