"""Where sentences and lines stand in a text."""

from __future__ import annotations

import re
from typing import Final

_END: Final = re.compile(r"[.!?。！？]+[\"')\]]*\s+|\n+")
_LONGEST: Final = 400


def spans_of_sentences(text: str, longest: int = _LONGEST) -> list[tuple[int, int]]:
    r"""Start and end of each sentence or line that holds a letter, in code points; longer ones are cut.

    >>> spans_of_sentences("Ship it. Now!\n- really")
    [(0, 8), (9, 13), (14, 22)]
    """
    found: list[tuple[int, int]] = []
    start = 0
    for end, following in [*((one.end(), one.end()) for one in _END.finditer(text)), (len(text), len(text))]:
        for cut in range(start, end, longest):
            piece = text[cut : min(cut + longest, end)]
            kept = piece.rstrip()
            if any(character.isalpha() for character in kept):
                found.append((cut, cut + len(kept)))
        start = following
    return found
