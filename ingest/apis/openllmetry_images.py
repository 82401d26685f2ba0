"""OpenLLMetry's images: its SDK asks for an address, uploads the image, and writes the address into the span."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from backend.attachments.media import HEAD, UNKNOWN, media_type_of
from backend.attachments.place import shelf
from backend.attachments.reference import Reference
from backend.env import env
from backend.errors import BadRequest, NotAllowed
from backend.policies.models import policy_of
from backend.projects.models import Project, Scope
from backend.sensitive.policy import DROP
from backend.uploads.models import FileAddress
from ingest.apis.keyed import absolute, keyed, said, told_in
from ingest.uploaded import HOME, given, token_for

_GOOD_FOR_S: Final = 600


def announce(request: HttpRequest, project: Project, trace_id: str, span_id: str) -> HttpResponse:
    """Say where to send an image."""
    _check_kept(project)
    name = told_in(request).get("image_name")
    if not isinstance(name, str) or not name:
        raise BadRequest("image_name is missing: the name of the image")
    return said({"url": absolute(request, f"{HOME}{token_for(project.pk)}")})


def upload(request: HttpRequest, project: Project, token: str) -> HttpResponse:
    """Keep an image on the project's shelf; sent again under the same address it must be the same."""
    told = given(token)
    if told is None or told.project_id != project.pk or time.time() - told.at > _GOOD_FOR_S:
        text = (
            f"this address is not of this key's project, or older than {_GOOD_FOR_S // 60} minutes; ask for a new one"
        )
        raise NotAllowed(text)
    _check_kept(project)
    content = _content(told_in(request, env().ingest_body_limit_mib).get("image_data"))
    key = shelf().put(project.pk, content)
    known = media_type_of(content[:HEAD])
    reference = str(Reference(key, "" if known == UNKNOWN else known, len(content)))
    kept, _ = FileAddress.objects.get_or_create(token=token, defaults={"project": project, "reference": reference})
    if kept.reference != reference:
        raise BadRequest("another image was sent to this address before; ask for an address for each")
    return said({"status": "ok"})


def _check_kept(project: Project) -> None:
    if policy_of(project.pk).mode == DROP:
        raise NotAllowed("this project drops content before it is stored (its redaction policy), and images with it")


def _content(letters: object) -> bytes:
    try:
        content = base64.b64decode(letters, validate=True) if isinstance(letters, str) else b""
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        raise BadRequest("image_data is not base64 of an image")
    return content


_NEEDS: Final = {"POST": Scope.INGEST}

urlpatterns = [
    re_path(
        r"^v2/traces/(?P<trace_id>[0-9]{1,39})/spans/(?P<span_id>[0-9]{1,20})/images$", keyed(_NEEDS, POST=announce)
    ),
    path(f"{HOME[1:]}<str:token>", keyed(_NEEDS, POST=upload)),
]
