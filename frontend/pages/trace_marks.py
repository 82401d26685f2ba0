"""Where the words that flags rest on stand on the page: question, answer, documents, what tools were given and gave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics.questions.findings import Evidence, FlagRow
from analytics.questions.judging import documents_of
from analytics.questions.turns import TurnRow

DOCUMENT: Final = 2_000
"""Characters of a document that are printed."""

_WHERE: Final = {
    "input": "in the question", "output": "in the answer", "document": "in a retrieved document",
    "tool_result": "in a tool's result", "tool": "in a tool call", "system": "in the system prompt",
    "status": "in the error", "finish_reason": "as finish reason",
}  # fmt: skip
_SOURCES: Final = {
    "user": "from the user",
    "document": "from a document",
    "tool": "from a tool",
    "answer": "in the answer",
}

Place = tuple[str, ...]
"""A text of the page: ``(field,)``, or the field with the span and the rank of a document."""


@dataclass(frozen=True, slots=True)
class Cited:
    """Words that a flag rests on.

    Attributes:
        mark: id of the words in the text; empty where they stand in none that is shown.
        where: which text, in words.
    """

    quote: str
    where: str
    mark: str


class Marks:
    """The marks of one turn.

    Args:
        number: of the turn on the page, part of each mark's id.
        turn: the turn.
        flags: its flags.
        longest: characters of a text that are printed.
    """

    def __init__(self, number: int, turn: TurnRow, flags: Sequence[FlagRow], longest: int) -> None:
        self._number, self._longest = number, longest
        self._lengths = {"input": len(turn.input_text), "output": len(turn.output_text)}
        self._documents = _places(turn)
        self._found: dict[Place, list[dict[str, Any]]] = defaultdict(list)
        self.cited = [
            tuple(self._cite(flag, f"{number}-{place}-{at}", one) for at, one in enumerate(flag.cited))
            for place, flag in enumerate(flags)
        ]

    def at(self, *place: str) -> tuple[dict[str, Any], ...]:
        """Marks of a text: ``at("output")``, ``at("tool_result", span_id)``, ``at("document", span_id, "2")``."""
        return tuple(self._found.get(place, ()))

    def _cite(self, flag: FlagRow, key: str, one: Evidence) -> Cited:
        where = _WHERE.get(one.field, one.field.replace("_", " "))
        place = self._place(one)
        if place is None or one.end <= one.start or one.start >= self._shown(place):
            return Cited(one.quote[:300], where, "")
        label = " ".join(part for part in (flag.detector, _SOURCES.get(one.source, "")) if part)
        self._found[place].append(
            {"start": one.start, "end": one.end, "label": label, "severity": flag.severity, "key": key}
        )
        return Cited(one.quote[:300], where, f"mark-{key}")

    def _place(self, one: Evidence) -> Place | None:
        if one.field in self._lengths:
            return (one.field,)
        if one.field == "document":
            return self._documents[one.index] if 0 <= one.index < len(self._documents) else None
        return (one.field, one.span_id) if one.field in {"tool", "tool_result"} else None

    def _shown(self, place: Place) -> int:
        if place[0] == "document":
            return DOCUMENT
        return min(self._longest, self._lengths.get(place[0], self._longest))


def _places(turn: TurnRow) -> list[Place]:
    """Place of each document of a turn, in the order in which detectors count them."""
    return [("document", one.span_id, str(one.rank or 0)) for one in documents_of(turn)]
