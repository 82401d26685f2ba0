"""Small real pictures and other contents for tests."""

from __future__ import annotations

import base64
import random
import struct
import zlib


def png(seed: int = 1, side: int = 40) -> bytes:
    """A picture of noise in PNG, about ``3 * side * side`` bytes."""
    draw = random.Random(seed)
    rows = b"".join(b"\0" + draw.randbytes(3 * side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def wav(seed: int = 1, count: int = 2000) -> bytes:
    """Noise in WAV, 8 kHz, 8 bits."""
    sound = random.Random(seed).randbytes(count)
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    rest = b"WAVE" + form + b"data" + struct.pack("<I", count) + sound
    return b"RIFF" + struct.pack("<I", len(rest)) + rest


def base64_of(content: bytes) -> str:
    """As clients write it."""
    return base64.b64encode(content).decode()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
