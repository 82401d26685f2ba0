"""Which topics go worse or better than before: errors, flags, causes and low scores, said only beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analytics.questions.filters import PROBABLE
from analytics.questions.growth import WHO
from analytics.questions.scope import Scope
from analytics.questions.sides import Sides
from analytics.questions.sql import fill
from analytics.statistics.clustered import Clustered, told
from analytics.statistics.compare import Comparison
from backend.store.connection import store
from backend.store.query import Query

LEAST: Final = 20
"""Fewest conversations of a topic in either period."""
LEAST_HITS: Final = 5
"""Fewest conversations in both periods together that something was wrong with: below, nothing could be told anyway."""
FACTOR: Final = 1.25
POINTS: Final = 0.02
"""A rate that changed by a smaller factor or by less is true and of no use to anyone."""
NO_FAULT: Final = ("injection", "outlier")
"""Detectors of what users write or of what is only unusual: no answer is bad by them."""
_STEADY: Final = 0.05
"""Most by which the share of turns that something was looked for in may differ between the periods."""


@dataclass(frozen=True, slots=True)
class RateChange:
    """One rate of one topic that changed.

    Attributes:
        measure: ``status:error``, ``flag:NAME``, ``cause:NAME``, or ``score:NAME`` for low values of a score.
        before: conversations of the topic with it, in the former period.
        now: in the later one.
        comparison: with an interval that allows for all that was looked at.
        examples: ids of conversations of the later period with it, at most three.
    """

    number: int
    measure: str
    before: Clustered
    now: Clustered
    comparison: Comparison
    examples: tuple[str, ...]

    @property
    def is_worse(self) -> bool:
        """Whether more goes wrong than before."""
        return self.comparison.difference > 0


@dataclass(frozen=True, slots=True)
class Rates:
    """What was looked at and what of it changed.

    Attributes:
        changes: the largest difference first.
        looks: rates of topics that were compared.
        not_alike: measures that were not looked for alike in both periods, so that nothing can be said of them.
    """

    changes: tuple[RateChange, ...]
    looks: int
    not_alike: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Bad:
    number: int
    measure: str
    hits: int
    squares: int
    products: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class _Sized:
    number: int
    size: int
    sizes: int


@dataclass(frozen=True, slots=True)
class _Ran:
    analyser: str
    version: str
    turns: int


@dataclass(frozen=True, slots=True)
class _Turns:
    turns: int


_CONVERSATIONS: Final = """
SELECT t.conversation_id AS conversation_id, a.topic_id AS number, any(@who) AS who
FROM @turns INNER JOIN @assigned USING (conversation_id)
WHERE a.topic_id NOT IN {ignored:Array(UInt32)}
GROUP BY conversation_id, number
"""
LEDGER_RANGE: Final = (
    "subject_time >= fromUnixTimestamp64Nano({start:Int64}) AND subject_time < fromUnixTimestamp64Nano({end:Int64})"
)
_WRONG: Final = """
SELECT conversation_id, 'status:error' AS measure FROM @turns WHERE t.status = 'error'
UNION DISTINCT
SELECT conversation_id, concat('flag:', detector) AS measure FROM flag FINAL
WHERE @project AND @flag_range AND detector NOT IN {no_fault:Array(String)}
UNION DISTINCT
SELECT conversation_id, concat('cause:', label) AS measure FROM score FINAL
WHERE @project AND name = 'cause' AND value >= {probable:Float64} AND label != 'not_enough_evidence'
  AND time >= fromUnixTimestamp64Nano({start:Int64}) AND time < fromUnixTimestamp64Nano({end:Int64})
UNION DISTINCT
SELECT t.conversation_id AS conversation_id, l.analyser AS measure
FROM @turns INNER JOIN (
    SELECT subject_id, analyser FROM ledger FINAL
    WHERE @project AND @ledger_range AND startsWith(analyser, 'score:') AND outcome = 'matched') AS l
ON l.subject_id = t.turn_id
"""
_BAD: Final = Query(
    "topic_rates",
    fill(
        """
SELECT number, measure, sum(c) AS hits, sum(c * c) AS squares, sum(c * n) AS products,
    groupArraySorted(3)(example) AS examples
FROM (
    SELECT i.number AS number, i.who AS who, b.measure AS measure, count() AS c, any(i.n) AS n,
        min(b.conversation_id) AS example
    FROM (@wrong) AS b
    INNER JOIN (
        SELECT conversation_id, number, who, count() OVER (PARTITION BY number, who) AS n FROM (@conversations)) AS i
    ON i.conversation_id = b.conversation_id
    GROUP BY number, who, measure)
GROUP BY number, measure
""",
        wrong=_WRONG,
        conversations=_CONVERSATIONS,
        ledger_range=LEDGER_RANGE,
        who=WHO,
    ),
    _Bad,
)
_SIZES: Final = Query(
    "topic_rate_sizes",
    fill(
        """
SELECT number, sum(n) AS size, sum(n * n) AS sizes
FROM (SELECT number, who, count() AS n FROM (@conversations) GROUP BY number, who)
GROUP BY number
""",
        conversations=_CONVERSATIONS,
        who=WHO,
    ),
    _Sized,
)
_RAN: Final = Query(
    "analysers_of_period",
    fill(
        """
SELECT analyser, analyser_version AS version, count() AS turns FROM ledger FINAL
WHERE @project AND @ledger_range AND outcome IN ('ran', 'matched', 'unjudged')
GROUP BY analyser, version
""",
        ledger_range=LEDGER_RANGE,
    ),
    _Ran,
)
_ALL_TURNS: Final = Query("turns_of_period", fill("SELECT count() AS turns FROM @turns"), _Turns)


def rate_changes(sides: Sides, fit_id: int, ignored: Sequence[int]) -> Rates:
    """Compare what goes wrong in each topic with the former period; conversations are the unit.

    Args:
        sides: the periods.
        fit_id: of the published fit.
        ignored: topics that people left out.
    """
    asked = {"fit_id": fit_id, "ignored": list(ignored), "no_fault": list(NO_FAULT), "probable": PROBABLE}
    before, now = (_Side(one, asked) for one in (sides.before, sides.now))
    measures = sorted({measure for _, measure in (*before.bad, *now.bad)})
    comparable = alike(sides, measures)
    numbers = [one for one in now.sizes if one and min(now.size(one), before.size(one)) >= LEAST]
    pairs = {
        (number, measure): (before.counted(number, measure), now.counted(number, measure))
        for number in numbers
        for measure in measures
        if measure in comparable
    }
    pairs = {key: pair for key, pair in pairs.items() if pair[0].hits + pair[1].hits >= LEAST_HITS}
    found = [
        RateChange(*key, *pairs[key], one, tuple(now.bad[key].examples) if key in now.bad else ())
        for key, one in told(pairs).items()
        if matters(*pairs[key])
    ]
    found.sort(key=lambda one: (-abs(one.comparison.difference), one.number, one.measure))
    return Rates(tuple(found), len(pairs), tuple(one for one in measures if one not in comparable))


class _Side:
    """What was counted in one period."""

    def __init__(self, scope: Scope, asked: Mapping[str, Any]) -> None:
        parameters = {**scope.parameters(), **asked}
        self.bad = {(row.number, row.measure): row for row in store().fetch(_BAD, **parameters)}
        self.sizes = {row.number: row for row in store().fetch(_SIZES, **parameters)}

    def size(self, number: int) -> int:
        return self.sizes[number].size if number in self.sizes else 0

    def counted(self, number: int, measure: str) -> Clustered:
        size, bad = self.sizes[number], self.bad.get((number, measure))
        if bad is None:
            return Clustered(0, size.size, 0, 0, size.sizes)
        return Clustered(bad.hits, size.size, bad.squares, bad.products, size.sizes)


def matters(before: Clustered, now: Clustered) -> bool:
    """Whether two rates are far enough apart to be of use to anyone."""
    low, high = sorted((before.rate, now.rate))
    return high - low >= POINTS and high >= FACTOR * low


def alike(sides: Sides, measures: Sequence[str]) -> set[str]:
    """Measures that were looked for by one version in about the same share of turns in both periods.

    A detector that was turned on yesterday, or became stricter, makes no topic worse.
    """
    before, now = (_looked_for(one) for one in (sides.before, sides.now))
    return {one for one in measures if one == "status:error" or _is_steady(_analyser(one), before, now)}


def _is_steady(
    analyser: str, before: Mapping[str, Mapping[str, float]], now: Mapping[str, Mapping[str, float]]
) -> bool:
    versions = {*before.get(analyser, {}), *now.get(analyser, {})}
    return all(
        abs(before.get(analyser, {}).get(one, 0.0) - now.get(analyser, {}).get(one, 0.0)) <= _STEADY for one in versions
    ) and bool(versions)


def _analyser(measure: str) -> str:
    kind, _, name = measure.partition(":")
    return {"flag": f"detector:{name}", "cause": "cause"}.get(kind, measure)


def _looked_for(scope: Scope) -> dict[str, dict[str, float]]:
    """Share of all turns that each version of each analyser looked at; the ledger knows no environments."""
    asked = scope.parameters() | {"environment": ""}
    turns = max(1, store().fetch(_ALL_TURNS, **asked)[0].turns)
    found: dict[str, dict[str, float]] = {}
    for row in store().fetch(_RAN, **asked):
        found.setdefault(row.analyser, {})[row.version] = row.turns / turns
    return found
