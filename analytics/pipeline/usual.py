"""What is usual among a project's recent answers, asked of the store once a window of turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from analytics.detectors.base import Turn
from analytics.detectors.identifiers import identifiers, unexplained
from analytics.detectors.peers import MOST_TWINS, TWIN_LENGTH, Limits, Peers, group_of
from analytics.pipeline.usage import usage
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query

_LOOKED_BACK: Final = int(timedelta(days=14) / timedelta(microseconds=1)) * 1000
_PREVIEW: Final = 300  # code points that `span_preview` keeps


@dataclass(frozen=True, slots=True)
class _Usual:
    model: str
    turn_count: int
    latency: list[float]
    priced: int
    cost: list[float]
    counted: int
    tokens: list[float]


@dataclass(frozen=True, slots=True)
class _Sayers:
    user_id: str
    said: str
    fetched: str


@dataclass(frozen=True, slots=True)
class _Twins:
    answer: str
    questions: list[str]


_USUAL: Final = Query(
    "usual_figures_by_model",
    fill("""
SELECT @model AS model, count() AS turn_count, quantilesExact(0.5, 0.99, 0.999)(@duration_ms) AS latency,
    countIf(cost_usd > 0) AS priced, quantilesExactIf(0.5, 0.99, 0.999)(assumeNotNull(cost_usd), cost_usd > 0) AS cost,
    countIf(output_tokens > 0) AS counted,
    quantilesExactIf(0.5, 0.99, 0.999)(toFloat64(output_tokens), output_tokens > 0) AS tokens
FROM (
    SELECT start_time, end_time, cost_usd, output_tokens, response_model, request_model FROM turn FINAL
    WHERE @project AND @in_range
)
GROUP BY model
"""),
    _Usual,
    "worker",
)
_TWINS: Final = Query(
    "questions_with_one_answer",
    fill("""
SELECT output_preview AS answer, groupUniqArray({most:UInt32})(input_preview) AS questions
FROM span_preview
WHERE @project AND @in_range AND @is_generation AND output_preview IN {answers:Array(String)}
GROUP BY output_preview
HAVING length(questions) > 2
"""),
    _Twins,
    "worker",
)


_SAYERS: Final = Query(
    "users_who_said_an_identifier",
    fill("""
SELECT user_id, input_text AS said, tool_calls AS fetched
FROM (
    SELECT user_id, input_text, tool_calls, replaceRegexpAll(lower(input_text), '[ _/+-]', '') AS told,
        replaceRegexpAll(lower(tool_calls), '[ _/+-]', '') AS kept
    FROM turn FINAL
    WHERE @project AND @in_range AND user_id != ''
)
WHERE multiSearchAny(told, {names:Array(String)})
    OR (user_id IN {own:Array(String)} AND multiSearchAny(kept, {names:Array(String)}))
LIMIT {rows:UInt32}
"""),
    _Sayers,
    "worker",
)
_MOST_NAMES: Final = 200
"""Identifiers that are asked for at once; the store takes 255 needles."""

_MOST_ROWS: Final = 2_000


def peers(project_id: int, turns: Sequence[Turn], end: int) -> list[Peers]:
    """What each turn is compared with: two weeks of answers up to ``end``, nanoseconds, of its model.

    Answers count as the same where their first 300 characters are.
    """
    bounds = {"project_id": project_id, "start": end - _LOOKED_BACK, "end": end + 1}
    limits = {row.model: _limits(row) for row in store().fetch(_USUAL, **bounds)}
    previews = [turn.output_text[:_PREVIEW] if len(turn.output_text) >= TWIN_LENGTH else "" for turn in turns]
    twins: dict[str, tuple[str, ...]] = {}
    if answers := sorted(set(previews) - {""}):
        found = store().fetch(_TWINS, **bounds, answers=answers, most=MOST_TWINS)
        twins = {row.answer: tuple(row.questions) for row in found}
    beside = zip(turns, previews, _owners(turns, bounds), usage(turns, bounds), strict=True)
    return [
        Peers(group_of(turn.model), limits.get(turn.model, {}), twins.get(preview, ()), owned, used)
        for turn, preview, owned, used in beside
    ]


def _owners(turns: Sequence[Turn], bounds: dict[str, int]) -> list[dict[str, int]]:
    """By turn, how many other users said an identifier that its answer names and that came from nowhere."""
    told = [[key for _, _, key in unexplained(turn)] if turn.user_id else [] for turn in turns]
    names = sorted({key for keys in told for key in keys})[:_MOST_NAMES]
    if not names:
        return [{} for _ in turns]
    own = sorted({turn.user_id for turn, keys in zip(turns, told, strict=True) if keys})
    needles = sorted({re.sub(r"[ _/+-]", "", name) for name in names})
    sayers: dict[str, set[str]] = {}
    known: set[tuple[str, str]] = set()
    for row in store().fetch(_SAYERS, **bounds, names=needles, own=own, rows=_MOST_ROWS):
        for key in {key for _, _, key in identifiers(row.said)}:
            sayers.setdefault(key, set()).add(row.user_id)
        known |= {(row.user_id, key) for _, _, key in identifiers(row.fetched)}
    return [
        {
            key: len(sayers[key])
            for key in keys
            if key in sayers and turn.user_id not in sayers[key] and (turn.user_id, key) not in known
        }
        for turn, keys in zip(turns, told, strict=True)
    ]


def _limits(row: _Usual) -> dict[str, Limits]:
    measured = {
        "latency_ms": (row.latency, row.turn_count), "cost_usd": (row.cost, row.priced),
        "output_tokens": (row.tokens, row.counted),
    }  # fmt: skip
    return {name: Limits(values[0], values[1], values[2], count) for name, (values, count) in measured.items() if count}
