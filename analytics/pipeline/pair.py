"""Two spans that tell one call of a model and came apart: one of them counts, as where they come together.

Design: docs/decisions, "Twins that come apart".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from analytics.pipeline import facts, ledger
from analytics.pipeline.alike import NEAREST, alike, calls_of, together
from analytics.pipeline.ledger import Entry
from analytics.pipeline.window import OVERLAP
from analytics.questions.sql import fill
from backend.sensitive.tokens import TOKEN
from backend.store.connection import store
from backend.store.query import Query
from backend.store.rows import SPAN_COLUMNS
from backend.telemetry import operation as op
from backend.telemetry import semconv as sc
from backend.telemetry.span import Span
from ingest.twins import COUNTS, OPERATION, repeats_among

_PREFIX: Final = f"{sc.ASSAY_TWIN}."
_AT_ONCE: Final = 1000
"""Spans that are stored again together, and traces that are read together: a statement costs much, of few or of many.
Where texts are so long that these are too many, the window is tried in halves."""

_COUNT: Final = re.compile("[0-9]{1,20}")
_BEHIND_S: Final = int(OVERLAP.total_seconds()) // 2
"""How far back a row is put that is stored again: no stage has passed there, and what is on its way comes later."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """What of a span the evidence is made of; texts and resources as digests.

    Attributes:
        counts: in the order of ``COUNTS``.
        kept: what it counted before it was set aside, by the names of fields.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    operation: str
    start_time: int
    end_time: int
    request_model: str
    response_model: str
    response_id: str
    scope_name: str
    service_name: str
    environment: str
    release: str
    resource: str
    question: str
    says: str
    counts: list[int]
    kept: Mapping[str, str]

    @property
    def was_set_aside(self) -> bool:
        """Whether it counted once, and does no more; attributes of the same names may be the client's words."""
        return self.operation == op.OTHER and self.kept.get(OPERATION, "") in op.METERED


# One value has another token in each trace, so that texts are compared by what kind of value stands where.
_COLUMNS: Final = fill(
    """
trace_id, span_id, parent_span_id, toString(operation) AS operation, toUnixTimestamp64Nano(s.start_time) AS start_time,
toUnixTimestamp64Nano(s.end_time) AS end_time, request_model, response_model, response_id, scope_name, service_name,
environment, release,
hex(sipHash128(replaceRegexpAll(toString(resource_attributes), {token:String}, '[\\\\1]'))) AS resource,
if(input_text = '', '', hex(sipHash128(replaceRegexpAll(input_text, {token:String}, '[\\\\1]')))) AS question,
if(input_text = '' AND output_text = '' AND input_messages = '' AND output_messages = '', '', 'said') AS says,
[@counts] AS counts,
mapApply((name, text) -> (substring(name, length({prefix:String}) + 1), text),
    mapFilter((name, text) -> startsWith(name, {prefix:String}), attributes)) AS kept
""",
    counts=", ".join(COUNTS),
)
_SPANS: Final = Query(
    "spans_to_pair",
    fill(
        """
SELECT @columns
FROM span AS s
WHERE @project AND trace_id IN {ids:Array(String)}
  AND s.start_time >= fromUnixTimestamp64Nano({first:Int64}) AND s.start_time <= fromUnixTimestamp64Nano({last:Int64})
ORDER BY s.stored_at DESC LIMIT 1 BY trace_id, span_id
""",
        columns=_COLUMNS,
    ),
    _Stored,
    limits="worker",
)
_ASIDE: Final = Query(
    "spans_set_aside",
    fill(
        """
SELECT @columns
FROM span AS s
WHERE @project AND s.operation = '' AND parent_span_id = '' AND mapContains(attributes, {mark:String})
  AND s.start_time >= fromUnixTimestamp64Nano({first:Int64}) AND s.start_time <= fromUnixTimestamp64Nano({last:Int64})
ORDER BY s.stored_at DESC LIMIT 1 BY trace_id, span_id
""",
        columns=_COLUMNS,
    ),
    _Stored,
    limits="worker",
)


def _put_aside() -> str:
    """The statement that stores spans again as plain steps, with their counts among the attributes.

    The row goes just behind the one that it is made of, or a few seconds back where that is older: one that comes in
    while this is done is not lost under it, and those that follow what is stored have not passed there yet.
    """
    told = ", ".join(f"'{_PREFIX}{name}', toString(s.{name})" for name in (OPERATION, *COUNTS))
    made = dict.fromkeys(COUNTS, "0") | {"operation": "''", "cost_usd": "NULL"}
    made["attributes"] = (
        "mapUpdate(s.attributes, CAST(mapFilter((name, text) -> text != '0', map("
        f"{told})), 'Map(LowCardinality(String), String)'))"
    )
    columns = ", ".join(made.get(name, f"s.{name}") for name in SPAN_COLUMNS)
    return fill(f"""
INSERT INTO span ({", ".join(SPAN_COLUMNS)}, stored_at)
SELECT {columns}, greatest(s.stored_at + toIntervalMicrosecond(1), now64(6) - toIntervalSecond({_BEHIND_S}))
FROM (
    SELECT * FROM span
    WHERE @project AND trace_id IN {{traces:Array(String)}} AND span_id IN {{spans:Array(String)}}
      AND start_time >= fromUnixTimestamp64Nano({{first:Int64}})
      AND start_time <= fromUnixTimestamp64Nano({{last:Int64}})
    ORDER BY stored_at DESC LIMIT 1 BY start_time, trace_id, span_id
) AS s
WHERE s.operation IN {{metered:Array(String)}} AND has({{names:Array(String)}}, concat(s.trace_id, ' ', s.span_id))
SETTINGS max_threads = 1, max_memory_usage = 2147483648, log_comment = 'put_aside'
""")  # noqa: S608 - names of columns only


_PUT_ASIDE: Final = _put_aside()


class Pair:
    """Of spans that tell one call, those that count nothing are set aside."""

    name: ClassVar[str] = "pair"
    follows: ClassVar[str] = ""
    window: ClassVar[int] = 2000

    def run(self, project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
        """Look at the calls of these traces, beside all that is stored of their time."""
        times = facts.times(project_id, trace_ids)
        if not times:
            return {"set_aside": 0}
        ids = [one.trace_id for one in times]
        calls = calls_of(project_id, ids, min(one.first for one in times), max(one.last for one in times))
        found: set[str] = set()
        for part in together(calls):
            found |= alike(project_id, part)
        return {"set_aside": _pair(project_id, sorted(found)) if found else 0}


def _pair(project_id: int, trace_ids: Sequence[str]) -> int:
    """Set aside what repeats among the spans of some traces, and say how many that were."""
    stored = _read(project_id, trace_ids)
    repeats = _repeats(stored, ())
    if any(stored[place].trace_id != stored[told].trace_id for place, told in repeats.items()):
        repeats = _repeats(stored, _set_aside_around(project_id, [stored[told] for told in repeats.values()]))
    pairs = [(stored[place], stored[told]) for place, told in sorted(repeats.items())]
    for start in range(0, len(pairs), _AT_ONCE):
        _store_aside(project_id, [repeat for repeat, _ in pairs[start : start + _AT_ONCE]])
    ledger.write(project_id, Pair.name, "1", _entries(pairs))
    return len(pairs)


def _read(project_id: int, trace_ids: Sequence[str]) -> list[_Stored]:
    times = facts.times(project_id, trace_ids)
    found: list[_Stored] = []
    for start in range(0, len(times), _AT_ONCE):
        part = times[start : start + _AT_ONCE]
        found += store().fetch(
            _SPANS,
            project_id=project_id,
            ids=[one.trace_id for one in part],
            first=min(one.first for one in part),
            last=max(one.last for one in part),
            **_WORDS,
        )
    return found


_WORDS: Final = {"token": TOKEN.pattern, "prefix": _PREFIX}


def _set_aside_around(project_id: int, outer: Sequence[_Stored]) -> list[_Stored]:
    """What was set aside before within the time of some calls, as the beginning of a trace of its own."""
    first, last = min(one.start_time for one in outer), max(one.end_time for one in outer)
    mark = f"{_PREFIX}{OPERATION}"
    return store().fetch(_ASIDE, project_id=project_id, mark=mark, first=first, last=last, **_WORDS)


def _repeats(stored: Sequence[_Stored], others: Iterable[_Stored]) -> dict[int, int]:
    """Places of what is to be set aside, with those of what counts instead.

    Args:
        stored: of traces that were read whole.
        others: spans of any traces that were set aside before.
    """
    known = {(one.trace_id, one.span_id) for one in stored}
    every = [*stored, *(one for one in others if (one.trace_id, one.span_id) not in known)]
    aside = frozenset(place for place, one in enumerate(every) if one.was_set_aside)
    return repeats_among([_as_span(one) for one in every], aside, nearest=NEAREST)


def _as_span(one: _Stored) -> Span:
    """A span that is as good as the stored one for what the evidence asks; what was set aside is as it was before."""
    counts: dict[str, Any] = dict(zip(COUNTS, one.counts, strict=True))
    if one.was_set_aside:
        counts = {name: int(text) for name in COUNTS if _COUNT.fullmatch(text := one.kept.get(name, ""))}
    return Span(
        trace_id=one.trace_id,
        span_id=one.span_id,
        parent_span_id=one.parent_span_id,
        operation=one.kept[OPERATION] if one.was_set_aside else one.operation,
        start_time=one.start_time,
        end_time=one.end_time,
        request_model=one.request_model,
        response_model=one.response_model,
        response_id=one.response_id,
        scope_name=one.scope_name,
        service_name=one.service_name,
        environment=one.environment,
        release=one.release,
        resource_attributes={"": one.resource},
        input_text=one.question,
        output_text=one.says,
        **counts,
    )


def _store_aside(project_id: int, repeats: Sequence[_Stored]) -> None:
    asked = {
        "project_id": project_id,
        "metered": sorted(op.METERED),
        "traces": sorted({one.trace_id for one in repeats}),
        "spans": sorted({one.span_id for one in repeats}),
        "names": [f"{one.trace_id} {one.span_id}" for one in repeats],
        "first": min(one.start_time for one in repeats),
        "last": max(one.start_time for one in repeats),
    }
    store().command(_PUT_ASIDE, asked)


def _entries(pairs: Sequence[tuple[_Stored, _Stored]]) -> list[Entry]:
    """A line a trace in which something was set aside."""
    by_trace: defaultdict[str, list[tuple[_Stored, _Stored]]] = defaultdict(list)
    for repeat, told in pairs:
        by_trace[repeat.trace_id].append((repeat, told))
    return [
        Entry(trace_id, "matched", _reason(some), min(repeat.start_time for repeat, _ in some))
        for trace_id, some in by_trace.items()
    ]


def _reason(pairs: Sequence[tuple[_Stored, _Stored]]) -> str:
    repeat, told = pairs[0]
    said = f"span {repeat.span_id} tells the call of span {told.span_id} of trace {told.trace_id}, which counts"
    return f"{said}; so do {len(pairs) - 1} others" if len(pairs) > 1 else said
