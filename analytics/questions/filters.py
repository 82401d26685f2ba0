"""Turns a search into conditions on ``trace_id``: values become server-side parameters, never text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from analytics.questions import grammar
from analytics.questions.grammar import Filter, Invalid, Token
from analytics.questions.sql import fill


@dataclass(frozen=True, slots=True)
class Topics:
    """What ``topic:`` may name: the published fit and the numbers of its topics by lower-case name."""

    fit_id: int = 0
    numbers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conditions:
    """A compiled search.

    Attributes:
        sql: one condition, to stand where ``@where`` stands; it asks for the parameters of a ``Scope`` too.
        parameters: its values by name.
        invalid: tokens that could not be meant here, such as a topic that is not there.
    """

    sql: str
    parameters: dict[str, Any]
    invalid: tuple[Invalid, ...] = ()


_SPANS: Final = "trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE @project AND @span_range AND (@condition))"
_SPAN_GROUPS: Final = (
    "trace_id IN (SELECT trace_id FROM span_preview FINAL WHERE @project AND @span_range"
    " GROUP BY trace_id HAVING @condition)"
)
_TURNS: Final = "trace_id IN (SELECT trace_id FROM turn FINAL WHERE @project AND @span_range AND (@condition))"
_FLAGS: Final = "trace_id IN (SELECT trace_id FROM flag FINAL WHERE @project AND @span_flag_range AND (@condition))"
_SCORES: Final = "trace_id IN (SELECT trace_id FROM score FINAL WHERE @project AND trace_id != '' AND (@condition))"

ERROR: Final = fill(
    "(@roots OR @turns)",
    roots=fill(_SPANS, condition="parent_span_id = '' AND status = 'error'"),
    turns=fill(_TURNS, condition="status = 'error'"),
)
"""A trace ended in an error: its root did, or its turn ended without an answer because of one."""

_WORD_COLUMNS: Final = {
    "model": ("request_model", "response_model"),
    "provider": ("provider",),
    "operation": ("operation",),
    "name": ("name",),
    "tool": ("tool_name",),
    "service": ("service_name",),
    "env": ("environment",),
    "release": ("release",),
    "error": ("error_type",),
}
_ID_COLUMNS: Final = {"user": ("user_id",), "conversation": ("conversation_id", "trace_id"), "trace": ("trace_id",)}

MEASURES: Final = {
    "latency": "@trace_ms",
    "ttft": "min(time_to_first_token_ms)",
    "cost": "sumIf(cost_usd, @is_metered)",
    "tokens": "sumIf(input_tokens + output_tokens, @is_metered)",
    "spans": "count()",
}
"""What a trace is measured by: filters, sorting and columns agree, as they share these."""

PROBABLE: Final = 0.8
"""Probability from which a cause is called probable, as on all pages; below it is a hint."""

SECURITY: Final = (
    "exfiltration", "indirect_injection", "injection", "other_user", "pii", "prompt_leak", "secret", "toxicity",
    "unusual_use",
)  # fmt: skip
"""Detectors whose findings are about safety."""

_HAS: Final = {
    "flag": fill(_FLAGS, condition="1"),
    "security": fill(_FLAGS, condition=f"detector IN ({', '.join(repr(name) for name in SECURITY)})"),
    "error": fill(_SPANS, condition="status = 'error'"),
    "retrieval": fill(_SPANS, condition="operation IN ('retrieval', 'rerank')"),
    "tool": fill(_SPANS, condition="operation = 'execute_tool'"),
    "user": fill(_SPANS, condition="user_id != ''"),
    "feedback": fill(_SCORES, condition="source IN ('client', 'human')"),
    "verdict": fill(_SCORES, condition="source = 'human' AND name = 'verdict'"),
}
_IN_TOPIC: Final = (
    "trace_id IN (SELECT trace_id FROM turn FINAL WHERE @project AND @span_range AND conversation_id IN"
    " (SELECT conversation_id FROM topic_assignment FINAL"
    " WHERE @project AND fit_id = {fit_id:UInt32} AND (@condition)))"
)
_PREVIEWS: Final = ("input_preview", "output_preview", "name", "status_message_preview")
_TEXTS: Final = ("input_text", "output_text")


def compile_filter(search: Filter, topics: Topics = Topics()) -> Conditions:
    """Compile a search; tokens that cannot be meant in this project are left out and listed."""
    parts: list[str] = []
    parameters: dict[str, Any] = {"fit_id": topics.fit_id}
    invalid: list[Invalid] = []
    for place, token in enumerate(search.tokens):
        name = f"filter_{place}"
        sql, value = _compile(token, name, topics)
        if not sql:
            invalid.append(Invalid(token.text, "there is no such topic in the published model"))
            continue
        parts.append(f"NOT ({sql})" if token.negated else f"({sql})")
        if value is not None:
            parameters[name] = value
    return Conditions(" AND ".join(parts) or "1", parameters, (*search.invalid, *invalid))


def like(pattern: str) -> str:
    r"""A pattern of the grammar as one of LIKE: ``*`` is anything, everything else is meant as it stands."""
    return "".join("%" if piece == "*" else _escaped(piece[-1]) for piece in _pieces(pattern))


def _escaped(character: str) -> str:
    return f"\\{character}" if character in "%_\\" else character


def _compile(token: Token, name: str, topics: Topics) -> tuple[str, Any]:
    if not token.field:
        return _text(name), token.value
    if token.field == "status":
        return (ERROR if token.value == "error" else f"NOT {ERROR}"), None
    if token.field == "has":
        return _has(token.value), None
    if token.field == "severity":
        return fill(_FLAGS, condition=f"severity = {{{name}:String}}"), token.value
    if token.field == "source":
        # Within the words themselves each quotation mark is escaped, so only the key can read so.
        return fill(_FLAGS, condition=f"position(evidence, {{{name}:String}}) > 0"), f'"source":"{token.value}"'
    if token.field in MEASURES:
        sign, number = grammar.number(token)
        return fill(_SPAN_GROUPS, condition=f"{MEASURES[token.field]} {sign} {{{name}:Float64}}"), number
    if token.field == "topic":
        return _topic(token.value, name, topics)
    return _pattern(token, name), like(token.value) if _is_pattern(token) else _plain(token.value)


def _text(name: str) -> str:
    return fill(
        "(@previews OR @turns)",
        previews=fill(_SPANS, condition=_holds(_PREVIEWS, name)),
        turns=fill(_TURNS, condition=_holds(_TEXTS, name)),
    )


def _holds(columns: Iterable[str], name: str) -> str:
    return " OR ".join(f"positionCaseInsensitiveUTF8({column}, {{{name}:String}}) > 0" for column in columns)


def _has(what: str) -> str:
    return fill(_IN_TOPIC, condition="topic_id != 0") if what == "topic" else _HAS[what]


def _topic(value: str, name: str, topics: Topics) -> tuple[str, Any]:
    plain = _plain(value).lower()
    if plain == "other":
        numbers: tuple[int, ...] = (0,)
    elif plain.isascii() and plain.isdigit():
        numbers = (int(plain),) if len(plain) < 9 else ()
    else:
        fits = re.compile(".*".join(re.escape(part) for part in plain.split("*")), re.DOTALL)
        numbers = tuple(number for known, found in topics.numbers.items() if fits.fullmatch(known) for number in found)
    if not numbers or not topics.fit_id:
        return "", None
    return fill(_IN_TOPIC, condition=f"topic_id IN {{{name}:Array(UInt32)}}"), list(numbers)


def _pattern(token: Token, name: str) -> str:
    columns = _ID_COLUMNS.get(token.field)
    if columns:  # an exact id is answered by the bloom filters, a pattern is not
        compare = "LIKE" if _is_pattern(token) else "="
        return fill(_SPANS, condition=" OR ".join(f"{column} {compare} {{{name}:String}}" for column in columns))
    compare = f"ILIKE {{{name}:String}}"
    if token.field == "flag":
        return fill(_FLAGS, condition=f"detector {compare}")
    if token.field == "cause":
        return fill(_SCORES, condition=f"name = 'cause' AND value >= {PROBABLE} AND label {compare}")
    if token.field == "tag":
        return fill(_SPANS, condition=f"arrayExists(one -> one {compare}, tags)")
    if token.field == "prompt":
        versioned = f"concat(prompt_name, '@', prompt_version) {compare}"
        return fill(_SPANS, condition=f"prompt_name != '' AND (prompt_name {compare} OR {versioned})")
    return fill(_SPANS, condition=" OR ".join(f"{column} {compare}" for column in _WORD_COLUMNS[token.field]))


def _is_pattern(token: Token) -> bool:
    return token.field not in _ID_COLUMNS or "*" in _pieces(token.value)


def _pieces(pattern: str) -> list[str]:
    return re.findall(r"\\[\\*]|.", pattern, re.DOTALL)


def _plain(pattern: str) -> str:
    return re.sub(r"\\([\\*])", r"\1", pattern)
