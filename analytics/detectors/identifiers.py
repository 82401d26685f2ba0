"""Numbers, codes and addresses that stand for one order, account or person, and where a turn has them from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from analytics.detectors.turn import Turn

READ: Final = 20_000
"""Code points of a text that are read."""

MOST: Final = 20
"""Identifiers of a text that are looked at."""

_IDENTIFIER: Final = re.compile(
    r"(?<![\w@/.-])(?:"
    r"[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,18}"
    r"|[A-Za-z]{1,8}[-_/ ]?\d{4,14}(?:-\d{1,8}){0,3}|(?=[A-Z0-9-]{0,12}\d)(?=[A-Z0-9-]{0,12}[A-Z])[A-Z0-9]{6,16}"
    r"|\+?\d(?:[ -]?\d){5,17}"
    r")(?![\w@]|[./-]\d)"
)
_YEARS: Final = re.compile(r"(?:[A-Za-z]{3,8}[-_/ ]?)?(?:19|20)\d\d(?:[-/ ]?(?:19|20)?\d\d){0,2}")
_RANGE: Final = re.compile(r"\d{1,4} ?- ?\d{1,4}")
_FEWEST: Final = 5


def identifiers(text: str) -> Iterator[tuple[int, int, str]]:
    """Start and end of each identifier of a text, with the form in which two are compared.

    >>> [key for _, _, key in identifiers("Order LF-94513 of mara@post.net, placed in March 2026 for 120 dollars")]
    ['lf94513', 'mara@post.net']
    """
    found = 0
    for match in _IDENTIFIER.finditer(text[:READ]):
        value = match[0]
        key = plain(value)
        if "@" not in value and (sum(one.isdigit() for one in key) < _FEWEST - 1 or len(key) < _FEWEST):
            continue
        if _YEARS.fullmatch(value) or _RANGE.fullmatch(value) or len(set(key)) < 3:
            continue
        yield match.start(), match.end(), key
        found += 1
        if found >= MOST:
            return


def plain(value: str) -> str:
    """Lower case, without blanks and strokes; dots only within a mail address."""
    return value.lower() if "@" in value else _squeezed(value)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s_/+-]", "", text.lower())


def unexplained(turn: Turn) -> list[tuple[int, int, str]]:
    """Identifiers of an answer that stand nowhere else in the turn or in the exchanges before it."""
    told = list(identifiers(turn.output_text))
    if not told:
        return []
    parts = [turn.input_text, turn.system_text]
    parts += [text for one in turn.earlier for text in (one.user, one.assistant)]
    parts += [one.text for one in turn.documents]
    parts += [text for one in turn.tool_calls for text in (one.arguments, one.result)]
    given = "\n".join(_squeezed(part[:READ]) for part in parts)
    mails = "\n".join(part[:READ].lower() for part in parts)
    return [one for one in told if one[2] not in (mails if "@" in one[2] else given)]


def said(turn: Turn) -> list[str]:
    """Identifiers that a user said."""
    return list(dict.fromkeys(key for _, _, key in identifiers(turn.input_text)))


def fetched(turn: Turn) -> list[str]:
    """Identifiers that tools were asked for and gave."""
    texts = [text for call in turn.tool_calls for text in (call.arguments, call.result)]
    return list(dict.fromkeys(key for text in texts for _, _, key in identifiers(text)))
