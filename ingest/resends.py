"""Which spans are the same as one that came before: what SDKs send again after an answer that they did not get.

They change no number, as they replace themselves in the store; here they are only counted, so that people see them.
Spans that are told in several messages are known in the same way, so that each counts once.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from backend.telemetry.span import Span

PLACES: Final = 2**20
"""How many spans are remembered: 8 MiB of memory, whatever comes."""


class Resends:
    """The last spans by a hash of their ids and times, each at a place of its own, the later in place of the earlier.

    A span that comes again is missed where another took its place since (after a million spans, 63 in 100 are), after
    a restart and where another process took the first; one is found by mistake once in 2^44.
    """

    def __init__(self, places: int = PLACES) -> None:
        """Remember none.

        Args:
            places: how many to remember; a power of two.
        """
        self._mask = places - 1
        self._seen = array("q", bytes(8 * places))
        self._lock = threading.Lock()

    def note(self, marks: Iterable[int]) -> int:
        """Remember spans that are safe now, and say how many of them were known.

        Args:
            marks: of the spans, as ``marks_of`` gives them.
        """
        seen, mask, known = self._seen, self._mask, 0
        with self._lock:
            for mark in marks:
                place = mark & mask
                if seen[place] == mark:
                    known += 1
                else:
                    seen[place] = mark
        return known

    def unknown(self, marks: Iterable[int]) -> int:
        """Say how many marks are not remembered, and remember none.

        Args:
            marks: each once.
        """
        seen, mask = self._seen, self._mask
        return sum(seen[one & mask] != one for one in marks)


def marks_of(project_id: int, spans: Sequence[Span]) -> list[int]:
    """What spans are recognised by: a span that was changed since is another one."""
    return [
        hash((project_id, span.trace_id, span.span_id, span.start_time, span.end_time, span.status)) for span in spans
    ]
