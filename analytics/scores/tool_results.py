"""What tools gave back: whether a call failed, found nothing, or was mended by a later one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from analytics.detectors.tool_loop import canonical
from analytics.detectors.turn import ToolCall

FAILED: Final = re.compile(
    r"\b(?:error|exception|fault)s?\"?\s*[:=](?!\s*(?:null|none|false|\"\"|\[\]|\{\}|0\b))|^\s*error\b|traceback \(most"
    r"|timed? ?out|\b(?:service|server|system|backend|api|tool|temporarily|currently) (?:is )?unavailable"
    r"|\"?(?:status|code)\"?\s*[:=]\s*\"?(?:error|failed|failure|5\d\d)\b"
    r"|internal server error|connection (?:refused|reset)",
    re.IGNORECASE,
)
HEAD: Final = 2_000
"""Code points of a result that are read for a failure."""

_NOTHING: Final = frozenset({"[]", "{}", "null", "none", "n/a", '""', "no results", "no results found", "not found"})


def has_failed(call: ToolCall) -> bool:
    """Whether a call failed, by its status or by what it gave back."""
    return call.is_error or bool(FAILED.search(call.result[:HEAD]))


def found_nothing(call: ToolCall) -> bool:
    """Whether what came back holds nothing; a result that was not recorded tells nothing.

    Lists and objects count as empty where all that they hold is, but for names of fields.
    """
    text = call.result.strip()
    if not text or len(text) > HEAD:
        return False
    if text.lower().rstrip(".") in _NOTHING:
        return True
    if text[0] not in "[{":
        return False
    try:
        return _is_hollow(json.loads(text))
    except (ValueError, RecursionError):
        return False


def _is_hollow(value: Any, depth: int = 6) -> bool:
    if isinstance(value, dict) and depth:
        return all(_is_hollow(one, depth - 1) for one in value.values())
    if isinstance(value, list) and depth:
        return all(_is_hollow(one, depth - 1) for one in value)
    return value is None or value == ""


def failures(calls: Sequence[ToolCall]) -> tuple[list[int], list[int]]:
    """Places of the calls that failed: those left so, and those mended by a later call of the same tool."""
    left: list[int] = []
    mended: list[int] = []
    for place, call in enumerate(calls):
        if has_failed(call):
            later = [one for one in calls[place + 1 :] if one.name == call.name]
            (mended if any(not has_failed(one) for one in later) else left).append(place)
    return left, mended


def repeats(calls: Sequence[ToolCall]) -> list[int]:
    """Places of calls that ask the same tool the same as one before that had not failed."""
    answered: defaultdict[str, set[str]] = defaultdict(set)
    found = []
    for place, call in enumerate(calls):
        asked = canonical(call.arguments)
        if asked and asked in answered[call.name]:
            found.append(place)
        if not has_failed(call):
            answered[call.name].add(asked)
    return found
