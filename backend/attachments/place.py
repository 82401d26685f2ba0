"""The shelf of this installation, by its settings."""

from __future__ import annotations

from functools import cache

from backend.attachments.shelf import FolderShelf, Shelf
from backend.env import env


@cache
def shelf() -> Shelf:
    """Where this installation keeps attachments."""
    return FolderShelf(env().home / "attachments")
