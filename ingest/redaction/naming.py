"""Names of people and postal addresses in content, at a bounded cost; what names software is never looked at."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any, Final

from backend.names.finder import READ, find
from backend.sensitive.places import Place
from backend.sensitive.tokens import TOKEN

READ_OF_ITEM: Final = 4 * READ
"""Code points that are read of all texts of one span, part or score together; the same text counts once."""

_WORDS: Final = {"person": "PERSON", "address": "ADDRESS"}
"""Towns and countries by themselves are nobody's."""

_BREAKS: Final = re.compile(r"[_.\s-]|(?<=[a-z])(?=[A-Z])")
_LABEL: Final = re.compile(
    r"(?:^| )(?:model|(?:agent|chain|deployment|entity|function|graph|model|node|operation|project|prompt|provider|run"
    r"|scope|service|step|task|tool|workflow) name)s?$",
    re.IGNORECASE,
)
_LONGEST_LABEL: Final = 80
_OF_TOOLS: Final = frozenset({"arguments", "parameters", "input_schema", "inputSchema"})
_KINDS_OF_TOOLS: Final = frozenset({"tool_call", "tool_call_response", "function", "tool_use"})

Found = tuple[tuple[int, int, str], ...]


class Names:
    """Looks for names within one span, part or score."""

    __slots__ = ("_left", "_seen")

    def __init__(self) -> None:
        """Have read nothing."""
        self._left = READ_OF_ITEM
        self._seen: dict[_Text, Found] = {}

    def between(self, text: str, offset: int, found: list[Place]) -> list[Place]:
        """Places and, between them, names and addresses; what was masked before is masked once.

        Args:
            text: what is read, of which the beginning is no content.
            offset: where the content begins.
            found: places that were found in it by other means, in order.
        """
        clear = TOKEN.sub(lambda match: " " * len(match.group()), text)
        cut = list(found)
        for start, span_end, word in self._of(clear):
            at = max(start, offset)
            for one in [*(place for place in found if place.end > at), Place(span_end, span_end, "")]:
                end = min(one.start, span_end)
                if end > at and clear[at:end].strip():
                    cut.append(Place(at, end, word))
                at = max(at, one.end)
                if at >= span_end:
                    break
        return sorted(cut, key=lambda place: place.start)

    def _of(self, text: str) -> Found:
        text = text[:READ]
        key = _Text(text)
        if key not in self._seen:
            if self._left <= 0:
                return ()
            key = _Text(text[: self._left]) if self._left < len(text) else key
            self._left -= len(text)
            try:
                self._seen[key] = _found(key)
            finally:
                key.text = ""  # what remembers the answer need not hold what somebody wrote
        return self._seen[key]


def is_label(name: str) -> bool:
    """Whether what an attribute or metadata of such a name holds calls a model, a tool or another part of software.

    >>> is_label("llm.model_name"), is_label("toolName"), is_label("customer.name")
    (True, True, False)
    """
    return len(name) <= _LONGEST_LABEL and bool(_LABEL.search(_BREAKS.sub(" ", name)))


def is_of_tool(table: dict[Any, Any]) -> bool:
    """Whether an object tells of a tool or its call, so that its ``name`` is the tool's."""
    kind = table.get("type")
    return (isinstance(kind, str) and kind in _KINDS_OF_TOOLS) or not _OF_TOOLS.isdisjoint(table)


class _Text:
    """A text that is known by its digest, so that what was found of it can be kept without it."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@lru_cache(8192)
def _found(key: _Text) -> Found:
    """Agents send what was said before again with every step, so most texts are read once of many times."""
    return tuple((one.start, one.end, word) for one in find(key.text) if (word := _WORDS.get(one.kind)))
