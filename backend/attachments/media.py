"""What a content is, by its first bytes alone: what a client declares is never what a browser is told.

The signatures are those of the WHATWG's MIME Sniffing standard (https://mimesniff.spec.whatwg.org/), and FLAC's own.
"""

from __future__ import annotations

import re
from typing import Final

HEAD: Final = 64
"""Bytes that are looked at."""

_SIGNATURES: Final = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/webp", re.compile(rb"RIFF....WEBPVP", re.DOTALL)),
    ("audio/wav", re.compile(rb"RIFF....WAVE", re.DOTALL)),
    ("audio/mpeg", re.compile(rb"ID3|\xff[\xfb\xf3\xf2\xfa]")),
    ("audio/ogg", re.compile(rb"OggS\x00")),
    ("audio/flac", re.compile(rb"fLaC")),
    ("audio/mp4", re.compile(rb"....ftypM4A", re.DOTALL)),
    ("video/mp4", re.compile(rb"....ftyp(mp4|iso|avc|qt)", re.DOTALL)),
    ("video/webm", re.compile(rb"\x1a\x45\xdf\xa3")),
    ("application/pdf", re.compile(rb"%PDF-")),
    ("application/zip", re.compile(rb"PK\x03\x04")),
    ("application/gzip", re.compile(rb"\x1f\x8b\x08")),
)
UNKNOWN: Final = "application/octet-stream"
IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Shown in pages: pictures of dots, which hold no script and load nothing. SVG is none of them."""
AUDIO: Final = frozenset({"audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/mp4"})
"""Played in pages."""
_ENDINGS: Final = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "audio/wav": "wav",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/flac": "flac", "audio/mp4": "m4a", "video/mp4": "mp4",
    "video/webm": "webm", "application/pdf": "pdf", "application/zip": "zip", "application/gzip": "gz",
}  # fmt: skip


def media_type_of(head: bytes) -> str:
    """Media type of a content by its first ``HEAD`` bytes; ``UNKNOWN`` where it is none of those known here."""
    return next((name for name, signature in _SIGNATURES if signature.match(head)), UNKNOWN)


def kind_of(media_type: str) -> str:
    """How a page shows it: ``image``, ``audio`` or ``file``."""
    return "image" if media_type in IMAGES else "audio" if media_type in AUDIO else "file"


def file_name(name: str, key: str, media_type: str) -> str:
    """A name to save it by that no system reads as a path or a command, with an ending that fits the content."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")[:80]
    ending = _ENDINGS.get(media_type, "bin")
    if not stem:
        return f"{key[:12]}.{ending}"
    return stem if stem.lower().endswith(f".{ending}") else f"{stem}.{ending}"
