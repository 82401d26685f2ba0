"""What comes in any order, twice, late or with an absurd clock gives the same numbers."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

import pytest

from backend.store.client import Store
from backend.store.query import Query
from backend.store.rows import insert_all, span_rows
from backend.telemetry.span import Span
from ingest import steps
from ingest.protocols.otlp_http import OtlpHttp

_TRACE = "a1" * 16
_NOON = 1_795_000_000 * 10**9
_S = 10**9
_CHUNK = "gen_ai.content.completion.chunk"


def _span(
    number: int, parent: int = 0, start: int = _NOON, end: int = _NOON + _S, events: Any = (), **attributes: Any
) -> dict[str, Any]:
    pairs = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 10, "gen_ai.request.model": "gpt-4o-mini"}
    pairs |= {name.replace("__", "."): value for name, value in attributes.items()}
    return {
        "traceId": _TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": f"step {number}",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end),
        "attributes": [
            {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
            for name, value in pairs.items()
        ],
        "events": [{"name": name, "timeUnixNano": str(at)} for name, at in events],
    }


def _body(*spans: dict[str, Any], scope: str = "") -> bytes:
    scoped = {"scope": {"name": scope}, "spans": list(spans)}
    return json.dumps({"resourceSpans": [{"scopeSpans": [scoped]}]}).encode()


def _read(*spans: dict[str, Any]) -> list[Span]:
    kept, refused = steps.run(OtlpHttp().decode(_body(*spans), "application/json").spans)
    assert refused == []
    return kept


@dataclass(frozen=True, slots=True)
class _Seen:
    span_id: str
    parent_span_id: str
    name: str
    tokens: int


_SEEN = Query(
    "test_orders",
    "SELECT span_id, parent_span_id, name, toInt64(input_tokens) AS tokens FROM span_preview FINAL"
    " WHERE project_id = {project_id:UInt32} ORDER BY span_id",
    _Seen,
)


@pytest.mark.parametrize("seed", range(3))
def test_order_batches_and_resends_change_no_number(store: Store, seed: int) -> None:
    """Children before parents, a root in a later request or never, the same span twice: each span counts once."""
    told = [_span(4, 3), _span(3, 2), _span(2, 1), _span(1), _span(6, 5)]  # 5 is never told
    batches = [[one] for one in told] + [told[:2]]
    random.Random(seed).shuffle(batches)
    for batch in batches:
        insert_all(store, [span_rows(1, _read(*batch))])
    seen = store.fetch(_SEEN, project_id=1)
    assert [row.span_id[-1] for row in seen] == ["1", "2", "3", "4", "6"]
    assert sum(row.tokens for row in seen) == 50
    assert seen[-1].parent_span_id.endswith("5")


def test_an_update_of_a_span_replaces_it(store: Store) -> None:
    """The same ids and start sent again with more: the later one holds, and counts once."""
    insert_all(store, [span_rows(1, _read(_span(1)))])
    insert_all(store, [span_rows(1, _read(_span(1, end=_NOON + 5 * _S, gen_ai__usage__input_tokens=25)))])
    assert [row.tokens for row in store.fetch(_SEEN, project_id=1)] == [25]


@pytest.mark.parametrize(
    ("start", "end", "noted"),
    [
        (_NOON, _NOON, ""),
        (_NOON, _NOON - 5, "end was"),
        (0, 0, "start was 0"),
        (10**18, _NOON, "start was"),
        (_NOON, 2**63, "end was"),
        (2**63, 2**63 + 1, "start was"),
    ],
    ids=["zero duration", "negative duration", "no time", "before 2015", "endless", "far future"],
)
def test_absurd_times_are_bounded_and_marked(start: int, end: int, noted: str) -> None:
    """A clock that is wrong makes no span negative, eternal or lost, and what it said can be read."""
    (span,) = _read(_span(1, start=start, end=end))
    assert steps.FIRST_NS <= span.start_time <= span.end_time
    assert (noted in span.time_note) if noted else span.time_note == ""


def test_a_child_that_began_before_its_parent_is_kept_as_told() -> None:
    """Clocks of two machines differ; the parent is not moved to fit."""
    child, parent = _read(_span(2, 1, start=_NOON - 50 * _S, end=_NOON - 49 * _S), _span(1))
    assert (child.start_time, child.end_time) == (_NOON - 50 * _S, _NOON - 49 * _S)
    assert child.parent_span_id == parent.span_id


@pytest.mark.parametrize(
    ("attributes", "events", "milliseconds"),
    [
        ({"gen_ai.response.time_to_first_chunk": "0.25"}, (), 250.0),
        ({"gen_ai.client.operation.time_to_first_chunk": "0.25"}, (), 250.0),
        ({"gen_ai.server.time_to_first_token": "0.25"}, (), 250.0),
        ({"gen_ai.server.time_to_first_token": 250}, (), 250.0),
        ({"gen_ai.server.time_to_first_token": "0.25", "gen_ai.request.stream": "false"}, (), None),
        ({"ai.response.msToFirstChunk": "250"}, (), 250.0),
        ({"langfuse.observation.completion_start_time": '"2026-11-18T11:06:40.250Z"'}, (), 250.0),
        ({}, (("First Token Stream Event", _NOON + _S // 4),), 250.0),
        ({}, ((_CHUNK, _NOON + _S // 4), (_CHUNK, _NOON + _S)), 250.0),
        ({}, (), None),
    ],
)  # fmt: skip
def test_time_to_first_token_is_found(attributes: dict[str, Any], events: Any, milliseconds: float | None) -> None:
    """In whichever unit and name, and not where nothing was streamed."""
    (span,) = _read(_span(1, events=events, **attributes))
    assert span.time_to_first_token_ms == milliseconds


def test_a_call_that_two_spans_tell_counts_once() -> None:
    """Anthropic's SDK tells of each call beside an instrumentation; its counts stay readable."""
    call = {"gen_ai__response__id": "msg_1"}
    both = json.dumps({
        "resourceSpans": [{"scopeSpans": [
            {"scope": {"name": "com.anthropic.sdk.python"}, "spans": [_span(1, **call)]},
            {"scope": {"name": "opentelemetry.instrumentation.anthropic"}, "spans": [_span(2, 1, **call)]},
        ]}]
    }).encode()  # fmt: skip
    own, told = OtlpHttp().decode(both, "application/json").spans
    assert (own.operation, own.uncached_input_tokens) == ("", 0)
    assert own.attributes["assay.counted_elsewhere.uncached_input_tokens"] == "10"
    assert told.uncached_input_tokens == 10
    (alone,) = OtlpHttp().decode(_body(_span(1, **call), scope="com.anthropic.sdk.python"), "application/json").spans
    assert (alone.operation, alone.uncached_input_tokens) == ("chat", 10)
