"""What stands in a message instead of a file: hash, media type, size and name; JSON escapes none of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote

SCHEME: Final = "attachment:"
# Langfuse's SDKs write the second where the file went by their media API; the id is the beginning of the hash.
PATTERN: Final = (
    r"attachment:[0-9a-f]{64}\?[A-Za-z0-9%=&._~-]{1,600}"
    r"|@@@langfuseMedia:type=[\w.+/-]{1,100}\|id=[A-Za-z0-9_-]{22}\|source=[\w-]{1,40}@@@"
)
"""Either form, without groups, as ClickHouse reads it too."""
_REFERENCE: Final = re.compile(PATTERN)
LANGFUSE_ID: Final = 22
"""Characters of a media id of Langfuse: 132 of the hash's 256 bits, in base64 for addresses."""
SHORT: Final = 33
"""Hexadecimal digits of the same 132 bits."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that stands elsewhere.

    Attributes:
        key: SHA-256 of the content in hexadecimal, or its first ``SHORT`` digits.
        media_type: as the client declared it; what is served says the content alone.
        size: bytes; None where the client did not say.
        name: of the file, empty where it has none.
    """

    key: str
    media_type: str = ""
    size: int | None = None
    name: str = ""

    def __str__(self) -> str:
        """The text that stands in the message."""
        size = "" if self.size is None else str(self.size)
        told = {"type": self.media_type[:100], "size": size, "name": self.name[:100]}
        words = "&".join(f"{name}={quote(value, safe='')[:280]}" for name, value in told.items() if value)
        return f"{SCHEME}{self.key}?{words or 'size='}"


def references(text: str) -> Iterator[Reference]:
    """The files that a text refers to, each once, in the order they stand."""
    seen: set[str] = set()
    if SCHEME not in text and "@@@langfuseMedia" not in text:
        return
    for found in _REFERENCE.finditer(text):
        reference = _read(found)
        if reference.key not in seen:
            seen.add(reference.key)
            yield reference


def reference_of(text: str) -> Reference | None:
    """The file that a text is; None where it says anything else."""
    found = _REFERENCE.fullmatch(text) if len(text) < 1000 else None
    return _read(found) if found else None


def without_references(text: str) -> str:
    """A text with a short word in the place of each file."""
    return _REFERENCE.sub(lambda found: f"[{_read(found).media_type or 'file'}]", text) if text else text


def key_of_langfuse(media_id: str) -> str:
    """The beginning of the hash that an id of Langfuse's media API stands for."""
    return base64.urlsafe_b64decode(f"{media_id}AA").hex()[:SHORT]


def langfuse_id(key: str) -> str:
    """The id by which Langfuse's SDKs know a content, from its hash."""
    return base64.urlsafe_b64encode(bytes.fromhex(key)).decode()[:LANGFUSE_ID]


def _read(found: re.Match[str]) -> Reference:
    if found[0].startswith("@"):
        media_type, media_id = (word.partition("=")[2] for word in found[0].split(":", 1)[1].split("|")[:2])
        return Reference(key_of_langfuse(media_id), media_type)
    key, _, words = found[0].removeprefix(SCHEME).partition("?")
    told = parse_qs(words)
    size = told.get("size", [""])[0]
    return Reference(
        key,
        told.get("type", [""])[0],
        int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
        told.get("name", [""])[0],
    )
