"""How large a picture is, by its header alone: a file of a few bytes may unfold to gigabytes where it is drawn."""

from __future__ import annotations

import struct
from typing import Final

HEADER: Final = 256 * 1024
"""Bytes that are looked at; in a JPEG the size stands behind thumbnails and colour profiles."""
MOST: Final = 64_000_000
"""Dots of a picture that a page draws: 256 MB in memory."""

_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG that begin a frame (ITU T.81, table B.1)."""


def may_be_drawn(header: bytes, media_type: str) -> bool:
    """Whether a picture's header tells a size of ``MOST`` dots at most; one that tells none may not.

    Args:
        header: its first ``HEADER`` bytes.
        media_type: what its first bytes say it is.
    """
    measure = {"image/png": _png, "image/gif": _gif, "image/webp": _webp, "image/jpeg": _jpeg}[media_type]
    try:
        dots = measure(header)
    except (struct.error, IndexError):
        return False
    return 0 < dots <= MOST


def _png(header: bytes) -> int:
    wide, high = struct.unpack_from(">II", header, 16)
    return int(wide * high)


def _gif(header: bytes) -> int:
    wide, high = struct.unpack_from("<HH", header, 6)
    return int(wide * high)


def _webp(header: bytes) -> int:
    """The three forms of RFC 9649."""
    kind = header[12:16]
    if kind == b"VP8X":
        wide, wide_rest, high, high_rest = struct.unpack_from("<HBHB", header, 24)
        return int(((wide | wide_rest << 16) + 1) * ((high | high_rest << 16) + 1))
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", header, 21)
        return int(((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1))
    wide, high = struct.unpack_from("<HH", header, 26)
    return int((wide & 0x3FFF) * (high & 0x3FFF))


def _jpeg(header: bytes) -> int:
    at = 2
    while header[at] == 0xFF:
        if header[at + 1] == 0xFF:  # markers may be filled up
            at += 1
            continue
        if header[at + 1] in _FRAMES:
            high, wide = struct.unpack_from(">HH", header, at + 5)
            return int(wide * high)
        (length,) = struct.unpack_from(">H", header, at + 2)
        at += 2 + length
    return 0
