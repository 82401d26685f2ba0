"""Messages as the detail pane shows them: chat, with the files that stand in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from backend.attachments.reference import Reference, reference_of, references, without_references
from backend.telemetry.message import Message, Part, load_messages
from frontend.pages.attachment import Shown, shown
from frontend.templatetags.figures import grouped

LONGEST: Final = 20_000
"""Most characters of one text that are printed; the rest is in the raw JSON."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message, ready to be printed.

    Attributes:
        kind: ``text``, ``reasoning``, ``call``, ``result`` or ``other``.
        text: what it says, cut to ``LONGEST``.
        left: characters that were cut off.
        value: of a call the arguments, of a result what came back.
        files: attachments that stand in it.
    """

    kind: str
    text: str = ""
    left: int = 0
    name: str = ""
    value: Any = None
    files: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message, ready to be printed."""

    role: str
    pieces: tuple[Piece, ...]
    finish_reason: str


def bubbles(stored: str, slug: str) -> list[Bubble]:
    """Messages as chat; none where some other writer left what cannot be read.

    Args:
        stored: JSON of messages.
        slug: of the project, whose attachments stand in them.
    """
    try:
        return [_bubble(message, slug) for message in load_messages(stored)]
    except msgspec.MsgspecError:
        return []


def piece(text: str, kind: str = "text", slug: str = "") -> Piece:
    """A text, cut to what a page prints."""
    files = tuple(shown(slug, references(text))) if slug else ()
    said = without_references(text) if files else text
    return Piece(kind, said[:LONGEST], max(0, len(said) - LONGEST), files=files)


def elsewhere(slug: str, texts: Iterator[str], messages: list[Bubble]) -> list[Shown]:
    """Attachments of other texts of a span that stand in none of its messages."""
    known = {file.href for bubble in messages for one in bubble.pieces for file in one.files}
    found: dict[str, Reference] = {one.key: one for text in texts for one in references(text)}
    return [file for file in shown(slug, found.values()) if file.href not in known]


def _bubble(message: Message, slug: str) -> Bubble:
    return Bubble(message.role, tuple(_part(part, slug) for part in message.parts), message.finish_reason)


def _part(part: Part, slug: str) -> Piece:
    if part.type in {"text", "reasoning"}:
        return piece(part.content, part.type, slug)
    if part.type == "tool_call":
        return Piece("call", name=part.name or "tool", value=part.arguments, files=_within(part.arguments, slug))
    if part.type == "tool_call_response":
        name = part.name or part.id or "tool"
        return Piece("result", name=name, value=part.response, files=_within(part.response, slug))
    if found := reference_of(part.content):
        named = Reference(found.key, found.media_type or part.mime_type, found.size, found.name or part.name)
        return Piece("other", files=tuple(shown(slug, [named])))
    if files := tuple(shown(slug, references(part.content))):  # a part of a kind that nobody reads, as it came
        return Piece("other", text=without_references(part.content)[:300], files=files)
    return _inside(part)


def _inside(part: Part) -> Piece:
    """A file that is too small to be put aside, or an address."""
    what = " ".join(word for word in (part.type, part.mime_type) if word)
    # Addresses are clients' text: shown, never a link and never fetched.
    more = part.content[:300] if part.type == "uri" else f"{grouped(len(part.content))} characters, not shown"
    return Piece("other", text=f"{what}: {more}")


def _within(value: Any, slug: str) -> tuple[Shown, ...]:
    """Attachments that stand somewhere in what a tool was given or gave."""
    if value is None:
        return ()
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return tuple(shown(slug, references(text)))
