"""Turns as a reader sees them: of a trace, of a conversation, or only their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query

PAGE: Final = 100
"""Most turns of one page of a conversation."""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One exchange.

    Attributes:
        documents: JSON list of ``{"span_id", "id", "content", "score", "rank"}``.
        tool_calls: JSON list of ``{"name", "arguments", "span_id", "status"}``.
        status: ``error`` where it ended without an answer because of one, else ``ok``.
        model: that answered, else that was asked for.
        input_cut: characters of what was said that only the span has.
        output_cut: of what came back, likewise.
    """

    turn_id: str
    trace_id: str
    conversation_id: str
    user_id: str
    environment: str
    release: str
    start_time: datetime
    duration_ms: float
    input_text: str
    output_text: str
    input_span_id: str
    output_span_id: str
    documents: str
    tool_calls: str
    status: str
    error_type: str
    error_message: str
    error_span_id: str
    finish_reason: str
    model: str
    prompt_name: str
    prompt_version: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_spans: int
    time_to_first_token_ms: float | None
    input_cut: int = 0
    output_cut: int = 0


@dataclass(frozen=True, slots=True)
class TurnKey:
    """What a review item needs to know of a turn."""

    turn_id: str
    trace_id: str
    conversation_id: str
    start_time: datetime


@dataclass(frozen=True, slots=True)
class _Trace:
    trace_id: str


@dataclass(frozen=True, slots=True)
class ConversationTotals:
    """A conversation in figures.

    Attributes:
        cost_usd: of its priced turns; None where none is.
        unpriced_spans: metered spans without a price: the cost is too low by theirs.
    """

    turns: int
    traces: int
    first: datetime
    last: datetime
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_spans: int
    errors: int
    users: list[str]


_COLUMNS: Final = """turn_id, trace_id, conversation_id, user_id, environment, release, start_time,
    @duration_ms AS duration_ms, input_text, output_text, input_span_id, output_span_id, documents, tool_calls, status,
    error_type, error_message, error_span_id, finish_reason, @model AS model, prompt_name, prompt_version,
    input_tokens, output_tokens, cost_usd, unpriced_spans, time_to_first_token_ms,
    input_cut, output_cut"""

_OF_TRACES: Final = Query(
    "turns_of_traces",
    fill(
        "SELECT @columns FROM turn FINAL WHERE @project AND trace_id IN {ids:Array(String)}"
        " ORDER BY start_time, turn_id LIMIT 1000",
        columns=_COLUMNS,
    ),
    TurnRow,
)
_OF_CONVERSATION: Final = Query(
    "turns_of_conversation",
    fill(
        "SELECT @columns FROM turn FINAL WHERE @project AND conversation_id = {conversation_id:String}"
        " ORDER BY start_time, turn_id LIMIT {limit:UInt32} OFFSET {offset:UInt32}",
        columns=_COLUMNS,
    ),
    TurnRow,
)
_KEYS: Final = Query(
    "turn_keys",
    fill(
        "SELECT turn_id, trace_id, conversation_id, start_time FROM turn FINAL"
        " WHERE @project AND trace_id IN {ids:Array(String)} ORDER BY start_time, turn_id"
    ),
    TurnKey,
)
_TOTALS: Final = Query(
    "conversation_totals",
    fill("""
SELECT count() AS turns, uniqExact(trace_id) AS traces, min(t.start_time) AS first, max(t.end_time) AS last,
    sum(t.input_tokens) AS input_tokens, sum(t.output_tokens) AS output_tokens,
    sumOrNullIf(t.cost_usd, t.cost_usd IS NOT NULL) AS cost_usd, sum(t.unpriced_spans) AS unpriced_spans,
    countIf(status = 'error') AS errors, arraySort(groupUniqArrayIf(10)(user_id, user_id != '')) AS users
FROM turn AS t FINAL
WHERE @project AND conversation_id = {conversation_id:String}
HAVING turns > 0
"""),
    ConversationTotals,
)
_TRACES: Final = Query(
    "traces_of_conversation",
    fill(
        "SELECT trace_id FROM span_preview AS s WHERE @project AND"
        " (conversation_id = {conversation_id:String} OR trace_id = {conversation_id:String})"
        " GROUP BY trace_id ORDER BY min(s.start_time), trace_id LIMIT 20"
    ),
    _Trace,
)


def turns_of_traces(project_id: int, trace_ids: Sequence[str]) -> list[TurnRow]:
    """Turns of these traces in the order they began; none where the worker has not seen them yet."""
    return store().fetch(_OF_TRACES, project_id=project_id, ids=list(trace_ids))


def turns_of_conversation(project_id: int, conversation_id: str, offset: int = 0, limit: int = PAGE) -> list[TurnRow]:
    """Turns of a conversation in the order they began."""
    asked = {"conversation_id": conversation_id, "offset": offset, "limit": limit}
    return store().fetch(_OF_CONVERSATION, project_id=project_id, **asked)


def conversation_totals(project_id: int, conversation_id: str) -> ConversationTotals | None:
    """A conversation in figures; None where it has no turn."""
    found = store().fetch(_TOTALS, project_id=project_id, conversation_id=conversation_id)
    return found[0] if found else None


def turn_keys(project_id: int, trace_ids: Sequence[str]) -> list[TurnKey]:
    """Which turns these traces hold."""
    return store().fetch(_KEYS, project_id=project_id, ids=list(trace_ids))


def traces_of_conversation(project_id: int, conversation_id: str) -> list[str]:
    """Ids of the traces of a conversation that spans tell of, also before the worker has read them; the first ones."""
    found = store().fetch(_TRACES, project_id=project_id, conversation_id=conversation_id)
    return [one.trace_id for one in found]
