"""What stands around a turn: its system prompt, tools and their results, and the turns beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

import msgspec

from analytics.detectors.base import EARLIER, LATER, Exchange, ToolSchema
from analytics.pipeline.facts import LONGEST
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query
from backend.telemetry import semconv
from backend.telemetry.message import Message, load_messages, text_of

_TEXT: Final = 4_000
_BESIDE: Final = int(timedelta(days=30) / timedelta(microseconds=1)) * 1000
_TURNS_READ: Final = 2_000
_SCHEMA_ATTRIBUTES: Final = (
    semconv.GEN_AI_REQUEST_STRUCTURED_OUTPUT, semconv.LLM_REQUEST_STRUCTURED_OUTPUT,
    semconv.OI_LLM_INVOCATION_PARAMETERS, semconv.PYDANTIC_AI_REQUEST_PARAMETERS,
)  # fmt: skip
_SCHEMA_PATHS: Final = (
    ("response_format", "json_schema", "schema"), ("text", "format", "schema"), ("output_object", "json_schema"),
    ("response_schema",), ("response_json_schema",), ("config", "response_schema"), ("format",),
)  # fmt: skip
"""Where request parameters of OpenAI (chat, responses), pydantic-ai, Google and Ollama hold the answer's schema."""


class Placed(Protocol):
    """What has to be known of a turn to look around it."""

    @property
    def turn_id(self) -> str:
        """Its id."""

    @property
    def trace_id(self) -> str:
        """Its trace."""

    @property
    def conversation_id(self) -> str:
        """Its conversation."""

    @property
    def start(self) -> int:
        """Nanoseconds."""

    @property
    def end(self) -> int:
        """Nanoseconds."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool call gave back."""

    text: str
    is_error: bool


@dataclass(slots=True)
class Surroundings:
    """What was read around the turns of a window.

    Attributes:
        system: system prompt by (trace, span) of a model call.
        tools: what was offered, likewise.
        schema: JSON schema of the answer, likewise.
        by_span: result of a tool's span, by (trace, span).
        by_call: result by (trace, id of the call), as the next request told it.
        told: (id of the call, result) of all that a request told, in order, by (trace, span) of its model call.
        earlier: exchanges before a turn, by its id.
        later: exchanges after it.
    """

    system: dict[tuple[str, str], str] = field(default_factory=dict)
    tools: dict[tuple[str, str], tuple[ToolSchema, ...]] = field(default_factory=dict)
    schema: dict[tuple[str, str], str] = field(default_factory=dict)
    by_span: dict[tuple[str, str], Result] = field(default_factory=dict)
    by_call: dict[tuple[str, str], Result] = field(default_factory=dict)
    told: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    earlier: dict[str, tuple[Exchange, ...]] = field(default_factory=dict)
    later: dict[str, tuple[Exchange, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Span:
    trace_id: str
    span_id: str
    tool_call_id: str
    tool_result: str
    failed: int
    tool_definitions: str
    first_messages: list[str]
    tool_messages: list[str]
    request_parameters: list[str]


@dataclass(frozen=True, slots=True)
class _Beside:
    conversation_id: str
    turn_id: str


@dataclass(frozen=True, slots=True)
class _Said:
    turn_id: str
    user: str
    assistant: str


# Requests repeat the whole conversation: only instructions, which stand first, and tools' results are taken out, unless
# they are longer than what turns hold.
_SPANS: Final = Query(
    "surroundings_of_turns",
    fill("""
SELECT trace_id, span_id, tool_call_id, substringUTF8(s.tool_result, 1, {longest:UInt64}) AS tool_result,
    toUInt8(status = 'error') AS failed,
    if(length(s.tool_definitions) <= {longest:UInt64}, s.tool_definitions, '') AS tool_definitions,
    arrayFilter(message -> length(message) <= {longest:UInt64}, arraySlice(JSONExtractArrayRaw(input_messages), 1, 3))
        AS first_messages,
    if(position(input_messages, '"tool_call_response"') > 0, arrayFilter(
        message -> position(message, '"tool_call_response"') > 0 AND length(message) <= {longest:UInt64},
        JSONExtractArrayRaw(input_messages)
    ), []) AS tool_messages,
    arrayFilter(text -> text != '' AND length(text) <= {longest:UInt64},
        arrayMap(name -> attributes[name], {names:Array(String)})) AS request_parameters
FROM span AS s
WHERE @project AND trace_id IN {ids:Array(String)} AND (@is_generation OR operation = 'execute_tool')
  AND start_time >= fromUnixTimestamp64Nano({first:Int64}) AND start_time <= fromUnixTimestamp64Nano({last:Int64})
ORDER BY stored_at DESC
LIMIT 1 BY trace_id, span_id
"""),
    _Span,
    "worker",
)
_BESIDES: Final = Query(
    "turns_beside",
    fill("""
SELECT conversation_id, turn_id FROM turn FINAL
WHERE @project AND conversation_id IN {ids:Array(String)}
  AND start_time >= fromUnixTimestamp64Nano({first:Int64}) AND start_time <= fromUnixTimestamp64Nano({last:Int64})
ORDER BY conversation_id, start_time, turn_id
LIMIT {most:UInt32} BY conversation_id
"""),
    _Beside,
    "worker",
)
_SAID: Final = Query(
    "words_of_turns_beside",
    fill("""
SELECT turn_id, substringUTF8(input_text, 1, {most:UInt32}) AS user,
    substringUTF8(output_text, 1, {most:UInt32}) AS assistant
FROM turn FINAL WHERE @project AND turn_id IN {ids:Array(String)}
"""),
    _Said,
    "worker",
)


def around(project_id: int, turns: Sequence[Placed]) -> Surroundings:
    """Read what stands around these turns."""
    found = Surroundings()
    if not turns:
        return found
    first, last = min(turn.start for turn in turns), max(turn.end for turn in turns)
    spans = store().fetch(
        _SPANS,
        project_id=project_id,
        ids=sorted({turn.trace_id for turn in turns}),
        names=list(_SCHEMA_ATTRIBUTES),
        longest=LONGEST,
        first=first,
        last=last,
    )
    for span in spans:
        _take(found, span)
    _put_besides(found, project_id, turns, first - _BESIDE, last + _BESIDE)
    return found


def _take(found: Surroundings, span: _Span) -> None:
    key = (span.trace_id, span.span_id)
    if span.tool_result:
        found.by_span[key] = Result(span.tool_result, bool(span.failed))
        if span.tool_call_id:
            found.by_call[span.trace_id, span.tool_call_id] = found.by_span[key]
    if system := "\n\n".join(_instructions(span.first_messages)):
        found.system[key] = system
    if span.tool_definitions:
        found.tools[key] = tuple(tool_schemas(span.tool_definitions))
    if schema := next(filter(None, map(answer_schema, span.request_parameters)), ""):
        found.schema[key] = schema
    for message in _messages(span.tool_messages):
        for part in message.parts:
            if part.type == "tool_call_response" and part.id:
                result = Result(_text(part.response), False)
                found.by_call.setdefault((span.trace_id, part.id), result)
                found.told.setdefault(key, []).append((part.id, result.text))


def _instructions(raw: Sequence[str]) -> Iterator[str]:
    for message in _messages(raw):
        if message.role not in {"system", "developer"}:
            return
        if text := text_of(message):
            yield text


def tool_schemas(definitions: str) -> Iterator[ToolSchema]:
    """Read tool definitions as clients send them: OpenTelemetry's, OpenAI's, Anthropic's and Google's form."""
    for one in listed_tools(_json(definitions)):
        function = one.get("function")
        inner: dict[str, Any] = function if isinstance(function, dict) else one
        name = inner.get("name")
        schema = next((inner[key] for key in ("parameters", "input_schema", "inputSchema") if key in inner), None)
        if isinstance(schema, dict) and isinstance(schema.get("json"), dict):
            schema = schema["json"]  # Bedrock
        if isinstance(name, str) and name:
            yield ToolSchema(name, _text(schema) if isinstance(schema, dict | str) else "")


def answer_schema(parameters: str) -> str:
    """Find the JSON schema that an answer had to follow in the parameters of a request; empty where there is none."""
    whole = _json(parameters)
    if not isinstance(whole, dict):
        return ""
    for path in _SCHEMA_PATHS:
        found: Any = whole
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if isinstance(found, dict) and found:
            return _text(found)
    return _text(whole) if "type" in whole and ("properties" in whole or "items" in whole) else ""


def _put_besides(found: Surroundings, project_id: int, turns: Sequence[Placed], first: int, last: int) -> None:
    conversations: dict[str, list[str]] = {}
    names = sorted({turn.conversation_id for turn in turns})
    for row in store().fetch(_BESIDES, project_id=project_id, ids=names, first=first, last=last, most=_TURNS_READ):
        conversations.setdefault(row.conversation_id, []).append(row.turn_id)
    places = {name: place for listed in conversations.values() for place, name in enumerate(listed)}
    beside: dict[str, tuple[list[str], list[str]]] = {}
    for turn in turns:
        if (place := places.get(turn.turn_id)) is not None:
            listed = conversations[turn.conversation_id]
            beside[turn.turn_id] = listed[max(0, place - EARLIER) : place], listed[place + 1 : place + 1 + LATER]
    said = _said(project_id, {name for pair in beside.values() for part in pair for name in part})
    for name, (before, after) in beside.items():
        found.earlier[name] = tuple(said[one] for one in before if one in said)
        found.later[name] = tuple(said[one] for one in after if one in said)


def _said(project_id: int, turn_ids: Iterable[str]) -> Mapping[str, Exchange]:
    names = sorted(turn_ids)
    if not names:
        return {}
    rows = store().fetch(_SAID, project_id=project_id, ids=names, most=_TEXT)
    return {row.turn_id: Exchange(row.user, row.assistant) for row in rows}


def _messages(raw: Sequence[str]) -> Iterator[Message]:
    for text in raw:
        try:
            yield from load_messages(f"[{text}]")
        except msgspec.MsgspecError:  # some other writer's; the turn is still worth judging
            continue


def listed_tools(value: Any, depth: int = 3) -> list[dict[str, Any]]:
    """Tools one a place, taken out of the lists and wrappers that they come in."""
    if isinstance(value, str):
        value = _json(value)
    if depth and isinstance(value, list):
        return [found for one in value for found in listed_tools(one, depth - 1)]
    if not isinstance(value, dict):
        return []
    inner = next(
        (value[key] for key in ("tools", "functions", "function_declarations", "toolSpec") if key in value), value
    )
    return [value] if inner is value else listed_tools(inner, depth - 1)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()
