"""A prompt with places to fill: what was filled in is read back from the text that was sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PLACE: Final = re.compile(r"\{\{\s*([A-Za-z_][\w.-]{0,80})\s*\}\}")


def places(template: str) -> list[str]:
    """Names of what is filled in, each once, in order."""
    return list(dict.fromkeys(_PLACE.findall(template)))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Fill a template in; a place without a value stays as it stands.

    >>> filled("You help {{ name }}.", {"name": "Ada"})
    'You help Ada.'
    """
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), template)


def values_in(template: str, text: str) -> dict[str, str] | None:
    """What was filled into a template to get a text; None where it does not come from it.

    Each value ends where the words after it stand first, so it takes one walk over the text whatever stands in it.

    >>> values_in("You help {{name}} with {{what}}.", "You help Ada with her order.")
    {'name': 'Ada', 'what': 'her order'}
    """
    pieces = _PLACE.split(template)  # words, name, words, name, ... words
    if not text.startswith(pieces[0]):
        return None
    at = len(pieces[0])
    values: dict[str, str] = {}
    for place in range(1, len(pieces), 2):
        name, after = pieces[place], pieces[place + 1]
        is_last = place + 2 >= len(pieces)
        end = len(text) - len(after) if is_last else text.find(after, at)
        if end < at or not text.startswith(after, end):
            return None
        values.setdefault(name, text[at:end])
        at = end + len(after)
    return values if filled(template, values) == text else None
