"""Bounds of processor time on machines of different speed: where all work costs more they are wider."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

USUAL_S: Final = 0.065
"""What the fixed work below costs on an AMD EPYC that nobody else uses; shared with others it takes twice as long."""
SPREAD: Final = 2.0
"""What walks through much memory slows down by so much more than the fixed work, where caches are shared."""
MOST: Final = 6.0
"""A bound grows to no more than this: what grows with the square of a text costs a hundred times as much."""

_TEXT: Final = "".join(f"w{place * 7919 % 10007} a{place % 97}@b.c, " for place in range(20_000))
_WORD: Final = re.compile(r"\w+@\w+\.\w+|\d{3,}")


@contextmanager
def cpu_within(seconds: float, clock: Callable[[], float] = time.process_time) -> Iterator[None]:
    """Fail where the block takes more CPU seconds than it may, by the pace of this machine.

    Args:
        seconds: allowed on the usual machine.
        clock: what tells CPU seconds: of the process, or of the thread.
    """
    began = clock()
    yield
    took = clock() - began
    if took > seconds:  # only then is it worth to ask how fast the machine is now
        slower = pace()
        assert took <= seconds * slower, f"{took:.2f} CPU seconds, {seconds:g} allowed at a pace of {slower:.2f}"


def pace() -> float:
    """How many times the CPU seconds of the usual machine work may take here and now, 2 to ``MOST``."""
    return min(MOST, SPREAD * max(1.0, *(_fixed_work() / USUAL_S for _ in range(5))))


def _fixed_work() -> float:
    began = time.process_time()
    for _ in range(2):
        found: dict[str, list[int]] = {}
        for match in _WORD.finditer(_TEXT):
            found.setdefault(match.group(), []).append(match.start())
        sorted(found.items(), key=lambda pair: pair[1])
    return time.process_time() - began
