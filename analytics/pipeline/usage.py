"""What users used by day, asked of the store once a window of turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.detectors.base import Turn
from analytics.detectors.usage import FEWEST, LEAST, Use, compared
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query

_MOST_DAYS: Final = 50_000


@dataclass(frozen=True, slots=True)
class _Day:
    user_id: str
    requests: float
    tokens: float
    cost_usd: float


@dataclass(frozen=True, slots=True)
class _Reached:
    turn_id: str
    requests: float
    tokens: float
    cost_usd: float
    own_tokens: float
    own_cost: float


_DAYS: Final = Query(
    "use_by_user_and_day",
    fill("""
SELECT user_id, toFloat64(count()) AS requests, toFloat64(sum(input_tokens + output_tokens)) AS tokens,
    toFloat64(sum(ifNull(cost_usd, 0))) AS cost_usd
FROM (SELECT user_id, start_time, input_tokens, output_tokens, cost_usd FROM turn FINAL
    WHERE @project AND @in_range AND user_id != '')
GROUP BY user_id, toDate(start_time, 'UTC')
ORDER BY user_id
LIMIT {days:UInt32}
"""),
    _Day,
    "worker",
)
_REACHED: Final = Query(
    "use_up_to_a_turn",
    fill("""
SELECT turn_id, toFloat64(reached_requests) AS requests, toFloat64(reached_tokens) AS tokens,
    toFloat64(reached_cost) AS cost_usd, toFloat64(used) AS own_tokens, toFloat64(paid) AS own_cost
FROM (
    SELECT turn_id, used, paid, count() OVER day AS reached_requests, sum(used) OVER day AS reached_tokens,
        sum(paid) OVER day AS reached_cost
    FROM (SELECT turn_id, user_id, start_time, input_tokens + output_tokens AS used, ifNull(cost_usd, 0) AS paid
        FROM turn FINAL WHERE @project AND @in_range AND user_id IN {users:Array(String)})
    WINDOW day AS (PARTITION BY user_id, toDate(start_time, 'UTC') ORDER BY start_time, turn_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
WHERE turn_id IN {ids:Array(String)}
"""),
    _Reached,
    "worker",
)


def usage(turns: Sequence[Turn], bounds: Mapping[str, int]) -> list[Mapping[str, Use] | None]:
    """By turn, what its user had used of its day where that is worth a word; None where too few others are known.

    Args:
        turns: to tell it of.
        bounds: project and range, nanoseconds, whose days are compared.
    """
    named = {turn.user_id for turn in turns} - {""}
    days = store().fetch(_DAYS, **bounds, days=_MOST_DAYS) if named else []
    sums = [(day.user_id, {name: getattr(day, name) for name in LEAST}) for day in days]
    busy = {user for user, day in sums if user in named and any(day[name] >= least for name, least in LEAST.items())}
    ids = [turn.turn_id for turn in turns if turn.user_id in busy]
    reached = (
        {row.turn_id: row for row in store().fetch(_REACHED, **bounds, users=sorted(busy), ids=ids)} if ids else {}
    )
    others = {user: [day for owner, day in sums if owner != user] for user in busy}
    counts = {user: sum(owner != user for owner, _ in sums) for user in named}
    found: list[Mapping[str, Use] | None] = []
    for turn in turns:
        if counts.get(turn.user_id, 0) < FEWEST:
            found.append(None)
        elif row := reached.get(turn.turn_id):
            after = {name: getattr(row, name) for name in LEAST}
            own = {"requests": 1.0, "tokens": row.own_tokens, "cost_usd": row.own_cost}
            found.append(compared(after, own, others[turn.user_id]))
        else:
            found.append({})
    return found
