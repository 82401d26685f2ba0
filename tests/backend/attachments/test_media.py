"""What a content is, its first bytes say; nothing that can hold a script is ever a picture."""

from __future__ import annotations

import pytest

from backend.attachments.media import AUDIO, HEAD, IMAGES, UNKNOWN, file_name, kind_of, media_type_of
from tests.backend.attachments.pictures import png, wav

CONTENTS = [
    (png(), "image/png", "image"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", "image"),
    (b"GIF89a\1\0", "image/gif", "image"),
    (b"RIFF\1\2\3\4WEBPVP8 ", "image/webp", "image"),
    (wav(), "audio/wav", "audio"),
    (b"ID3\3", "audio/mpeg", "audio"),
    (b"%PDF-1.7", "application/pdf", "file"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"><script>', UNKNOWN, "file"),
    (b"<!doctype html><script>", UNKNOWN, "file"),
    (b"<script>\x89PNG\r\n\x1a\n", UNKNOWN, "file"),
    (b"", UNKNOWN, "file"),
]


@pytest.mark.parametrize(("content", "media_type", "kind"), CONTENTS)
def test_the_first_bytes_decide(content: bytes, media_type: str, kind: str) -> None:
    """Pictures of dots and sound are shown, everything else is saved."""
    assert media_type_of(content[:HEAD]) == media_type
    assert kind_of(media_type) == kind


def test_no_kind_that_is_shown_can_hold_a_script() -> None:
    """Neither SVG nor HTML nor PDF is among them."""
    assert not [name for name in IMAGES | AUDIO if any(word in name for word in ("svg", "xml", "html", "pdf"))]


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("cat.png", "cat.png"),
        ("", "aaaaaaaaaaaa.png"),
        ("../../etc/passwd", "etc_passwd.png"),
        ("x.html", "x.html.png"),
        ('a";\r\nSet-Cookie: x', "a_Set-Cookie_x.png"),
        ("...", "aaaaaaaaaaaa.png"),
        ("a" * 500, "a" * 80 + ".png"),
    ],
)
def test_names_to_save_by_are_harmless(name: str, saved: str) -> None:
    """No path, no header, and an ending that fits the content."""
    assert file_name(name, "a" * 64, "image/png") == saved
