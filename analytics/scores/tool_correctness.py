"""Tool-call correctness: whether the calls of a turn were the right ones, by their form, values, course and answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from analytics.detectors.turn import Turn
from analytics.scores.base import Measured, Score, Scored, Unjudged
from analytics.scores.tool_signs import CALLS, Signs, signs
from analytics.scores.trees import head, logistic

LEARNED: Final = ("exact", "worded", "left_out")
"""Signs whose weights are fitted; see docs/heads/tool_correctness.md."""

BROKEN: Final = -4.0
FAILED: Final = -1.5
HIDDEN: Final = -2.0
MENDED: Final = -0.5
HOLLOW: Final = -1.0
REPEATED: Final = -0.7
ASTRAY: Final = -0.8
"""What the other signs add to the log-odds; set by hand, as no labels were to be had."""

_MOST_REPEATED: Final = 4
_ORDER: Final = ("broken", "failed", "value", "repeated", "hollow", "left_out", "astray")
_TOLD: Final = 0.4
"""Share of a request's words, of five, from which on it is told that they were left out."""


class ToolCorrectness(Score):
    """Did the assistant call the right tools with the right values, and heed what they gave back?"""

    name: ClassVar[str] = "tool_correctness"
    version: ClassVar[str] = "1"
    low: ClassVar[float] = 0.4

    def judge(self, turn: Turn) -> Measured:
        """Measure one turn by its tool calls together."""
        calls = turn.tool_calls[:CALLS]
        if not calls:
            return Unjudged("no tool was called")
        if not any(call.arguments.strip() or call.result.strip() or call.is_error for call in calls):
            return Unjudged("neither arguments nor results of the tool calls were recorded")
        found = signs(turn)
        evidence = tuple(found.evidence[name] for name in _ORDER if name in found.evidence and _is_told(found, name))
        return Scored(logistic(odds(found)), _explained(found, len(calls)), evidence[:4])


def odds(found: Signs) -> float:
    """Add the signs up to log-odds that the calls were right."""
    total = head("tool_correctness").odds({name: getattr(found, name) for name in LEARNED})
    total += BROKEN * bool(found.broken) + FAILED * bool(found.failed) + HIDDEN * found.is_hidden
    total += MENDED * bool(found.mended) + HOLLOW * found.is_hollow + ASTRAY * found.astray
    return total + REPEATED * min(_MOST_REPEATED, len(found.repeated))


def _is_told(found: Signs, name: str) -> bool:
    return name != "left_out" or found.left_out >= _TOLD


def _explained(found: Signs, calls: int) -> str:
    told = [text for text in (*_of_calls(found), *_of_words(found)) if text]
    count = "One tool call" if calls == 1 else f"{calls} tool calls"
    return f"{count}: {'; '.join(told) if told else 'well formed, their values were told before, and none failed'}."


def _of_calls(found: Signs) -> Iterator[str]:
    yield found.broken.rstrip(".")
    if found.failed:
        yield f"{_counted(found.failed)} failed" + (" and the answer does not say so" if found.is_hidden else "")
    if found.mended:
        yield f"{_counted(found.mended)} failed at first"
    if found.repeated:
        yield f"{_counted(found.repeated)} asked the same again"
    if found.is_hollow:
        yield "the last call found nothing and the answer does not say so"


def _of_words(found: Signs) -> Iterator[str]:
    if found.value:
        name = f" of {found.value.name[:40]}" if found.value.name else ""
        yield f"the value “{found.value.text[:60]}”{name} stands in nothing that was said or given back before"
    if _is_told(found, "left_out") and found.words:
        yield "no call takes up " + ", ".join(f"“{word[:30]}”" for word in found.words[:4])
    if found.astray:
        yield f"{found.astray:.0%} of the numbers in the answer were told by nothing"


def _counted(places: Sequence[int]) -> str:
    return "one call" if len(places) == 1 else f"{len(places)} calls"
