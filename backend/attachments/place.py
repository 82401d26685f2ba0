"""The shelf of this installation, by its settings."""

from __future__ import annotations

from functools import cache

from backend.attachments.shelf import FolderShelf, Shelf
from backend.env import env
from backend.errors import SettingError


@cache
def shelf() -> Shelf:
    """Where this installation keeps attachments.

    Raises:
        SettingError: the address of the bucket is wrong, or what speaks to buckets is not installed.
    """
    url = env().attachments_url
    if not url:
        return FolderShelf(env().home / "attachments")
    try:
        from backend.attachments.bucket import BucketShelf  # not there unless it is wanted
    except ImportError as fault:
        raise SettingError(
            f"ASSAY_ATTACHMENTS_URL needs packages of requirements-s3.txt, which are not installed ({fault.name})"
        ) from fault
    return BucketShelf(url)
