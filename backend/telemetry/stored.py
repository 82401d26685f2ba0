"""Reading JSON as it is stored: clients wrote it, and may have nested it as deep as a reader follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import msgspec

S = TypeVar("S")
T = TypeVar("T")

_ROOM: Final = 200
"""Calls that whoever walks through a value, or writes it, has more room for than the reading of it took."""


def reader_of(kind: type[T]) -> Callable[[str], T]:
    """A reader of JSON of one kind.

    What was nested close to the limit when it came in is beyond it where a page or a job reads it, which stands deeper
    in calls. Such a value is no more readable than broken JSON, and who reads it shows its text or passes it over.

    Returns:
        A function that raises ``msgspec.DecodeError`` where a text is no JSON of the kind, or is nested too deeply.
    """
    decode: Callable[[str], T] = msgspec.json.Decoder(kind).decode

    def read(text: str) -> T:
        if text.count("[") + text.count("{") < _ROOM:  # nearly all; and so much cannot be nested too deeply
            return decode(text)
        try:
            return from_below(decode, text, _ROOM)
        except RecursionError:
            raise msgspec.DecodeError("nested too deeply") from None

    return read


def from_below(decode: Callable[[S], T], text: S, calls: int) -> T:
    """Read a text from so many calls below, so that who has the value has as many more to go through it."""
    return from_below(decode, text, calls - 1) if calls else decode(text)


stored_value: Final[Callable[[str], Any]] = reader_of(cast("type[Any]", Any))
"""Reads JSON of any kind."""
