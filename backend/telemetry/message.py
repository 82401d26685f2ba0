"""Messages and documents in OpenTelemetry's form, and their JSON as it is stored."""

from __future__ import annotations

from typing import Any

import msgspec

from backend.telemetry.stored import reader_of


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of a message.

    Attributes:
        type: ``text``, ``reasoning``, ``tool_call``, ``tool_call_response``, ``blob``, ``uri`` or ``file``.
        content: the text of a text or reasoning part; base64 of a blob; the address of a uri.
        id: of a tool call and its response.
        name: the tool's.
        arguments: of a tool call, as the client sent them: an object or JSON text.
        response: of a tool call, any JSON.
        mime_type: of a blob, uri or file.
    """

    type: str
    content: str = ""
    id: str = ""
    name: str = ""
    arguments: Any = None
    response: Any = None
    mime_type: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of a conversation.

    Attributes:
        role: ``system``, ``user``, ``assistant`` or ``tool``.
        parts: in the order they were written.
        finish_reason: of an output message.
    """

    role: str
    parts: tuple[Part, ...] = ()
    finish_reason: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One retrieved document; rank is its place in the list.

    Attributes:
        id: the client's own.
        content: its text, where the client sent it.
        score: as the retriever gave it; no scale is promised.
        metadata: any JSON object.
    """

    id: str = ""
    content: str = ""
    score: float | None = None
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)


_messages = reader_of(list[Message])
_documents = reader_of(list[Document])
_encoder = msgspec.json.Encoder()


def dump(items: list[Message] | list[Document]) -> str:
    """Write messages or documents as they are stored; an empty list is the empty string."""
    return _encoder.encode(items).decode() if items else ""


def load_messages(stored: str) -> list[Message]:
    """Read what ``dump`` wrote.

    Raises:
        msgspec.MsgspecError: another writer left what cannot be read, or it is nested too deeply.
    """
    return _messages(stored) if stored else []


def load_documents(stored: str) -> list[Document]:
    """Read what ``dump`` wrote; raises as ``load_messages`` does."""
    return _documents(stored) if stored else []


def text_of(message: Message) -> str:
    """What a reader sees of a message: its text parts, one a paragraph."""
    return "\n\n".join(part.content for part in message.parts if part.type == "text" and part.content)


def last_text(messages: list[Message], role: str) -> str:
    """Text of the last message of a role that has any; the empty string where none has."""
    for message in reversed(messages):
        if message.role == role and (text := text_of(message)):
            return text
    return ""
