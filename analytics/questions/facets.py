"""The facet sidebar: the same filter seen from its values, each facet asked for apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analytics.questions.filters import Topics, compile_filter
from analytics.questions.grammar import Filter, Token, literal
from analytics.questions.marks import topic_names
from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from analytics.questions.traces import IN_RANGE
from backend.errors import NotFound
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet.

    Attributes:
        value: as it is stored.
        label: for people.
        count: traces that have it and fit the rest of the search.
        token: what choosing it adds to the search.
        chosen: whether the search has that token.
    """

    value: str
    label: str
    count: int
    token: Token
    chosen: bool


@dataclass(frozen=True, slots=True)
class _Counted:
    value: str
    count: int


_SPANS: Final = """
SELECT @value AS value, uniqExact(trace_id) AS count
FROM span_preview AS s FINAL
WHERE @project AND @span_range AND @in_range_whole AND @where AND @value != ''
GROUP BY value ORDER BY count DESC, value LIMIT {limit:UInt32}
"""
_TURNS: Final = """
SELECT if(trace_id IN (SELECT trace_id FROM span_preview FINAL
                       WHERE @project AND @span_range AND parent_span_id = '' AND status = 'error')
          OR trace_id IN (SELECT trace_id FROM turn FINAL WHERE @project AND @span_range AND status = 'error'),
          'error', 'ok') AS value,
       uniqExact(trace_id) AS count
FROM span_preview
WHERE @project AND @in_range AND @in_range_whole AND @where
GROUP BY value ORDER BY count DESC, value LIMIT {limit:UInt32}
"""
_FLAGS: Final = """
SELECT @value AS value, uniqExact(trace_id) AS count
FROM flag FINAL
WHERE @project AND @in_range_whole AND @where
GROUP BY value ORDER BY count DESC, value LIMIT {limit:UInt32}
"""
_TOPICS: Final = """
SELECT toString(topic_id) AS value, uniqExact(trace_id) AS count
FROM turn FINAL
INNER JOIN (SELECT conversation_id, topic_id FROM topic_assignment FINAL
            WHERE @project AND fit_id = {fit_id:UInt32}) AS assigned USING (conversation_id)
WHERE @project AND @span_range AND @in_range_whole AND @where
GROUP BY value ORDER BY count DESC, value LIMIT {limit:UInt32}
"""

FACETS: Final = {
    "status": ("Status", _TURNS, ""),
    "flag": ("Flag", _FLAGS, "detector"),
    "severity": ("Severity of flags", _FLAGS, "severity"),
    "topic": ("Topic", _TOPICS, ""),
    "model": ("Model", _SPANS, "if(s.response_model != '', s.response_model, s.request_model)"),
    "operation": ("Operation", _SPANS, "s.operation"),
    "tool": ("Tool", _SPANS, "s.tool_name"),
    "error": ("Error type", _SPANS, "s.error_type"),
    "provider": ("Provider", _SPANS, "s.provider"),
    "service": ("Service", _SPANS, "s.service_name"),
    "env": ("Environment", _SPANS, "s.environment"),
    "release": ("Release", _SPANS, "s.release"),
    "prompt": ("Prompt", _SPANS, "if(s.prompt_name = '', '', concat(s.prompt_name, '@', s.prompt_version))"),
    "user": ("User", _SPANS, "s.user_id"),
    "name": ("Root span", _SPANS, "if(s.parent_span_id = '', s.name, '')"),
}
"""Facets in the order of the sidebar: field of the grammar -> title, text of the question, column."""


def facet(scope: Scope, search: Filter, name: str, topics: Topics, limit: int = 12) -> list[FacetValue]:
    """The most frequent values of one facet among the traces that fit the rest of the search.

    Raises:
        NotFound: there is no such facet.
    """
    if name not in FACETS:
        raise NotFound(f"there is no facet {name[:40]!r}")
    _, text, column = FACETS[name]
    where = compile_filter(search.without_field(name), topics)
    sql = fill(text, value=column, in_range_whole=IN_RANGE, where=where.sql)
    asked = {**scope.parameters(), **where.parameters, "limit": limit}
    rows = store().fetch(Query(f"facet_{name}", sql, _Counted), **asked)
    labels = {str(number): label for number, label in topic_names(scope.project_id).items()} if name == "topic" else {}
    return [_value(search, name, row, labels) for row in rows]


def _value(search: Filter, name: str, row: _Counted, labels: dict[str, str]) -> FacetValue:
    label = labels.get(row.value, "Other") if name == "topic" else row.value
    token = Token(name, literal(row.value))
    return FacetValue(row.value, label, row.count, token, token in search.tokens)
