"""Agents that ask the same tool the same thing again and again."""

import json
from collections import defaultdict
from typing import ClassVar

from analytics.detectors.base import Detector, Finding, Severity, ToolCall, Turn, Unjudged, Verdict

MIN_CALLS = 4


class ToolLoop(Detector):
    """A tool was called with the same arguments four times or more within one turn.

    Arguments are the same when they are equal as JSON, whatever the order of keys or the blanks. Three equal
    calls pass: a retry after a failure and one more look are ordinary.
    """

    name: ClassVar[str] = "tool_loop"
    version: ClassVar[str] = "1"
    severity: ClassVar[Severity] = "medium"

    def judge(self, turn: Turn) -> Verdict:
        """Judge one turn."""
        groups: dict[tuple[str, str], list[ToolCall]] = defaultdict(list)
        for call in turn.tool_calls:
            groups[call.name, canonical(call.arguments)].append(call)
        (name, arguments), calls = max(
            groups.items(), key=lambda group: (bool(group[0][1]), len(group[1])), default=(("", ""), [])
        )
        if len(calls) < MIN_CALLS or not arguments:
            return _unjudged(turn)
        return Finding(
            min(0.98, 0.75 + 0.05 * (len(calls) - MIN_CALLS + 1)),
            f"The tool {name} was called {len(calls)} times with the same arguments, of "
            f"{len(turn.tool_calls)} tool calls in this turn.",
            tuple(turn.cite_call(call) for call in calls[:MIN_CALLS]),
        )


def _unjudged(turn: Turn) -> Unjudged | None:
    bare = sum(not call.arguments.strip() for call in turn.tool_calls)
    if bare < MIN_CALLS:
        return None
    return Unjudged(f"the arguments of {bare} tool calls were not recorded")


def canonical(arguments: str) -> str:
    """Arguments as two calls are compared: equal as JSON, whatever the order of keys or the blanks."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return " ".join(arguments.split())
