"""One attachment as a file: shown where its bytes are a picture of dots or sound, saved in every other case."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import IO, Final, cast

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from backend.attachments.media import UNKNOWN, file_name, kind_of, media_type_of
from backend.attachments.pixels import HEADER, may_be_drawn
from backend.attachments.place import shelf
from backend.attachments.reference import SHORT, Reference
from backend.errors import NotFound
from backend.projects.access import Access
from frontend.guard import project_page
from frontend.templatetags.figures import counted

MOST: Final = 60
"""Attachments of one message or span that a page shows; the rest is in the raw JSON."""
_KEY: Final = re.compile(rf"[0-9a-f]{{{SHORT},64}}")
_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """An attachment, ready to be printed.

    Attributes:
        kind: ``image``, ``audio`` or ``file``, by what the client declared, or ``more`` for those that are not shown;
            what a browser gets, the content decides.
        href: where it is.
        title: its name, else what it is.
        size: bytes; None where nobody said.
    """

    kind: str
    href: str
    title: str
    media_type: str
    size: int | None


def shown(slug: str, references: Iterable[Reference]) -> list[Shown]:
    """Attachments of a project, ready to be printed, ``MOST`` at most; one without an address stands for the rest."""
    found: list[Shown] = []
    left = 0
    for one in references:
        if len(found) == MOST:
            left += 1
            continue
        kind = kind_of(one.media_type)
        title = one.name or {"image": "Image", "audio": "Audio"}.get(kind, "File")
        found.append(Shown(kind, reverse("attachment", args=[slug, one.key]), title, one.media_type, one.size))
    if left:
        found.append(Shown("more", "", f"{counted(left, 'more attachment,more attachments')} in Raw", "", None))
    return found


@require_GET
@project_page
def attachment(request: HttpRequest, access: Access, key: str) -> HttpResponse:
    """Send one; what it is, its bytes say, for a client may declare anything."""
    found = shelf().find(access.project.pk, key) if _KEY.fullmatch(key) else None
    if found is None:
        raise NotFound("this project has no such attachment; it may not have been sent, or been removed")
    file = shelf().open(access.project.pk, found)
    head = file.read(HEADER)
    media_type = media_type_of(head)
    kind = kind_of(media_type)
    safe = (kind == "audio" or (kind == "image" and may_be_drawn(head, media_type))) and not request.GET.get("download")
    answer = StreamingHttpResponse(_blocks(head, file), content_type=media_type if safe else UNKNOWN)
    name = file_name(request.GET.get("name", ""), found.key, media_type)
    answer["Content-Disposition"] = f'{"inline" if safe else "attachment"}; filename="{name}"'
    answer["Content-Length"] = str(found.size)
    answer["Content-Encoding"] = "identity"  # pictures and sound are compressed already: gzip finds nothing
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return cast("HttpResponse", answer)


async def _blocks(head: bytes, file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        yield head
        while block := await sync_to_async(file.read)(_BLOCK):
            yield block
    finally:
        await sync_to_async(file.close)()
