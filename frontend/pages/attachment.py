"""One attachment as a file: shown where its bytes are a picture of dots or sound, saved in every other case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from backend.attachments.media import kind_of
from backend.attachments.reference import Reference
from backend.attachments.sending import answer_with
from backend.projects.access import Access
from frontend.guard import project_page
from frontend.templatetags.figures import counted

MOST: Final = 60
"""Attachments of one message or span that a page shows; the rest is in the raw JSON."""


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
    """Send one."""
    name, saved = request.GET.get("name", ""), bool(request.GET.get("download"))
    return cast("HttpResponse", answer_with(access.project.pk, key, name=name, saved=saved))
