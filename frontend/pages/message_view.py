"""Messages as the detail pane shows them: chat, with the files that stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from backend.attachments.reference import Reference, reference_of, references, without_references
from backend.telemetry.message import Message, Part, load_messages
from frontend.pages.attachment import Shown, shown
from frontend.pages.whole_text import LONGEST, Place, text_of_part
from frontend.templatetags.figures import grouped

_FILES = frozenset({"blob", "uri", "file"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message, ready to be printed.

    Attributes:
        kind: ``text``, ``reasoning``, ``call``, ``result`` or ``other``.
        text: what it says, cut to ``LONGEST``.
        left: characters that were cut off.
        href: where all of it is; empty where all is here.
        value: of a call the arguments, of a result what came back.
        files: attachments that stand in it.
    """

    kind: str
    text: str = ""
    left: int = 0
    href: str = ""
    name: str = ""
    value: Any = None
    files: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message, ready to be printed."""

    role: str
    pieces: tuple[Piece, ...]
    finish_reason: str


def bubbles(stored: str, field: str, place: Place) -> list[Bubble]:
    """Messages as chat; none where some other writer left what cannot be read.

    Args:
        stored: JSON of messages.
        field: of the span that they stand in.
        place: whose they are.
    """
    try:
        messages = load_messages(stored)
    except msgspec.MsgspecError:
        return []
    return [_bubble(message, f"{number}.", field, place) for number, message in enumerate(messages)]


def piece(text: str, kind: str = "text", href: str = "", slug: str = "") -> Piece:
    """A text, cut to what a page prints; with the slug of a project, the files in it stand behind it."""
    files = tuple(shown(slug, references(text))) if slug else ()
    left = max(0, len(text) - LONGEST)
    said = without_references(text[:LONGEST]) if files else text[:LONGEST]
    return Piece(kind, said, left, href if left else "", files=files)


def elsewhere(slug: str, texts: Iterator[str], messages: list[Bubble]) -> list[Shown]:
    """Attachments of other texts of a span that stand in none of its messages."""
    known = {file.href for bubble in messages for one in bubble.pieces for file in one.files}
    found: dict[str, Reference] = {one.key: one for text in texts for one in references(text)}
    return [file for file in shown(slug, found.values()) if file.href not in known]


def _bubble(message: Message, number: str, field: str, place: Place) -> Bubble:
    pieces = [_part(part, place.href(field, f"{number}{at}"), place.slug) for at, part in enumerate(message.parts)]
    return Bubble(message.role, tuple(pieces), message.finish_reason)


def _part(part: Part, href: str, slug: str) -> Piece:
    if part.type in {"text", "reasoning"}:
        return piece(part.content, part.type, href, slug)
    if part.type in {"tool_call", "tool_call_response"}:
        is_call = part.type == "tool_call"
        text = text_of_part(part)
        left = max(0, len(text) - LONGEST)
        return Piece(
            kind="call" if is_call else "result",
            name=part.name or ("" if is_call else part.id) or "tool",
            value=text[:LONGEST] if left else part.arguments if is_call else part.response,
            left=left,
            href=href if left else "",
            files=tuple(shown(slug, references(text))),
        )
    if found := reference_of(part.content):
        named = Reference(found.key, found.media_type or part.mime_type, found.size, found.name or part.name)
        return Piece("other", files=tuple(shown(slug, [named])))
    if files := tuple(shown(slug, references(part.content))):  # a part of a kind that nobody reads, as it came
        return Piece("other", text=without_references(part.content)[:300], files=files)
    return _inside(part) if part.type in _FILES else _unread(part, href)


def _unread(part: Part, href: str) -> Piece:
    """A part of a kind that nobody reads, as it came."""
    text = f"{part.type}: {part.content}" if part.content else part.type
    left = max(0, len(text) - LONGEST)
    return Piece("other", text[:LONGEST], left, href if left else "")


def _inside(part: Part) -> Piece:
    """A file that is too small to be put aside, or an address."""
    what = " ".join(word for word in (part.type, part.mime_type) if word)
    # Addresses are clients' text: shown, never a link and never fetched.
    more = part.content[:300] if part.type == "uri" else f"{grouped(len(part.content))} characters, not shown"
    return Piece("other", text=f"{what}: {more}")
