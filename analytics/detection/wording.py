"""Own detectors of a project: keywords or a pattern in what users, answers, documents and tools say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar, Final

from analytics.detectors.base import Detector, Evidence, Finding, Severity, Turn, Unjudged, Verdict
from backend.detection.definitions import Wording, compiled

_READ: Final = 100_000
"""Code points of one text that are looked at; what lies behind them is not searched."""
_SHOWN: Final = 10
_LOOKED_AT: Final = 2000
"""Matches of one text that are held against the rule of whole words."""

_Cite = Callable[[int, int], Evidence]


class WordingDetector(Detector):
    """Words or a pattern that the project looks for."""

    severity: ClassVar[Severity] = "medium"
    is_graded: ClassVar[bool] = False
    wording: ClassVar[Wording]
    engine: ClassVar[Any]

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn: a match has the score 1."""
        texts = [(text[:_READ], cite) for text, cite in _texts(turn, self.wording.places) if text]
        if not texts:
            return Unjudged(f"the turn has no text of {' or '.join(self.wording.places)}")
        found = [cite(start, end) for text, cite in texts for start, end in self._matches(text)][:_SHOWN]
        if not found:
            return None
        quoted = ", ".join(f"“{quote[:60]}”" for quote in dict.fromkeys(one.quote for one in found[:3]))
        said = self.wording.explanation or "Found what this project looks for"
        return Finding(1.0, f"{said.rstrip('.')}: {quoted}.", tuple(found))

    def _matches(self, text: str) -> list[tuple[int, int]]:
        spans = (match.span() for match in islice(self.engine.finditer(text), _LOOKED_AT))
        spans = (span for span in spans if span[0] < span[1])
        if self.wording.words and self.wording.is_whole:
            spans = (span for span in spans if _is_whole(text, *span))
        return list(islice(spans, _SHOWN))


@lru_cache(maxsize=256)
def wording_kind(name: str, wording: Wording) -> type[WordingDetector]:
    """The kind of detector that a definition makes."""
    what = f"{len(wording.words)} keywords" if wording.words else f"the pattern {wording.pattern[:80]}"
    text = wording.explanation or f"Own detector: {what}."
    members = {
        "__doc__": text,
        "__module__": __name__,
        "name": name,
        "version": wording.version,
        "severity": wording.severity,
        "wording": wording,
        "engine": compiled(wording),
    }
    return type("OwnWording", (WordingDetector,), members)


def _texts(turn: Turn, places: tuple[str, ...]) -> Iterator[tuple[str, _Cite]]:
    if "user" in places:
        yield turn.input_text, lambda start, end: turn.cite("input", start, end)
    if "answer" in places:
        yield turn.output_text, lambda start, end: turn.cite("output", start, end)
    if "document" in places:
        for index, document in enumerate(turn.documents):
            yield document.text, lambda start, end, at=index: turn.cite_document(at, start, end)  # type: ignore[misc]
    if "tool" in places:
        for index, call in enumerate(turn.tool_calls):
            yield call.arguments, lambda start, end, one=call: turn.cite_call(one, start, end)  # type: ignore[misc]
            yield call.result, lambda start, end, at=index: turn.cite_result(at, start, end)  # type: ignore[misc]


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit stands on either side that would make it part of a longer word."""
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    after = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return not (before or after)
