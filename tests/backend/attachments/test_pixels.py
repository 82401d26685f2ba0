"""Pictures that unfold to gigabytes are told by their headers, in each form that pages draw."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.attachments.media import IMAGES
from backend.attachments.pixels import MOST, may_be_drawn
from tests.backend.attachments.pictures import png


def _png(wide: int, high: int) -> bytes:
    return png()[:16] + struct.pack(">II", wide, high) + png()[24:]


def _gif(wide: int, high: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", wide, high) + b"\0" * 9


def _jpeg(wide: int, high: int) -> bytes:
    thumbnail = b"\xff\xe1" + struct.pack(">H", 60_000) + b"\xff\xd8\xff\xc0" * 14_999 + b"xx"
    frame = b"\xff\xff\xc2" + struct.pack(">HBHH", 17, 8, high, wide)
    return b"\xff\xd8" + thumbnail + b"\xff\xc4" + struct.pack(">H", 4) + b"\xc0\xc0" + frame


def _vp8(wide: int, high: int) -> bytes:
    return b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", wide, high)


def _vp8l(wide: int, high: int) -> bytes:
    return b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", (wide - 1) | (high - 1) << 14)


def _vp8x(wide: int, high: int) -> bytes:
    size = (wide - 1).to_bytes(3, "little") + (high - 1).to_bytes(3, "little")
    return b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + size


FORMS = [
    ("image/png", _png), ("image/gif", _gif), ("image/jpeg", _jpeg), ("image/webp", _vp8), ("image/webp", _vp8l),
    ("image/webp", _vp8x),
]  # fmt: skip


@pytest.mark.parametrize(("media_type", "made"), FORMS)
def test_a_picture_of_usual_size_is_drawn_and_a_bomb_is_not(media_type: str, made: object) -> None:
    """Either side of the limit."""
    assert callable(made)
    assert may_be_drawn(made(8000, 8000), media_type)
    assert not may_be_drawn(made(16_000, 16_000), media_type)
    assert 8000 * 8000 <= MOST < 16_000 * 16_000


@pytest.mark.parametrize(("form", "needed"), list(enumerate([24, 10, 60_020, 30, 25, 30])))
def test_a_header_that_ends_early_is_not_drawn(form: int, needed: int) -> None:
    """It says no size; one byte more and it does."""
    media_type, made = FORMS[form]
    whole = made(100, 100)
    for end in (0, 2, 8, needed - 1):
        assert not may_be_drawn(whole[:end], media_type)
    assert may_be_drawn(whole[:needed], media_type)


@given(st.binary(max_size=200), st.sampled_from(sorted(IMAGES)))
def test_no_header_breaks_it(header: bytes, media_type: str) -> None:
    """Whatever it holds."""
    assert may_be_drawn(header, media_type) in {True, False}
