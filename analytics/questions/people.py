"""One user of the product: totals of a time range and the conversations held in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class PersonTotals:
    """A user in figures.

    Attributes:
        first: start of the earliest turn in the range.
        cost_usd: of the priced turns; None where none is.
        unpriced_spans: metered spans without a price: the cost is too low by theirs.
        flagged: turns that a detector found something in.
        p50_ms: median latency of a turn.
        models: that answered most, at most five.
    """

    turns: int
    conversations: int
    errors: int
    flagged: int
    first: datetime
    last: datetime
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_spans: int
    p50_ms: float
    models: list[str]


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation of a user, as a line of a list."""

    conversation_id: str
    first: datetime
    last: datetime
    turns: int
    errors: int
    flags: list[str]
    first_text: str
    last_text: str
    cost_usd: float | None
    unpriced_spans: int


@dataclass(frozen=True, slots=True)
class FlagCount:
    """How often a detector found something in turns of a user."""

    detector: str
    severity: str
    turns: int


_MINE: Final = "@project AND @in_range AND @in_environment AND user_id = {user_id:String}"

_TOTALS: Final = Query(
    "person_totals",
    fill(
        """
SELECT count() AS turns, uniqExact(conversation_id) AS conversations, countIf(status = 'error') AS errors,
    countIf(turn_id IN (SELECT turn_id FROM flag FINAL WHERE @project)) AS flagged,
    min(start_time) AS first, max(t.end_time) AS last, sum(t.input_tokens) AS input_tokens,
    sum(t.output_tokens) AS output_tokens, sumOrNullIf(t.cost_usd, t.cost_usd IS NOT NULL) AS cost_usd,
    sum(t.unpriced_spans) AS unpriced_spans, quantileExact(0.5)(@duration_ms) AS p50_ms,
    arrayFilter(one -> one != '', topK(5)(@model)) AS models
FROM turn AS t FINAL
WHERE @mine
HAVING turns > 0
""",
        mine=_MINE,
    ),
    PersonTotals,
)
_HELD: Final = Query(
    "person_conversations",
    fill(
        """
SELECT conversation_id, min(t.start_time) AS first, max(t.end_time) AS last, count() AS turns,
    countIf(status = 'error') AS errors, arraySort(groupUniqArrayArray(detectors)) AS flags,
    substringUTF8(argMin(input_text, (t.start_time, turn_id)), 1, 300) AS first_text,
    substringUTF8(argMax(output_text, (t.start_time, turn_id)), 1, 300) AS last_text,
    sumOrNullIf(t.cost_usd, t.cost_usd IS NOT NULL) AS cost_usd, sum(t.unpriced_spans) AS unpriced_spans
FROM (SELECT * FROM turn FINAL WHERE @mine) AS t
LEFT JOIN (SELECT turn_id, groupUniqArray(detector) AS detectors FROM flag FINAL WHERE @project GROUP BY turn_id) AS f
    USING (turn_id)
GROUP BY conversation_id
ORDER BY last DESC, conversation_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
""",
        mine=_MINE,
    ),
    Held,
)
_FLAGS: Final = Query(
    "person_flags",
    fill(
        """
SELECT detector, severity, uniqExact(turn_id) AS turns
FROM flag FINAL
WHERE @project AND turn_id IN (SELECT turn_id FROM turn FINAL WHERE @mine)
GROUP BY detector, severity ORDER BY turns DESC, detector
""",
        mine=_MINE,
    ),
    FlagCount,
)


def person_totals(scope: Scope, user_id: str) -> PersonTotals | None:
    """A user in figures; None where there is no turn in the range."""
    found = store().fetch(_TOTALS, **scope.parameters(), user_id=user_id)
    return found[0] if found else None


def conversations_of(scope: Scope, user_id: str, offset: int = 0, limit: int = 50) -> list[Held]:
    """Conversations of a user that have a turn in the range, the last active first."""
    return store().fetch(_HELD, **scope.parameters(), user_id=user_id, offset=offset, limit=limit)


def flags_of_person(scope: Scope, user_id: str) -> list[FlagCount]:
    """What detectors found in turns of a user, the most frequent first."""
    return store().fetch(_FLAGS, **scope.parameters(), user_id=user_id)
