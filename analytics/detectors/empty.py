"""Answers with nothing in them."""

import re
import unicodedata
from typing import ClassVar

from analytics.detectors.base import Detector, Finding, Severity, Turn, Unjudged, Verdict

_SPECIAL_TOKEN = re.compile(r"<\|[a-z_]{1,30}\|>|</?s>|\[/?INST\]|<(?:pad|eos|bos|unk)>", re.IGNORECASE)
_HANDED_OVER = {"tool_calls", "tool_call", "tool_use", "function_call"}
_EMPTY_JSON = {"{}", "[]", '""'}
_SCANNED = 4_000


class Empty(Detector):
    """The user got no answer: no text, and no tool call for the client to carry out.

    White space, invisible characters, bare punctuation and leaked special tokens are no answer. An emoji, a
    number or an empty JSON value is one.
    """

    name: ClassVar[str] = "empty"
    version: ClassVar[str] = "2"
    severity: ClassVar[Severity] = "high"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        if _says_something(turn.output_text):
            return None
        if turn.finish_reason.lower() in _HANDED_OVER:
            return None
        if turn.status == "error":
            return Unjudged("the turn failed, so no answer was due")
        # A turn without a span comes from a file, where an answer that is written down as nothing is nothing.
        if not turn.input_text.strip() and not turn.output_text and turn.output_span_id:
            return Unjudged("neither question nor answer was recorded")
        if turn.tool_calls and not turn.finish_reason:
            return Unjudged("the last step may have handed a tool call to the client; no finish reason says so")
        return Finding(_confidence(turn), _explain(turn), (turn.cite("output"),))


def _says_something(text: str) -> bool:
    if len(text) > _SCANNED:  # a long text of nothing is looked at in pieces that cost the same
        return any(_says_something(text[start : start + _SCANNED]) for start in range(0, len(text), _SCANNED))
    bare = _SPECIAL_TOKEN.sub("", text).strip()
    if bare in _EMPTY_JSON:
        return True
    return any(_is_content(character) for character in bare)


def _is_content(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" or category in {"Sm", "Sc", "So"}


def _confidence(turn: Turn) -> float:
    return 0.98 if not turn.output_text.strip() else 0.85


def _explain(turn: Turn) -> str:
    size = len(turn.output_text)
    found = f"{size} characters without a letter, number or symbol" if size else "no characters at all"
    spent = f"; {turn.output_tokens} output tokens were billed" if turn.output_tokens else ""
    ended = f" (finish reason {turn.finish_reason})" if turn.finish_reason else ""
    return f"The answer has {found}{ended}{spent}."
