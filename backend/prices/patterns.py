"""Patterns of models, which people write: RE2's, whose time grows with the text alone, so none can hang ingest."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

LONGEST: Final = 200
"""Characters of a pattern."""
_SIGNS: Final = re.compile(r"[][\\.^$*+?{}()|]")
_MEMORY: Final = 2 * 2**20


@lru_cache(1024)
def compiled(text: str) -> Any:
    r"""A pattern for the whole name of a model, whatever its case.

    Case is left to RE2: a pattern in lower case would mean something else where it says ``\D`` or ``\pN``.

    Raises:
        re2.error: it is none of RE2, or would need more than 2 MiB.
    """
    import re2  # seldom needed, and this is read in the hot path

    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = _MEMORY, False, False
    return re2.compile(text, options=options)


def exactly(name: str) -> str:
    r"""The pattern that only this name fits.

    >>> exactly("house-llm"), exactly("llm v1.5+")
    ('house-llm', 'llm v1\\.5\\+')
    """
    return _SIGNS.sub(r"\\\g<0>", name)


def fault_of(text: str) -> str:
    """What is wrong with a pattern, in RE2's words; empty where nothing is."""
    import re2

    try:
        compiled(text)
    except re2.error as fault:
        said = fault.args[0] if fault.args else fault
        return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return ""
