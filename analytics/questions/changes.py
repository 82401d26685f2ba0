"""What changed, in sentences that link to their evidence; said only where an interval supports it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal

from analytics.questions.grammar import Token, literal
from analytics.questions.scope import Range, Scope
from analytics.questions.sides import Sides
from analytics.questions.sql import fill
from analytics.questions.topics import TopicTable
from analytics.questions.worsening import alike
from analytics.statistics import compare, intervals
from backend.store.connection import store
from backend.store.query import Query

LEVEL: Final = 0.05
"""False sentences of one kind that a page may have on average; all comparisons of the kind share it (Bonferroni)."""
LEAST: Final = 50
"""Fewest turns on either side of a comparison."""

Kind = Literal["topic_new", "topic_growing", "topic_shrinking", "errors_up", "flags_up", "slower"]


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence.

    Attributes:
        kind: of what is told.
        text: the sentence, with figures and how many turns stand behind them.
        page: of the evidence: ``topics/NUMBER`` or ``traces``.
        search: for the trace list; empty for a topic.
        weight: how far from chance, for the order.
    """

    kind: Kind
    text: str
    page: str
    search: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Counted:
    key: str
    turns: int
    hits: int


@dataclass(frozen=True, slots=True)
class _Sample:
    key: str
    values: list[float]


_ERRORS: Final = Query(
    "errors_by_model",
    fill("""
SELECT if(t.response_model != '', t.response_model, t.request_model) AS key, count() AS turns,
    countIf(t.status = 'error') AS hits
FROM @turns GROUP BY key HAVING key != '' ORDER BY turns DESC LIMIT 50
"""),
    _Counted,
)
_FLAGS: Final = Query(
    "flags_by_detector",
    fill("""
SELECT detector AS key, (SELECT count() FROM @turns) AS turns, uniqExact(turn_id) AS hits
FROM flag FINAL
WHERE @project AND @flag_range AND turn_id IN (SELECT t.turn_id FROM @turns)
GROUP BY key ORDER BY hits DESC LIMIT 50
"""),
    _Counted,
)
_TURNS: Final = Query(
    "turns_in_range", fill("SELECT '' AS key, count() AS turns, toUInt64(0) AS hits FROM @turns"), _Counted
)
_LATENCY: Final = Query(
    "latency_by_model",
    fill("""
SELECT if(t.response_model != '', t.response_model, t.request_model) AS key,
    groupArraySample(2000, 1)(@turn_ms) AS values
FROM @turns WHERE t.status != 'error'
GROUP BY key HAVING key != '' ORDER BY count() DESC LIMIT 20
"""),
    _Sample,
)


def what_changed(scope: Scope, topics: TopicTable) -> list[Change]:
    """What is different in the range from the one before, the surest first.

    Where the range before holds too little, the last quarter of the range is compared with what came before it.

    Args:
        scope: project, range and environment.
        topics: the topics table of the same scope.
    """
    before, now, words = _sides(scope)
    found = [
        *_topics(topics),
        *_rates(_count(_ERRORS, before), _count(_ERRORS, now), _more_errors, words),
        *_rates(_flag_counts(before), _comparable_flags(before, now, words), _more_flags, words),
        *_slower(before, now, words),
    ]
    return sorted(found, key=lambda change: (-change.weight, change.text))


def _sides(scope: Scope) -> tuple[Scope, Scope, str]:
    if store().fetch(_TURNS, **scope.previous.parameters())[0].turns >= LEAST:
        return scope.previous, scope, "in the range before"
    late = Range(scope.range.end - timedelta(seconds=scope.range.length.total_seconds() / 4), scope.range.end)
    early = replace(scope, range=Range(scope.range.start, late.start))
    return early, replace(scope, range=late), "in the first three quarters of the range"


def _count(query: Query[_Counted], scope: Scope) -> dict[str, tuple[int, int]]:
    return {row.key: (row.hits, row.turns) for row in store().fetch(query, **scope.parameters())}


def _flag_counts(scope: Scope) -> dict[str, tuple[int, int]]:
    found = _count(_FLAGS, scope)
    turns = store().fetch(_TURNS, **scope.parameters())[0].turns
    return {"": (0, turns), **found}


def _comparable_flags(before: Scope, now: Scope, words: str) -> dict[str, tuple[int, int]]:
    """Counts of the later side by detectors that looked at both alike: while one works off a backlog, nothing grew."""
    counts = _flag_counts(now)
    steady = alike(Sides(before, now, words), [f"flag:{detector}" for detector in counts if detector])
    return {detector: count for detector, count in counts.items() if not detector or f"flag:{detector}" in steady}


def _rates(
    before: Mapping[str, tuple[int, int]],
    now: Mapping[str, tuple[int, int]],
    say: Callable[[str, tuple[int, int], tuple[int, int], str, str], Change],
    words: str,
) -> Iterator[Change]:
    """Rates that went up by more than chance explains; a key not seen before had none of the same turns."""
    nothing = (0, before.get("", (0, 0))[1])
    pairs = {key: (before.get(key, nothing), hits) for key, hits in now.items() if key}
    pairs = {key: pair for key, pair in pairs.items() if min(pair[0][1], pair[1][1]) >= LEAST}
    level = LEVEL / max(1, len(pairs))
    for key, (first, second) in pairs.items():
        found = compare.rates(first, second, confidence=1 - level)
        if found.low > 0 and found.p_value < level:
            points = f"{100 * found.low:+.1f} to {100 * found.high:+.1f} points"
            yield replace(say(key, first, second, points, words), weight=found.low / max(found.high - found.low, 1e-9))


def _more_errors(model: str, first: tuple[int, int], second: tuple[int, int], points: str, words: str) -> Change:
    return Change(
        "errors_up",
        f"{model} fails more: {_share(second)} of its turns, {_share(first)} {words} ({points}).",
        "traces",
        f"{Token('status', 'error').text} {Token('model', literal(model)).text}",
        0,
    )


def _more_flags(detector: str, first: tuple[int, int], second: tuple[int, int], points: str, words: str) -> Change:
    return Change(
        "flags_up",
        f"{detector.replace('_', ' ').capitalize()} is found more: in {_share(second)} of turns,"
        f" {_share(first)} {words} ({points}).",
        "traces",
        Token("flag", literal(detector)).text,
        0,
    )


def _slower(before: Scope, now: Scope, words: str) -> Iterator[Change]:
    """Models whose median went up: two intervals that do not meet."""
    earlier = {row.key: row.values for row in store().fetch(_LATENCY, **before.parameters())}
    later = {row.key: row.values for row in store().fetch(_LATENCY, **now.parameters())}
    both = [key for key in later if min(len(later[key]), len(earlier.get(key, ()))) >= LEAST]
    for key in both:
        confidence = 1 - LEVEL / len(both)
        first, second = (intervals.quantile(side[key], 0.5, confidence) for side in (earlier, later))
        if second.low > first.high and second.value >= 1.1 * first.value:
            yield Change(
                "slower",
                f"{key} is slower: half of its turns take more than {second.value / 1000:.1f} s"
                f" ({second.low / 1000:.1f} to {second.high / 1000:.1f} s, {second.n:,} turns),"
                f" {first.value / 1000:.1f} s {words}.",
                "traces",
                f"{Token('model', literal(key)).text} latency:>{second.value / 1000:.1f}s",
                (second.low - first.high) / max(second.high - second.low, 1e-9),
            )


def _topics(table: TopicTable) -> Iterator[Change]:
    for row in table.topics:
        if row.badge:
            found = row.badge.comparison
            kinds: dict[str, Kind] = {"new": "topic_new", "growing": "topic_growing", "shrinking": "topic_shrinking"}
            yield Change(
                kinds[row.badge.kind],
                f"“{row.name}” is {row.badge.kind}: {row.badge.rule}.",
                f"topics/{row.number}",
                "",
                min(abs(found.low), abs(found.high)) / max(found.high - found.low, 1e-9),
            )


def _share(counts: tuple[int, int]) -> str:
    hits, turns = counts
    return f"{hits / turns:.1%} ({hits:,} of {turns:,})"
