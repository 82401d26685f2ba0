"""The items of a JSON list of any length, one by one: no more of the file is in memory than an item and a block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

from backend.errors import BadRequest

RECORD_LIMIT_MIB: Final = 128
"""Largest record: a line, an item of a list, or an object that is the whole file."""

_BLOCK: Final = 2**18
_LARGEST_BLOCK: Final = 2**24
_DEEPEST: Final = 1000
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},"]', re.DOTALL)
"""What matters for where an item ends: whole texts, brackets, commas, and the quote of a text that is not whole yet."""
_OPENS: Final = frozenset(b"[{")
_CLOSES: Final = frozenset(b"]}")
_COMMA: Final = ord(",")
_QUOTE: Final = ord('"')


def items_of(content: IO[bytes], name: str) -> Iterator[bytes]:
    """Read what stands between the brackets of a list; an item may be no JSON, which who reads it will say.

    Args:
        content: begins with the list.
        name: of the file.

    Raises:
        BadRequest: the list does not end, something follows it, or an item is larger than the limit.
    """
    text = _Ahead(content, name)
    text.skip_to_list()
    depth, whole = 0, False
    while not whole:
        found = text.next_token()
        if found in _OPENS:
            depth += 1
            text.check_depth(depth)
        elif found in _CLOSES:
            depth -= 1
        if depth < 0 or (found == _COMMA and not depth):
            whole = depth < 0
            item = text.taken()
            if item.strip() or not whole:  # nothing stands in an empty list, or behind a last comma
                yield item
    text.check_end()


class _Ahead:
    """A file that is read in blocks, and what of it is not taken yet."""

    def __init__(self, content: IO[bytes], name: str) -> None:
        self._content, self._name = content, name
        self._text, self._begin, self._at = b"", 0, 0
        self._end = 0

    def skip_to_list(self) -> None:
        """Stand behind the bracket that opens the list."""
        while not self._text.strip():
            self._text = b""
            self._grow()
        self._begin = self._at = self._text.index(b"[") + 1

    def next_token(self) -> int:
        """The next bracket or comma outside of texts; it stands before ``_at`` then."""
        while True:
            found = _TOKEN.search(self._text, self._at)
            if found is None:
                self._at = len(self._text)
                self._grow()
            elif self._text[found.start()] != _QUOTE:
                self._end, self._at = found.start(), found.end()
                return self._text[self._end]
            elif found.end() - found.start() > 1:
                self._at = found.end()
            else:  # it is read again once the rest is there; each time twice as much, so that this costs little
                self._at = found.start()
                self._grow()

    def taken(self) -> bytes:
        """What stands before the last token and behind the one before."""
        item = self._text[self._begin : self._end]
        self._begin = self._at
        return item

    def check_depth(self, depth: int) -> None:
        """Stop at what no reader of JSON follows."""
        if depth > _DEEPEST:
            raise BadRequest(f"{self._name} is nested too deeply; the items before are imported")

    def check_end(self) -> None:
        """Stop unless only blanks follow."""
        rest = self._text[self._at :]
        while not rest.strip() and (rest := self._content.read(_BLOCK)):
            pass
        if rest.strip():
            raise BadRequest(f"{self._name}: something follows the list, which was imported; write one record a line")

    def _grow(self) -> None:
        kept = self._text[self._begin :]
        if len(kept) > RECORD_LIMIT_MIB * 2**20:
            raise BadRequest(
                f"{self._name} holds an item of more than {RECORD_LIMIT_MIB} MiB; those before are imported"
            )
        more = self._content.read(min(_LARGEST_BLOCK, max(_BLOCK, len(kept))))
        if not more:
            raise BadRequest(f"{self._name} ends in the middle of its list; the items before are imported")
        self._at -= self._begin
        self._text, self._begin = kept + more, 0
