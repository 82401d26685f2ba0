"""Images, audio and files in the forms that providers and SDKs write them, read as OpenTelemetry's parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from backend.attachments.reference import reference_of
from backend.telemetry.message import Part
from ingest.mapping.values import as_json, as_text

_HOLDERS: Final = (
    "source", "inline_data", "inlineData", "file_data", "fileData", "input_audio", "audio", "file", "image",
    "image_url", "video", "video_url", "document",
)  # fmt: skip
_CONTENT: Final = ("data", "content", "file_data", "fileData", "base64", "bytes")
_ADDRESS: Final = ("uri", "url", "file_uri", "fileUri", "file_id", "fileId")
_TYPE: Final = ("mime_type", "media_type", "mediaType", "mimeType")
_NAME: Final = ("filename", "file_name", "title", "name")
_BARE: Final = 64
"""Characters from which text where an address may stand is base64, given that it has no scheme and its type is told."""
_FORMATS: Final = {
    "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "opus": "audio/ogg", "pcm16": "audio/pcm",
}  # fmt: skip


def media_part(kind: str, value: dict[str, Any]) -> Part:
    """The part of a message that is neither text nor a call: a ``blob``, a ``uri``, a ``file``, or as it came."""
    told = list(_layers(value))
    mime_type = _first(told, _TYPE) or _FORMATS.get(_first(told, ("format",)), "")
    name = _first(told, _NAME)
    for content in (_first(told, _CONTENT), _first(told, _ADDRESS), _plain(value)):
        if content.startswith("data:") and ";base64," in content[:400]:
            head, _, letters = content.partition(";base64,")
            return Part(type="blob", content=letters, mime_type=mime_type or head[5:].split(";", 1)[0], name=name)
        if found := reference_of(content):
            return Part(type="blob", content=content, mime_type=mime_type or found.media_type, name=name)
    content, plain = _first(told, _CONTENT), _plain(value)
    if not content and mime_type and len(plain) >= _BARE and ":" not in plain[:_BARE]:
        content, plain = plain, ""
    if content:
        is_file = kind == "file" and not mime_type
        return Part(type="file" if is_file else "blob", content=content, mime_type=mime_type, name=name)
    if address := _first(told, _ADDRESS) or plain:
        return Part(type="file" if kind == "file" else "uri", content=address, mime_type=mime_type, name=name)
    return Part(type=kind, content=as_json(value))


def _layers(value: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The object, and what lies in it under the names that hold files, the innermost first."""
    if depth < 4:
        for name in _HOLDERS:
            if isinstance(inner := value.get(name), dict):
                yield from _layers(inner, depth + 1)
    yield value


def _plain(value: Mapping[str, Any]) -> str:
    """A file that stands as text right under one of those names."""
    return next((text for name in _HOLDERS if isinstance(text := value.get(name), str) and text), "")


def _first(layers: list[Mapping[str, Any]], names: tuple[str, ...]) -> str:
    return next((as_text(layer[name]) for layer in layers for name in names if isinstance(layer.get(name), str)), "")
