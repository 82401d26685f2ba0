"""Addresses of ours under which a client uploaded a file: what stands in the rows instead is the attachment.

OpenLLMetry's SDK asks for an address, uploads an image to it and writes the address into its span. The token at its end
says whose it is and when it was given, signed; it is written in letters alone, which no masking takes for a number or a
key. Rows without such an address cost one search for a word.
"""

from __future__ import annotations

import re
import secrets
import struct
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils.crypto import constant_time_compare, salted_hmac

from backend.errors import StoreAway
from backend.store.rows import Rows

HOME: Final = "/v2/images/"
"""Where the addresses are."""
MOST: Final = 256
"""Files of one request that are looked up; further addresses stay as they are."""

_MARK: Final = HOME.encode()
_SALT: Final = "openllmetry-image"
_FORM: Final = struct.Struct(">IQ8s")
_SIGNED: Final = 16
_TOKEN: Final = re.compile(rf"[a-p]{{{2 * (_FORM.size + _SIGNED)}}}".encode())
_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_DIGITS: Final = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
_NEAR: Final = 300
"""Bytes before the path in which scheme and host may stand."""
_OUTSIDE: Final = re.compile(rb'[\s"\'\\<>]')
"""What is no part of an address."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a token says.

    Attributes:
        project_id: whose address it is.
        at: seconds since 1970 when it was given.
    """

    project_id: int
    at: int


def token_for(project_id: int) -> str:
    """A new token of a project; letters from a to p."""
    told = _FORM.pack(project_id, int(time.time()), secrets.token_bytes(8))
    return (told + _signature(told)).hex().translate(_LETTERS)


def given(token: str) -> Given | None:
    """What a token says; None where it is not ours."""
    if not _TOKEN.fullmatch(token.encode("utf-8", "replace")):
        return None
    whole = bytes.fromhex(token.translate(_DIGITS))
    told, signature = whole[: _FORM.size], whole[_FORM.size :]
    if not constant_time_compare(signature, _signature(told)):
        return None
    project_id, at, _ = _FORM.unpack(told)
    return Given(project_id, at)


def names_addresses(entries: Iterable[Rows]) -> bool:
    """Whether such an address may stand in rows."""
    return any(_MARK in rows.text for rows in entries)


def with_references(project_id: int, entries: list[Rows]) -> list[Rows]:
    """Put attachments in the place of addresses under which they were uploaded.

    Args:
        project_id: whose rows these are; addresses of other projects stay as they are.
        entries: rows of several tables, as they are encoded.

    Raises:
        StoreAway: the relational database does not answer.
    """
    tokens = {token for rows in entries for _, _, token in _places(rows.text)}
    mine = [token for token in sorted(tokens) if (told := given(token)) and told.project_id == project_id]
    found = _looked_up(project_id, mine[:MOST]) if mine else {}
    return [_replaced(rows, found) for rows in entries] if found else entries


def _looked_up(project_id: int, tokens: list[str]) -> dict[str, str]:
    from backend.uploads.models import FileAddress  # models exist only once Django is set up; this module comes before

    if not connection.in_atomic_block:  # else the connection is its caller's, who has begun something with it
        close_old_connections()
    try:
        return FileAddress.objects.references_of(project_id, tokens)
    except (DatabaseError, InterfaceError) as fault:
        raise StoreAway(f"the database of uploads does not answer: {fault}") from fault


def _replaced(rows: Rows, found: dict[str, str]) -> Rows:
    pieces, done = [], 0
    for start, end, token in _places(rows.text):
        if (reference := found.get(token)) is not None:
            pieces += [rows.text[done:start], reference.encode()]
            done = end
    return replace(rows, text=b"".join([*pieces, rows.text[done:]])) if pieces else rows


def _places(text: bytes) -> Iterator[tuple[int, int, str]]:
    """Where addresses stand, each with its token."""
    floor = 0
    while (at := text.find(_MARK, floor)) >= 0:
        run = _TOKEN.match(text, at + len(_MARK))
        if run is None:
            floor = at + len(_MARK)
            continue
        yield _begin(text, floor, at), run.end(), run.group().decode()
        floor = run.end()


def _begin(text: bytes, floor: int, at: int) -> int:
    """Where the address begins whose path begins at ``at``: at its scheme, where one stands before it."""
    near = max(floor, at - _NEAR)
    before = text[near:at]
    scheme = max(before.rfind(b"http://"), before.rfind(b"https://"))
    return near + scheme if scheme >= 0 and not _OUTSIDE.search(before, scheme) else at


def _signature(told: bytes) -> bytes:
    return salted_hmac(_SALT, told, algorithm="sha256").digest()[:_SIGNED]
