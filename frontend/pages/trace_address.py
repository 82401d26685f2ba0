"""Ids in addresses: they are the clients' own, so any character may stand in them."""

from __future__ import annotations


class AnyId:
    """The rest of an address, whatever it holds; Django's own ``path`` refuses line breaks."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        """The id as it came, already unquoted."""
        return value

    def to_url(self, value: str) -> str:
        """The id; Django quotes it."""
        return value
