"""Put files in base64 aside: what is stored in the rows is a reference, the bytes go to the project's attachments.

It works on rows as they are encoded, whichever protocol and vocabulary they came by: base64 needs no escape in JSON,
however deep it is quoted, and neither does a reference. Rows without a file cost a look at every 960th place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from backend.attachments.media import HEAD, UNKNOWN, media_type_of
from backend.attachments.reference import Reference
from backend.attachments.shelf import Shelf
from backend.store.rows import Rows

SHORTEST: Final = 1024
"""Characters of base64 that are worth a file; what is shorter stays where it is."""
MOST: Final = 256
"""Attachments of one request: each costs a sync of the disk. What is beyond stays in its message."""

_PROBE: Final = 64
_STRIDE: Final = SHORTEST - _PROBE
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_RUN: Final = re.compile(rb"[A-Za-z0-9+/_-]+")
_NEAR: Final = 400
"""Bytes before and behind in which the same object may tell what the content is."""
_DATA_URL: Final = re.compile(
    rb"data:(?P<type>[\w.+-]{1,60}/[\w.+-]{1,60})?(?:;[\w.+-]{1,40}=[\w.%+-]{0,100}){0,4};base64,\Z"
)
_TYPE: Final = re.compile(rb'(?:mime_?type|media_?type)\\*"\s*:\s*\\*"([\w.+-]{1,60}/[\w.+-]{1,60})', re.IGNORECASE)
_FORMAT: Final = re.compile(rb'\bformat\\*"\s*:\s*\\*"(wav|mp3|flac|opus|pcm16)\\*"')
_NAME: Final = re.compile(rb'\b(?:file_?name|title|name)\\*"\s*:\s*\\*"([^"\\]{1,100})')
_IS_FILE: Final = re.compile(rb'\btype\\*"\s*:\s*\\*"(?:blob|base64)\\*"')
_AUDIO: Final = {
    "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "opus": "audio/ogg", "pcm16": "audio/pcm",
}  # fmt: skip
_WEAK: Final = frozenset({UNKNOWN, "audio/mpeg"})
"""Two bytes are too few to call what nothing else calls a file."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A content that rows refer to and that must be kept before they are."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a content stands in the text, with the head of its data URL."""

    start: int
    end: int
    reference: Reference
    content: bytes


def put_aside(rows: Rows) -> tuple[Rows, list[Attachment]]:
    """Replace files in base64 by references.

    Args:
        rows: as they are encoded.

    Returns:
        The rows to store, and what has to be kept before them; the same rows where there is no file.
    """
    found: dict[str, Attachment] = {}
    pieces, done = [], 0
    for place in _places(rows.text):
        if len(found) == MOST and place.reference.key not in found:
            continue
        found[place.reference.key] = Attachment(place.reference.key, place.content)
        pieces += [rows.text[done : place.start], str(place.reference).encode()]
        done = place.end
    if not found:
        return rows, []
    return replace(rows, text=b"".join([*pieces, rows.text[done:]])), list(found.values())


def put_all_aside(entries: Iterable[Rows]) -> tuple[list[Rows], list[Attachment]]:
    """The same for the rows of several tables."""
    told = [put_aside(rows) for rows in entries]
    return [rows for rows, _ in told], [one for _, attachments in told for one in attachments]


def keep(shelf: Shelf, project_id: int, attachments: Iterable[Attachment]) -> None:
    """Make attachments safe; rows that refer to them may be stored afterwards.

    Raises:
        ShelfAway: one of them could not be kept.
    """
    for attachment in attachments:
        shelf.put(project_id, attachment.content)


def _places(text: bytes) -> Iterator[_Place]:
    floor = 0
    for start, end in _runs(text):
        place = _place(text, floor, start, end)
        floor = end
        if place is not None:
            yield place


def _runs(text: bytes) -> Iterator[tuple[int, int]]:
    """Where letters of base64 stand, ``SHORTEST`` or more in a row."""
    at = floor = 0
    last = len(text) - _PROBE
    while at <= last:
        if text[at : at + _PROBE].translate(None, _LETTERS):
            at += _STRIDE
            continue
        before = text[max(floor, at - _STRIDE) : at]
        start = at - (len(before) - len(before.rstrip(_LETTERS)))
        run = _RUN.match(text, at)
        end = run.end() if run else at
        if end - start >= SHORTEST:
            yield start, end
        at = floor = end + 1


def _place(text: bytes, floor: int, start: int, end: int) -> _Place | None:
    """The file that a run of letters is; None where it is none, or cannot be read."""
    before = text[max(floor, start - _NEAR) : start]
    close = end
    while close < end + 2 and text[close : close + 1] == b"=":
        close += 1
    url = _DATA_URL.search(before)
    if url is None and not (before[-1:] == b'"' and text[close : close + 1] in {b'"', b"\\"}):
        return None
    own = re.split(rb"[{}]", before)[-1], re.split(rb"[{}]", text[close : close + _NEAR], maxsplit=1)[0]
    content = _decoded(text[start:end])
    if content is None:
        return None
    known = media_type_of(content[:HEAD])
    declared = _word(url["type"]) if url else _declared(own)
    if url is None and not declared and known in _WEAK and not any(_IS_FILE.search(side) for side in own):
        return None
    name = next((_word(hit[1]) for side in own if (hit := _NAME.search(side))), "")
    key = hashlib.sha256(content).hexdigest()
    begin = start - len(before) + url.start() if url else start
    return _Place(begin, close, Reference(key, declared or known, len(content), name), content)


def _declared(own: tuple[bytes, bytes]) -> str:
    for side in own:
        if hit := _TYPE.search(side):
            return _word(hit[1])
        if hit := _FORMAT.search(side):
            return _AUDIO[_word(hit[1])]
    return ""


def _decoded(letters: bytes) -> bytes | None:
    if len(letters) % 4 == 1:
        return None
    try:
        padded = letters + b"=" * (-len(letters) % 4)
        return base64.b64decode(padded, b"-_" if b"-" in letters or b"_" in letters else None, validate=True)
    except binascii.Error:
        return None


def _word(text: bytes | None) -> str:
    return (text or b"").decode("utf-8", "replace")
