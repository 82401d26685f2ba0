"""Answers that stop before they are finished."""

import re
from typing import ClassVar

from analytics.detectors.base import Clear, Detector, Evidence, Finding, Severity, Turn, Unjudged, Verdict

_CUT = {"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"}
_DANGLING = re.compile(
    r"\b(?:a|an|the|of|to|and|or|but|nor|in|on|at|by|for|from|with|into|onto|about|between|than|that|which|whose|"
    r"is|are|was|were|be|been|being|has|have|had|will|would|can|could|should|may|might|must|do|does|did|not|as|if|"
    r"because|while|when|where|your|our|their|his|its|my|this|these|those|very|more|most|such|also|so|including|"
    r"like|via|per)$"
)


class Truncated(Detector):
    """The answer was cut off before its end.

    The provider's finish reason decides where there is one, else the token limit of the request. Without
    either, a text of 200 characters or more that breaks off inside a sentence or a code block is a hint of
    low severity: that rule misses half of all cut answers, as most are cut at a word that could be the last.
    """

    name: ClassVar[str] = "truncated"
    version: ClassVar[str] = "2"
    severity: ClassVar[Severity] = "medium"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        reason = turn.finish_reason.lower().rsplit(".", 1)[-1]
        if reason in _CUT:
            spent = f" after {turn.output_tokens} output tokens" if turn.output_tokens else ""
            return Finding(
                0.99,
                f"The provider stopped the answer{spent} (finish reason {turn.finish_reason}).",
                (turn.cite("finish_reason"), _end_of(turn)),
            )
        if reason and reason not in {"unknown", "other", "none", "finish_reason_unspecified"}:
            return None
        if turn.max_tokens and turn.output_tokens:
            return _at_the_limit(turn)
        if not turn.output_text.strip():
            return Unjudged("there is neither a finish reason nor an answer text")
        if turn.output_cut:
            return Unjudged("there is no finish reason, and the answer is too long to be read to its end")
        return _by_its_end(turn)


def _at_the_limit(turn: Turn) -> Finding | None:
    if turn.output_tokens < turn.max_tokens:
        return None
    return Finding(
        0.95,
        f"The answer used all of its limit of {turn.max_tokens} output tokens ({turn.output_tokens}).",
        (_end_of(turn),),
    )


def _by_its_end(turn: Turn) -> Finding | Clear:
    text = turn.output_text.rstrip()
    why = _breaks_off(text)
    if len(text) < 200 or not why:
        return Clear(_looks_open(text))
    return Finding(
        0.6, f"The answer's {len(text)} characters end {why}; no finish reason was recorded.",
        (_end_of(turn),), severity="low",
    )  # fmt: skip


def _breaks_off(text: str) -> str:
    last_line = text.rsplit("\n", 1)[-1]
    if text.count("```") % 2:
        return "inside a code block"
    word = _DANGLING.search(last_line[-40:])
    if word and len(last_line.split()) >= 4:
        return f'on the word "{word[0]}"'
    if last_line.endswith((",", " -", "(", "[")) and len(last_line.split()) >= 4:
        return f'on "{last_line[-1]}"'
    return ""


def _looks_open(text: str) -> float:
    """How unlikely a text's last sign is for an end: most cut answers end on an ordinary word."""
    last = text[-1:]
    if last in ".!?\"')]}`*|:;>\u3002\u201d\u2026" or not last.isascii():
        return 0.02
    line = text.rsplit("\n", 1)[-1].split()
    return 0.1 if len(line) < 8 or len(text) < 200 else 0.4


def _end_of(turn: Turn) -> Evidence:
    end = len(turn.output_text)
    return turn.cite("output", max(0, end - 80), end)
