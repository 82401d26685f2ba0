"""A stage that only remembers, and what moves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from analytics.pipeline import advance
from tests.analytics.pipeline.building import span


class Recorder:
    """A stage that only remembers what it was asked to do, and fails where the test says."""

    name: ClassVar[str] = "assemble"
    follows: ClassVar[str] = ""
    window: ClassVar[int] = 2000

    def __init__(
        self, window: int = 2000, fails: Callable[[Sequence[str]], Exception | None] = lambda ids: None
    ) -> None:
        self.window = window  # type: ignore[misc]
        self.fails = fails
        self.seen: list[list[str]] = []

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Remember, or fail."""
        fault = self.fails(trace_ids)
        if fault:
            raise fault
        self.seen.append(list(trace_ids))
        return {}

    @property
    def traces(self) -> list[str]:
        """Every trace it was asked for, in order."""
        return [one for ids in self.seen for one in ids]


def some_traces(count: int) -> list[Any]:
    """Traces of one span."""
    return [span(f"t{number:04}", "a", operation="chat", input_text=f"Question {number}") for number in range(count)]


def settle(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.0) -> None:
    """As if no row could be on its way for longer than this."""
    monkeypatch.setattr(advance, "OVERLAP", timedelta(seconds=seconds))


def to_the_end(project: int, steps: Sequence[Any]) -> None:
    """Go on until nothing is left that need not wait."""
    while advance.advance(project, steps, seconds=0):
        continue
