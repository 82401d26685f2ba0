"""An answer that gives away what the model was told."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from analytics.detectors.base import Clear, Detector, Severity, Turn, Unjudged, Verdict

_WORD: Final = re.compile(r"\w+")
_GRAM: Final = 6
_LEAST_WORDS: Final = 15
_READ_WORDS: Final = 6000
_CONTAINED: Final = 0.25
_RUN: Final = 12
"""Share of the prompt's six-word runs, or words in a row, from which on it counts as given away."""


class PromptLeak(Detector):
    """The answer repeats the system prompt, in part or whole.

    Six-word runs of the prompt that return in the answer, without those that the user said or that documents hold.
    A paraphrase is not seen.
    """

    name: ClassVar[str] = "prompt_leak"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "high"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if not turn.system_text.strip():
            return Unjudged("no system prompt was recorded")
        prompt = [one[0].lower() for one in _WORD.finditer(turn.system_text)][:_READ_WORDS]
        if len(prompt) < _LEAST_WORDS:
            return Unjudged("the system prompt is too short to tell it from ordinary words")
        answer = [
            (one[0].lower(), *one.span())
            for _, one in zip(range(_READ_WORDS), _WORD.finditer(turn.output_text), strict=False)
        ]
        known = _grams([one[0].lower() for one in _WORD.finditer(turn.input_text)][:_READ_WORDS])
        for one in turn.documents:
            known |= _grams([word[0].lower() for word in _WORD.finditer(one.text[:40_000])])
        secret = _grams(prompt) - known
        if not secret or len(answer) < _GRAM:
            return Clear(0.0)
        words = [word for word, _, _ in answer]
        hits = [at for at in range(len(words) - _GRAM + 1) if tuple(words[at : at + _GRAM]) in secret]
        if not hits:
            return Clear(0.0)
        share = len({tuple(words[at : at + _GRAM]) for at in hits}) / len(secret)
        first, last = _longest(hits)
        run = last - first + _GRAM
        score = min(0.99, max(share / _CONTAINED, run / _RUN) / 2)
        start, end = answer[first][1], answer[min(last + _GRAM - 1, len(answer) - 1)][2]
        return self.grade(
            score,
            f"{share:.0%} of the system prompt's wording returns in the answer, up to {run} words in a row.",
            (turn.cite("output", start, end),),
        )


def _grams(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + _GRAM]) for at in range(len(words) - _GRAM + 1)}


def _longest(hits: list[int]) -> tuple[int, int]:
    """First and last of the longest stretch of neighbouring places."""
    best = start = hits[0], hits[0]
    for at in hits[1:]:
        start = (start[0], at) if at == start[1] + 1 else (at, at)
        best = max(best, start, key=lambda one: one[1] - one[0])
    return best
