"""Telling every process on this machine that a key has changed: those that remember keys forget them at once.

A file in the home folder grows by a byte with each change; to ask for its size costs microseconds. Web servers on other
machines, which have a home folder of their own, learn of it when what they remember is too old (``ingest.keys``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from backend.env import env


def announce() -> None:
    """Say that a key has changed; its change must be committed before."""
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b".")


def count() -> int:
    """A number that is another one after each change."""
    try:
        return _file().stat().st_size
    except FileNotFoundError:
        return 0


@cache
def _file() -> Path:
    return env().home / "run" / "keys-changed"
