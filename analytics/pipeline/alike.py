"""Which traces hold calls that may be one with another: by totals and times alone, so that few are read whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query
from ingest.twins import OWN_SPANS

LONGEST_NS: Final = 15 * 60 * 10**9
"""How long before a call one of another trace may have begun that tells it too, and how far from each other a response
is looked for."""

NEAREST: Final = 64
"""How many of the calls around one are looked at: those of all a project's processes lie between each other."""

_AT_ONCE: Final = 2000
_WIDE: Final = 200
"""Traces of one read that lie within an hour, and of one that does not."""
_NARROW_NS: Final = 3600 * 10**9


@dataclass(frozen=True, slots=True)
class Calls:
    """The model calls of a trace that have tokens; times in nanoseconds.

    Attributes:
        first: start of the first.
        last: end of the last.
        begins: whether one of them begins the trace.
        repeated: whether two of them have the same totals.
    """

    trace_id: str
    first: int
    last: int
    begins: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class _Group:
    calls: list[tuple[str, int, int, int, str]]


@dataclass(frozen=True, slots=True)
class _Response:
    trace_id: str
    response_id: str


_TOKENS: Final = {
    "input": "uncached_input_tokens + cached_input_tokens + cache_write_input_tokens + audio_input_tokens",
    "output": "visible_output_tokens + reasoning_output_tokens + audio_output_tokens",
}
_CALLS: Final = Query(
    "calls_of_traces",
    fill(
        """
SELECT trace_id, min(starts) AS first, max(ends) AS last, toBool(max(roots) > 0) AS begins,
    toBool(max(spans) > 1) AS repeated
FROM (
    SELECT trace_id, toUnixTimestamp64Nano(min(start_time)) AS starts, toUnixTimestamp64Nano(max(end_time)) AS ends,
        countIf(parent_span_id = '') AS roots, uniqExact(span_id) AS spans
    FROM span
    WHERE @project AND @is_metered AND trace_id IN {ids:Array(String)}
      AND start_time >= fromUnixTimestamp64Nano({first:Int64}) AND start_time <= fromUnixTimestamp64Nano({last:Int64})
      AND @input + @output > 0
    GROUP BY trace_id, @input, @output
)
GROUP BY trace_id ORDER BY first
""",
        **_TOKENS,
    ),
    Calls,
    limits="worker",
)
# Rows that were replaced and not merged away yet may be among them: they make a trace be read for nothing, no more.
_ACROSS: Final = Query(
    "calls_alike_across_traces",
    fill(
        """
SELECT groupUniqArray((trace_id, toUnixTimestamp64Nano(start_time), toUnixTimestamp64Nano(end_time),
    toUInt8(parent_span_id = ''), toString(scope_name))) AS calls
FROM span
WHERE @project AND @is_metered AND @input + @output > 0
  AND start_time >= fromUnixTimestamp64Nano({first:Int64}) AND start_time <= fromUnixTimestamp64Nano({last:Int64})
  AND end_time >= fromUnixTimestamp64Nano({ends:Int64})
GROUP BY @input, @output, service_name, environment, release
HAVING uniqExact(scope_name) > 1 AND countIf(parent_span_id = '') > 0
    AND countIf(trace_id IN {ids:Array(String)}) > 0
""",
        **_TOKENS,
    ),
    _Group,
    limits="worker",
)
_OF_SDK: Final = Query(
    "responses_that_an_sdk_tells",
    fill("""
SELECT DISTINCT trace_id, response_id FROM span
WHERE @project AND @is_metered AND scope_name = {scope:String} AND response_id != ''
  AND start_time >= fromUnixTimestamp64Nano({first:Int64}) AND start_time <= fromUnixTimestamp64Nano({last:Int64})
"""),
    _Response,
    limits="worker",
)
_TOLD: Final = Query(
    "responses_that_instrumentations_tell",
    fill("""
SELECT DISTINCT trace_id, response_id FROM span
WHERE @project AND @is_metered AND scope_name != {scope:String} AND response_id IN {responses:Array(String)}
  AND start_time >= fromUnixTimestamp64Nano({first:Int64}) AND start_time <= fromUnixTimestamp64Nano({last:Int64})
"""),
    _Response,
    limits="worker",
)


def calls_of(project_id: int, trace_ids: Sequence[str], first: int, last: int) -> list[Calls]:
    """Those of some traces that hold a model call with tokens, by its start.

    Args:
        project_id: whose.
        trace_ids: of the traces.
        first: nanoseconds, at or before the start of their spans.
        last: at or after it.
    """
    return store().fetch(_CALLS, project_id=project_id, ids=list(trace_ids), first=first, last=last)


def together(calls: Iterable[Calls]) -> list[list[Calls]]:
    """Traces by start, parted into such as are looked for in one range of time."""
    parts: list[list[Calls]] = []
    for one in calls:
        part = parts[-1] if parts else []
        is_narrow = bool(part) and one.last - part[0].first <= _NARROW_NS
        if part and len(part) < (_AT_ONCE if is_narrow else _WIDE):
            part.append(one)
        else:
            parts.append([one])
    return parts


def alike(project_id: int, calls: Sequence[Calls]) -> set[str]:
    """Ids of the traces whose calls may be one with another, theirs and those of the others."""
    ids = [one.trace_id for one in calls]
    found = {one.trace_id for one in calls if one.repeated}
    first = min(one.first for one in calls)
    last = max(one.last for one in calls)
    earliest = first - LONGEST_NS if any(one.begins for one in calls) else first
    groups = store().fetch(_ACROSS, project_id=project_id, ids=ids, first=earliest, last=last, ends=first)
    for group in groups:
        found |= _around(group.calls, frozenset(ids))
    return found | _of_response(project_id, frozenset(ids), first - LONGEST_NS, last + LONGEST_NS)


def _around(calls: Sequence[tuple[str, int, int, int, str]], wanted: frozenset[str]) -> set[str]:
    """Of calls with the same totals, traces that one began within the time of another's; one of both is wanted."""
    found: set[str] = set()
    open_ones: list[tuple[str, int, int, int, str]] = []
    for inner in sorted(calls, key=lambda call: (call[1], -call[2])):
        open_ones = [one for one in open_ones[-2 * NEAREST :] if one[2] >= inner[1]]
        if inner[3]:
            for outer in open_ones[-NEAREST:]:
                one_wanted = inner[0] in wanted or outer[0] in wanted
                if one_wanted and outer[2] >= inner[2] and outer[0] != inner[0] and outer[4] != inner[4]:
                    found |= {inner[0], outer[0]}
        open_ones.append(inner)
    return found


def _of_response(project_id: int, wanted: frozenset[str], first: int, last: int) -> set[str]:
    """Traces in which a response stands that an SDK tells by itself, where an instrumentation tells it too."""
    where = {"project_id": project_id, "scope": OWN_SPANS, "first": first, "last": last}
    own = store().fetch(_OF_SDK, **where)
    if not own:
        return set()
    responses: defaultdict[str, set[str]] = defaultdict(set)
    for one in own:
        responses[one.response_id].add(one.trace_id)
    found: set[str] = set()
    for one in store().fetch(_TOLD, **where, responses=sorted(responses)):
        traces = responses[one.response_id] | {one.trace_id}
        if traces & wanted:
            found |= traces
    return found
