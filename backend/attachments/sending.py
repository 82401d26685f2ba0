"""One attachment as the body of an answer; what it is, its bytes say, for a client may declare anything."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import IO, Final

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from backend.attachments.media import UNKNOWN, file_name, kind_of, media_type_of
from backend.attachments.pixels import HEADER, may_be_drawn
from backend.attachments.place import shelf
from backend.attachments.reference import SHORT
from backend.errors import NotFound

_KEY: Final = re.compile(rf"[0-9a-f]{{{SHORT},64}}")
_BLOCK: Final = 256 * 1024


def answer_with(project_id: int, key: str, *, name: str = "", saved: bool = False) -> StreamingHttpResponse:
    """A content of a project as an answer in which nothing can run.

    Args:
        project_id: whose it is.
        key: its SHA-256 in hexadecimal, or the first ``SHORT`` digits.
        name: what to save it as, if anything.
        saved: whether it is a file to be saved also where a page could show it.

    Raises:
        NotFound: the project has none such.
        ShelfAway: the place where it is does not answer.
    """
    found = shelf().find(project_id, key) if _KEY.fullmatch(key) else None
    if found is None:
        raise NotFound("this project has no such attachment; it may not have been sent, or been removed")
    file = shelf().open(project_id, found)
    head = file.read(HEADER)
    media_type = media_type_of(head)
    kind = kind_of(media_type)
    safe = (kind == "audio" or (kind == "image" and may_be_drawn(head, media_type))) and not saved
    answer = StreamingHttpResponse(_blocks(head, file), content_type=media_type if safe else UNKNOWN)
    answer["Content-Disposition"] = (
        f'{"inline" if safe else "attachment"}; filename="{file_name(name, found.key, media_type)}"'
    )
    answer["Content-Length"] = str(found.size)
    answer["Content-Encoding"] = "identity"  # pictures and sound are compressed already: gzip finds nothing
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


async def _blocks(head: bytes, file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        yield head
        while block := await sync_to_async(file.read)(_BLOCK):
            yield block
    finally:
        await sync_to_async(file.close)()
