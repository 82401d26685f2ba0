"""A file's records, whichever way it holds them: one a line, in one JSON document, or as protobuf messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from backend.errors import BadRequest, TooLarge
from backend.registry import discover
from ingest import body
from ingest.imports.forms.base import Form
from ingest.imports.lists import RECORD_LIMIT_MIB, items_of
from ingest.imports.reading import DAMAGED, ZSTD, Records, lines, unpacked
from ingest.mapping.values import as_json, from_json

CONVERSATIONS: Final = "conversations"
_LOOKED_AT = 20
_LISTS = ("data", "traces", "runs", "spans", "observations", "events", "items", "scores")
_PROTOBUF_LIMIT = 64 * 2**20
_BLOCK = 2**16


@cache
def forms() -> dict[str, Form]:
    """All forms by name, in the order in which they are asked."""
    found = discover("ingest.imports.forms", Form)  # type: ignore[type-abstract]  # the kind itself is no plugin
    return {form.name: form for form in sorted((kind() for kind in found.values()), key=lambda form: form.order)}


def form_of(file: Path) -> str:
    """Which form a file has, by its first records; conversations where no other knows them.

    Raises:
        BadRequest: the file is damaged, or a record beyond the limit.
    """
    if _is_binary(file):
        return "otlp-protobuf"
    for _, record, _ in islice(records(file), _LOOKED_AT):
        try:
            told = from_json(record)
        except ValueError:
            continue
        found = _known(told)
        if found is not None:
            return found.name
    return CONVERSATIONS


def records(file: Path) -> Records:
    """Number, bytes and share of the file, record by record; gzip and zstd are told by their first bytes.

    Raises:
        BadRequest: the file is damaged, or a record beyond the limit.
    """
    if _is_binary(file):
        return _messages(file)
    start = _start(file)
    if start == b"[":
        return _listed(file)
    return _object(file) if start == b"{" and _is_document(file) else lines(file)


def _known(told: Any) -> Form | None:
    if not isinstance(told, dict):
        return None
    return next((form for form in forms().values() if form.knows(told)), None)


def _is_binary(file: Path) -> bool:
    with _opened(file) as content:
        start = content.read(64)
    return bool(start) and (start[0] < 4 or (start[0] == 0x0A and start.strip()[:1] not in {b"{", b"["}))


def _start(file: Path) -> bytes:
    """What a file begins with, but for blanks."""
    with _opened(file) as content:
        while block := content.read(_BLOCK):
            if found := block.lstrip()[:1]:
                return bytes(found)
    return b""


def _is_document(file: Path) -> bool:
    """Whether the first line alone is no whole JSON, or an object that holds a list of records."""
    first = next((line for _, line, _ in lines(file) if line.strip()), b"")
    try:
        told = from_json(first)
    except ValueError:
        return first.strip() == b"{"
    return _known(told) is None and _list_in(told) is not None


def _listed(file: Path) -> Records:
    size = max(1, file.stat().st_size)
    with file.open("rb") as raw, _sound(file):
        for number, item in enumerate(items_of(unpacked(raw), file.name), 1):
            yield number, item, min(1.0, raw.tell() / size)


def _object(file: Path) -> Records:
    whole = _whole(file)
    try:
        told = from_json(whole)
    except ValueError as fault:
        raise BadRequest(f"{file.name} is no JSON: {str(fault)[:200]}") from None
    items = None if _known(told) else _list_in(told)
    if items is None:
        yield 1, whole, 1.0
    for number, item in enumerate(items or (), 1):
        yield number, as_json(item).encode(), number / len(items or ())


def _list_in(told: Any) -> list[Any] | None:
    if not isinstance(told, dict):
        return None
    return next((told[name] for name in _LISTS if isinstance(told.get(name), list)), None)


def _messages(file: Path) -> Records:
    """One request, or many with four bytes of length before each, as the Collector's file exporter writes."""
    with _opened(file) as content:
        first = content.read(1)
    if first == b"\x0a":
        yield 1, _whole(file), 1.0
        return
    size, place = max(1, file.stat().st_size), 0
    with _opened(file) as content:
        number = 0
        while head := content.read(4):
            number += 1
            length = int.from_bytes(head, "big")
            if len(head) < 4 or length > _PROTOBUF_LIMIT:
                raise BadRequest(f"{file.name}: message {number} has no length that could be; is it OTLP protobuf?")
            message = content.read(length)
            if len(message) < length:
                raise BadRequest(f"{file.name} ends in the middle of message {number}; those before are imported")
            place += length + 4
            yield number, _opened_message(message, file, number), min(1.0, place / size)


def _opened_message(message: bytes, file: Path, number: int) -> bytes:
    """A message that the Collector compressed by itself."""
    if not message.startswith(ZSTD):
        return message
    try:
        return body.decompress(message, "zstd", _PROTOBUF_LIMIT)
    except (BadRequest, TooLarge) as fault:
        raise BadRequest(f"{file.name}, message {number}: {fault}; those before are imported") from None


def _whole(file: Path) -> bytes:
    with _opened(file) as content:
        found: bytes = content.read(RECORD_LIMIT_MIB * 2**20 + 1)
    if len(found) > RECORD_LIMIT_MIB * 2**20:
        raise BadRequest(
            f"{file.name} is one object of more than {RECORD_LIMIT_MIB} MiB; write its records as a list, or one a line"
        )
    return found


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """A file's content, unpacked.

    Raises:
        BadRequest: its compression is damaged.
    """
    with file.open("rb") as raw, _sound(file):
        yield unpacked(raw)


@contextmanager
def _sound(file: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGED as fault:
        raise BadRequest(f"{file.name} is damaged: {fault}; the records before are imported") from fault
