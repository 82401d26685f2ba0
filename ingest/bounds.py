"""How much a request may hold besides bytes: a few packed KB can become millions of things that each cost memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from backend.errors import TooLarge

MOST_ITEMS: Final = 50_000
"""Most spans, log records or events of one request. SDKs send hundreds, OpenTelemetry's Collector eight thousand."""
MOST_PIECES: Final = 1_000_000
"""Most objects and lists of a body in JSON, and attributes, events and links of one in protobuf. Each takes 50 to 500
bytes once it is read; twenty MiB of agents' spans hold less than half of them."""
SMALL: Final = 2**18
"""Bodies up to here, in bytes, cannot hold enough to matter and are not counted."""


def check_items(count: int, what: str) -> None:
    """Stop at a request of too many things.

    Args:
        count: how many there are, or how many there are so far.
        what: their name, in the plural.

    Raises:
        TooLarge: there are more than ``MOST_ITEMS``.
    """
    if count > MOST_ITEMS:
        raise TooLarge(
            f"the request holds more than {MOST_ITEMS:,} {what}, the limit of one request; nothing of it was"
            " stored: send fewer at once"
        )


def check_pieces(count: int, what: str) -> None:
    """Stop at a body of too many small pieces.

    Args:
        count: how many there are.
        what: their name, in the plural.

    Raises:
        TooLarge: there are more than ``MOST_PIECES``.
    """
    if count > MOST_PIECES:
        raise TooLarge(
            f"the body holds {count:,} {what}, and the limit is {MOST_PIECES:,}; nothing of it was stored: send fewer"
            " spans at once"
        )


def check_body(body: bytes) -> None:
    """Count what opens an object or a list, before anything reads them; texts that look like JSON are read too.

    Raises:
        TooLarge: there are more than ``MOST_PIECES``.
    """
    if len(body) > SMALL:
        check_pieces(body.count(b"{") + body.count(b"["), "objects and lists")


def check_packed(body: bytes) -> None:
    """Count an OTLP request's spans, records or metrics before it is parsed: an empty one of two bytes takes 170 then.

    All three number their messages alike: the request's resources, in these the scopes, in these what is counted.

    Args:
        body: it may be damaged; what the parser would read before it notices is counted.

    Raises:
        TooLarge: there are too many of them.
    """
    if len(body) <= SMALL:
        return
    count = 0
    for _, begin, end in _fields(body, 0, len(body)):
        count += 1
        for part, scope, scope_end in _fields(body, begin, end):
            count += 1
            for _ in _fields(body, scope, scope_end) if part == _INNER else ():
                count += 1
                check_items(count, "spans, records or metrics")
            check_items(count, "scopes")
        check_items(count, "resources")


def check_spans(resource_spans: Any) -> None:
    """Count what hangs on the spans of a parsed OTLP request in protobuf, which has no brackets to count.

    Args:
        resource_spans: its messages.

    Raises:
        TooLarge: there is too much.
    """
    pieces = 0
    for span in (span for one in resource_spans for scope in one.scope_spans for span in scope.spans):
        events, links = span.events, span.links
        pieces += len(span.attributes) + len(events) + len(links)
        check_pieces(pieces, "attributes, events and links")
        pieces += sum(len(event.attributes) for event in events) + sum(len(link.attributes) for link in links)
    check_pieces(pieces, "attributes, events and links")


_INNER: Final = 2
_FIXED: Final = {1: 8, 5: 4}


def _fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, beginning and end of each field with a length; reads on as far as it can, as the parser does."""
    while at < end:
        tag, at = _varint(body, at)
        kind = tag & 7
        if kind == _INNER:
            length, at = _varint(body, at)
            yield tag >> 3, at, min(at + length, end)
            at += length
        elif kind == 0:
            at = _varint(body, at)[1]
        elif kind in _FIXED:
            at += _FIXED[kind]
        # Groups begin and end without a length: their fields are counted as if they stood here.


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; behind the end of the body, 0."""
    value = 0
    for place, byte in enumerate(body[at : at + 10]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    return value, at + 10
