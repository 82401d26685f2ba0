"""Patterns that a project sets for itself: what only its owners know to be personal, such as customer numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import re2

from backend.errors import BadRequest

MOST: Final = 20
"""How many patterns a project may set."""

LONGEST: Final = 200
"""Characters of a pattern."""

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{1,29}")
_MEMORY: Final = 2 * 2**20


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """One of them, checked.

    Attributes:
        word: of its token: capitals, digits and ``_``.
        pattern: of RE2, whose time grows with the text alone.
    """

    word: str
    pattern: str
    _compiled: Any = field(repr=False, compare=False)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it stands in a text; empty matches are none."""
        return (match.span() for match in self._compiled.finditer(text) if match.end() > match.start())


def own_pattern(word: str, pattern: str) -> OwnPattern:
    """Check a pattern.

    Raises:
        BadRequest: the name or the pattern cannot be used; the message says why.
    """
    if not _NAME.fullmatch(word):
        raise BadRequest(
            f"name of a pattern is {word[:40]!r}; it must be 2 to 30 capitals, digits or _, a capital first"
        )
    if not pattern or len(pattern) > LONGEST:
        raise BadRequest(f"pattern {word} has {len(pattern):,} characters; it must have 1 to {LONGEST}")
    options = re2.Options()
    options.max_mem, options.log_errors = _MEMORY, False
    try:
        compiled = re2.compile(pattern, options=options)
    except re2.error as fault:
        raise BadRequest(f"pattern {word} is no regular expression of RE2: {_said(fault)}") from None
    if compiled.search("") is not None:
        raise BadRequest(f"pattern {word} matches the empty text; it must match only what is to be masked")
    return OwnPattern(word, pattern, compiled)


def _said(fault: Exception) -> str:
    said = fault.args[0] if fault.args else fault
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
