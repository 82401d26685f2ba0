"""Stored turns as the columns that detectors and scores read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from analytics.detectors.base import Document, ToolCall, Turn, TurnColumns
from analytics.detectors.turn import OUTPUT_EMBEDDED, SEEN
from analytics.pipeline import surroundings, usual
from analytics.pipeline.surroundings import Surroundings
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query
from backend.telemetry.stored import reader_of


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A row of the table ``turn``, with what analysers need of it; times in nanoseconds."""

    turn_id: str
    trace_id: str
    conversation_id: str
    start: int
    end: int
    input_text: str
    output_text: str
    output_span_id: str
    status: str
    error_type: str
    error_message: str
    error_span_id: str
    finish_reason: str
    max_tokens: int
    tool_calls: str
    documents: str
    model: str
    user_id: str
    cost_usd: float | None
    input_cut: int
    output_cut: int


@dataclass(frozen=True, slots=True)
class _Answer:
    trace_id: str
    span_id: str
    output_tokens: int


_listed: Final = reader_of(list[dict[str, Any]])
_TURNS: Final = Query(
    "turns_to_judge",
    fill("""
SELECT turn_id, trace_id, conversation_id, toUnixTimestamp64Nano(start_time) AS start,
    toUnixTimestamp64Nano(end_time) AS end, input_text, output_text, output_span_id, status, error_type, error_message,
    error_span_id, finish_reason, max_tokens, tool_calls, documents, @model AS model, user_id, cost_usd,
    input_cut, output_cut
FROM turn FINAL
WHERE @project AND trace_id IN {ids:Array(String)}
ORDER BY turn_id
"""),
    StoredTurn,
    "worker",
)
_ANSWERS: Final = Query(
    "tokens_of_answers",
    fill("""
SELECT trace_id, span_id, max(output_tokens) AS output_tokens
FROM span_preview AS s
WHERE @project AND trace_id IN {ids:Array(String)} AND span_id IN {spans:Array(String)}
  AND s.start_time >= fromUnixTimestamp64Nano({first:Int64})
GROUP BY trace_id, span_id
"""),
    _Answer,
    "worker",
)


def read(
    project_id: int, trace_ids: Sequence[str], *, with_vectors: bool = False, with_peers: bool = False
) -> tuple[list[StoredTurn], TurnColumns]:
    """Read the turns of these traces, by their ids, and the columns made of them.

    Args:
        project_id: of the project.
        trace_ids: whose turns.
        with_vectors: also embed questions and answers that have no vector yet, and bring the vectors along.
        with_peers: also bring along what is usual among the answers of the weeks before.
    """
    turns = store().fetch(_TURNS, project_id=project_id, ids=list(trace_ids))
    if not turns:
        return [], TurnColumns.of([])
    around = surroundings.around(project_id, turns)
    tokens = _tokens(project_id, turns)
    made = [_judged(turn, tokens.get((turn.trace_id, turn.output_span_id), 0), around) for turn in turns]
    if with_vectors:
        made = _with_vectors(project_id, made)
    if with_peers:
        beside = usual.peers(project_id, made, max(turn.end for turn in turns))
        made = [replace(turn, peers=one) for turn, one in zip(made, beside, strict=True)]
    return turns, TurnColumns.of(made)


def _tokens(project_id: int, turns: Sequence[StoredTurn]) -> dict[tuple[str, str], int]:
    """Tokens of the answers alone; a turn has the sum of all its model calls."""
    answers = store().fetch(
        _ANSWERS,
        project_id=project_id,
        ids=sorted({turn.trace_id for turn in turns}),
        spans=sorted({turn.output_span_id for turn in turns}),
        first=min(turn.start for turn in turns),
    )
    return {(one.trace_id, one.span_id): one.output_tokens for one in answers}


def _judged(turn: StoredTurn, tokens: int, around: Surroundings) -> Turn:
    answer = (turn.trace_id, turn.output_span_id)
    calls = _rows(turn.tool_calls)
    own = {call.get("id", "") for call in calls}
    return Turn(
        turn_id=turn.turn_id,
        trace_id=turn.trace_id,
        input_text=turn.input_text,
        output_text=turn.output_text,
        output_span_id=turn.output_span_id,
        status=turn.status,
        error_type=turn.error_type,
        error_message=turn.error_message,
        error_span_id=turn.error_span_id,
        finish_reason=turn.finish_reason,
        output_tokens=tokens,
        max_tokens=turn.max_tokens,
        tool_calls=[_call(turn, call, around) for call in calls],
        system_text=around.system.get(answer, ""),
        documents=[
            Document(one.get("content", ""), one.get("id", ""), one.get("score"), one.get("span_id", ""))
            for one in _rows(turn.documents)
        ],
        tools=_tools(turn, around),
        response_schema=around.schema.get(answer, ""),
        earlier=around.earlier.get(turn.turn_id, ()),
        later=around.later.get(turn.turn_id, ()),
        model=turn.model,
        user_id=turn.user_id,
        latency_ms=(turn.end - turn.start) / 1e6,
        cost_usd=turn.cost_usd,
        output_cut=turn.output_cut,
        seen=[text for name, text in around.told.get(answer, ()) if name not in own][-SEEN:],
    )


def _call(turn: StoredTurn, call: dict[str, Any], around: Surroundings) -> ToolCall:
    result = around.by_span.get((turn.trace_id, call["span_id"])) or around.by_call.get(
        (turn.trace_id, call.get("id", ""))
    )
    failed = call.get("status") == "error" or bool(result and result.is_error)
    return ToolCall(call["name"], call["arguments"], call["span_id"], result.text if result else "", failed)


def _tools(turn: StoredTurn, around: Surroundings) -> Sequence[Any]:
    """What the answering call was offered, else what any call of the trace was."""
    offered = around.tools.get((turn.trace_id, turn.output_span_id))
    if offered is not None:
        return offered
    return next((tools for (trace_id, _), tools in sorted(around.tools.items()) if trace_id == turn.trace_id), ())


def _rows(stored: str) -> list[dict[str, Any]]:
    try:
        return _listed(stored) if stored else []
    except msgspec.MsgspecError:  # some other writer's, or nested too deeply; the turn is still worth judging
        return []


def _with_vectors(project_id: int, turns: Sequence[Turn]) -> list[Turn]:
    from analytics.embedding import text_key
    from analytics.pipeline import conversations, embed

    answers = [turn.output_text[:OUTPUT_EMBEDDED] for turn in turns]
    texts = {text for text in (*answers, *(turn.input_text for turn in turns)) if text.strip()}
    embed.embed(project_id, sorted(texts))
    keys = {text: text_key(text) for text in texts}
    vectors = conversations.vectors(project_id, sorted(set(keys.values())), embed.model_name(embed.embedder()))
    return [
        replace(
            turn,
            input_vector=vectors.get(keys.get(turn.input_text, "")),
            output_vector=vectors.get(keys.get(answer, "")),
        )
        for turn, answer in zip(turns, answers, strict=True)
    ]
