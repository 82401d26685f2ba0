"""What a reviewer needs to judge one turn: what was said before and after it, its flags, what its tools answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import msgspec

from analytics.questions.findings import FlagRow, flags_of_turns
from analytics.questions.sql import fill
from analytics.questions.turns import TurnRow
from analytics.questions.whole import whole_spans
from backend.store.connection import store
from backend.store.query import Query
from backend.telemetry import operation
from backend.telemetry.stored import reader_of

BEFORE: Final = 20
"""Most earlier turns that are shown; a reviewer reads back, not all of a day."""
AFTER: Final = 3
"""Most later turns: how a person took an answer says a lot about it."""
_MOST_TOOLS: Final = 200


class DocumentRead(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was retrieved for a turn; rank counts from 1 in its own retrieval."""

    span_id: str = ""
    id: str = ""
    content: str = ""
    score: float | None = None
    rank: int | None = None


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that was called in a turn.

    Attributes:
        status: ``ok``, ``error``, or ``asked`` where a model asked for it and no span tells of its run.
    """

    name: str = ""
    arguments: str = ""
    span_id: str = ""
    status: str = "ok"
    result: str = ""
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One turn as a reviewer sees it.

    Attributes:
        turn: the one to judge.
        before: earlier turns of its conversation in order, at most ``BEFORE``.
        earlier: how many came before those.
        after: later turns in order, at most ``AFTER``.
        later: how many came after those.
        flags: of the turn, gravest first.
    """

    turn: TurnRow
    before: tuple[TurnRow, ...]
    earlier: int
    after: tuple[TurnRow, ...]
    later: int
    flags: tuple[FlagRow, ...]
    documents: tuple[DocumentRead, ...]
    tools: tuple[ToolUse, ...]


@dataclass(frozen=True, slots=True)
class _Key:
    turn_id: str


_COLUMNS: Final = ", ".join(
    {"duration_ms": "@duration_ms AS duration_ms", "model": "@model AS model"}.get(item.name, item.name)
    for item in fields(TurnRow)
)
# By the table's own key, so that only these turns' texts are read.
_ROWS: Final = Query(
    "turns_by_id",
    fill(
        "SELECT @columns FROM turn FINAL WHERE @project AND turn_id IN {ids:Array(String)}"
        " ORDER BY start_time, turn_id",
        columns=_COLUMNS,
    ),
    TurnRow,
)
_ORDER: Final = Query(
    "turns_in_order",
    fill(
        "SELECT turn_id FROM turn FINAL WHERE @project AND conversation_id = {conversation_id:String}"
        " ORDER BY start_time, turn_id LIMIT 20000"
    ),
    _Key,
)
_documents: Final = reader_of(list[DocumentRead])
_tools: Final = reader_of(list[ToolUse])


def judged(project_id: int, turn_id: str) -> Judged | None:
    """A turn with all that helps to judge it; None where it is no longer stored."""
    found = store().fetch(_ROWS, project_id=project_id, ids=[turn_id])
    if not found:
        return None
    turn = found[0]
    order = store().fetch(_ORDER, project_id=project_id, conversation_id=turn.conversation_id)
    ids = [key.turn_id for key in order]
    place = ids.index(turn_id) if turn_id in ids else len(ids)
    shown = [*ids[max(0, place - BEFORE) : place], *ids[place + 1 : place + 1 + AFTER]]
    rows = {row.turn_id: row for row in store().fetch(_ROWS, project_id=project_id, ids=shown)} if shown else {}
    return Judged(
        turn=turn,
        before=_those(rows, ids[max(0, place - BEFORE) : place]),
        earlier=max(0, place - BEFORE),
        after=_those(rows, ids[place + 1 : place + 1 + AFTER]),
        later=max(0, len(ids) - place - 1 - AFTER),
        flags=tuple(flags_of_turns(project_id, [turn_id]).get(turn_id, ())),
        documents=documents_of(turn),
        tools=_tools_with_results(project_id, turn),
    )


def documents_of(turn: TurnRow) -> tuple[DocumentRead, ...]:
    """What was retrieved for a turn; nothing where some other writer left what cannot be read."""
    try:
        return tuple(_documents(turn.documents)) if turn.documents else ()
    except msgspec.MsgspecError:
        return ()


def tools_of(turn: TurnRow) -> tuple[ToolUse, ...]:
    """Which tools a turn called, without what they answered."""
    try:
        return tuple(_tools(turn.tool_calls)) if turn.tool_calls else ()
    except msgspec.MsgspecError:
        return ()


def _those(rows: dict[str, TurnRow], ids: Sequence[str]) -> tuple[TurnRow, ...]:
    return tuple(rows[one] for one in ids if one in rows)


def _tools_with_results(project_id: int, turn: TurnRow) -> tuple[ToolUse, ...]:
    calls = tools_of(turn)
    if not calls:
        return ()
    spans = whole_spans(project_id, turn.trace_id, operations=[operation.EXECUTE_TOOL], limit=_MOST_TOOLS)
    ran = {span.span_id: span for span in spans}
    return tuple(
        msgspec.structs.replace(call, result=ran[call.span_id].tool_result, duration_ms=ran[call.span_id].duration_ms)
        if call.status != "asked" and call.span_id in ran
        else call
        for call in calls
    )
