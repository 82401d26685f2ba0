"""Langfuse's media: its SDKs put images and files aside themselves, before the spans that name them.

The id of a medium is the beginning of its hash, so that attachments need no table: a span that names it finds the
content on the same shelf as files that came in base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Final, cast

from asgiref.sync import sync_to_async
from django.core import signing
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path, reverse

from backend.attachments.media import HEAD, UNKNOWN, media_type_of
from backend.attachments.place import shelf
from backend.attachments.reference import LANGFUSE_ID, key_of_langfuse, langfuse_id
from backend.attachments.shelf import Kept
from backend.env import env
from backend.errors import BadRequest, NotAllowed, NotFound, TooLarge
from backend.policies.models import policy_of
from backend.projects.models import Project, Scope
from backend.sensitive.policy import DROP
from ingest.apis.keyed import absolute, iso, keyed, open_to_all, said, told_in
from ingest.mapping.values import as_text

_GOOD_FOR_S: Final = 600
_FRESH_S: Final = 12 * 3600.0
"""What was put aside longer ago is sent again: a job that clears up may be about to remove it."""
_UPLOAD, _DOWNLOAD = "langfuse-media-upload", "langfuse-media-download"
_BLOCK: Final = 256 * 1024
_DROPPED: Final = "this project drops content before it is stored (its redaction policy), and files with it"


def announce(request: HttpRequest, project: Project) -> HttpResponse:
    """Say where to send a content; nowhere where the project has it."""
    if policy_of(project.pk).mode == DROP:
        raise NotAllowed(_DROPPED)
    told = told_in(request)
    digest, size = _digest(as_text(told.get("sha256Hash"))), told.get("contentLength")
    if type(size) is not int or size < 1:
        raise BadRequest("contentLength is not a number of bytes")
    limit = env().ingest_body_limit_mib
    if size > limit * 2**20:
        text = f"the content has {size / 2**20:.1f} MiB; the limit is {limit} MiB (ASSAY_INGEST_BODY_LIMIT_MIB)"
        raise TooLarge(text)
    found = shelf().find(project.pk, digest)
    address = None
    if found is None or time.time() - found.kept_at > _FRESH_S:
        address = _address(request, "langfuse_media_upload", _UPLOAD, [project.pk, digest, size])
    return said({"mediaId": langfuse_id(digest), "uploadUrl": address}, 201)


def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Take the content that was announced; its bytes must be those."""
    project_id, digest, size = _told(token, _UPLOAD)
    if policy_of(project_id).mode == DROP:
        raise NotAllowed(_DROPPED)
    content = request.read(size + 1)
    if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
        raise BadRequest("the content is not the one that was announced: its length or its hash differs")
    shelf().put(project_id, content)
    return HttpResponse(status=200)


def note(request: HttpRequest, project: Project, media_id: str) -> HttpResponse:
    """Hear how the upload went; what is on the shelf is known without it."""
    return HttpResponse(status=204)


def show(request: HttpRequest, project: Project, media_id: str) -> HttpResponse:
    """Tell of a medium, and where its content is for the next minutes."""
    kept = _find(project.pk, media_id)
    with shelf().open(project.pk, kept) as file:
        media_type = media_type_of(file.read(HEAD))
    return said(
        {
            "mediaId": media_id,
            "contentType": media_type,
            "contentLength": kept.size,
            "uploadedAt": iso(datetime.fromtimestamp(kept.kept_at, UTC)),
            "url": _address(request, "langfuse_media_download", _DOWNLOAD, [project.pk, kept.key, kept.size]),
            "urlExpiry": iso(datetime.now(UTC) + timedelta(seconds=_GOOD_FOR_S)),
        }
    )


def download(request: HttpRequest, token: str) -> HttpResponse:
    """Give the content, as bytes to save."""
    project_id, key, _ = _told(token, _DOWNLOAD)
    kept = shelf().find(project_id, key)
    if kept is None:
        raise NotFound("the content was removed")
    answer = StreamingHttpResponse(_blocks(shelf().open(project_id, kept)), content_type=UNKNOWN)
    answer["Content-Disposition"] = "attachment"
    answer["Content-Length"] = str(kept.size)
    answer["Content-Encoding"] = "identity"
    answer["X-Content-Type-Options"] = "nosniff"
    return cast("HttpResponse", answer)


def _find(project_id: int, media_id: str) -> Kept:
    try:
        key = key_of_langfuse(media_id) if len(media_id) == LANGFUSE_ID else ""
    except binascii.Error:
        key = ""
    found = shelf().find(project_id, key) if key else None
    if found is None:
        raise NotFound(f"Media not found: {media_id[:80]!r}")
    return found


def _digest(text: str) -> str:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != 32:
        raise BadRequest("sha256Hash is not base64 of a SHA-256")
    return found.hex()


def _address(request: HttpRequest, name: str, salt: str, told: list[Any]) -> str:
    """An address that says itself what it is good for, and for how long."""
    return absolute(request, reverse(name, args=[signing.dumps(told, salt=salt)]))


def _told(token: str, salt: str) -> tuple[int, str, int]:
    try:
        project_id, key, size = signing.loads(token, salt=salt, max_age=_GOOD_FOR_S)
    except signing.BadSignature:
        text = f"this address is not ours, or older than {_GOOD_FOR_S // 60} minutes; ask for a new one"
        raise NotAllowed(text) from None
    return int(project_id), str(key), int(size)


async def _blocks(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while block := await sync_to_async(file.read)(_BLOCK):
            yield block
    finally:
        await sync_to_async(file.close)()


_MEDIA: Final = keyed({"POST": Scope.INGEST, "PATCH": Scope.INGEST}, POST=announce)
_MEDIUM: Final = keyed({"PATCH": Scope.INGEST}, GET=show, PATCH=note)

urlpatterns = [
    path("api/public/media", _MEDIA),
    path("api/public/media/<str:media_id>", _MEDIUM),
    path("api/public/media-upload/<str:token>", open_to_all("PUT")(upload), name="langfuse_media_upload"),
    path("api/public/media-download/<str:token>", open_to_all("GET")(download), name="langfuse_media_download"),
]
