"""Whether a topic is new, growing or shrinking: said only where chance does not explain it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from analytics.questions.sides import Sides
from analytics.questions.sql import fill
from analytics.statistics.clustered import Clustered, told
from analytics.statistics.compare import Comparison
from backend.store.connection import store
from backend.store.query import Query

LEAST: Final = 10
"""Fewest conversations of a topic, on the side where it has more, that is called new, growing or shrinking."""
FACTOR: Final = 1.25
"""A share that grew by less is true and of no use to anyone; to shrink, it must be as many times smaller."""
_NEW: Final = 20
"""Times its share has grown of a topic that was hardly there before."""

Kind = Literal["new", "growing", "shrinking"]


@dataclass(frozen=True, slots=True)
class Badge:
    """What sets a topic apart from before.

    Attributes:
        kind: ``new``, ``growing`` or ``shrinking``.
        before: its conversations among all of the former period.
        now: among all of the later one.
        comparison: of the two shares, with an interval that allows for all topics that were looked at.
        sides: the periods.
    """

    kind: Kind
    before: Clustered
    now: Clustered
    comparison: Comparison
    sides: Sides

    @property
    def rule(self) -> str:
        """Why, in words."""
        lately = f" {self.sides.lately}" if self.sides.lately else ""
        return (
            f"{self.now.told}{lately}, {self.before.told} in {self.sides.words}"
            f" ({points(self.comparison)} of all conversations)"
        )


@dataclass(frozen=True, slots=True)
class Shares:
    """How the shares of topics moved.

    Attributes:
        sides: the periods that were compared; None where there is no former one.
        badges: of topics that moved, by number.
        looks: topics that were looked at.
    """

    sides: Sides | None
    badges: Mapping[int, Badge]
    looks: int


@dataclass(frozen=True, slots=True)
class _Counted:
    number: int
    hits: int
    squares: int
    products: int


TOPIC: Final = "transform(a.topic_id, {numbers:Array(UInt32)}, {keys:Array(UInt32)}, a.topic_id)"
"""Number of a topic, or of its group where ``numbers`` and ``keys`` name it."""
WHO: Final = "if(t.user_id = '', t.conversation_id, t.user_id)"
"""Whose conversation it is: what one person does again and again is not news many times over."""

_SHARES: Final = Query(
    "topic_shares",
    fill(
        """
SELECT number, sum(c) AS hits, sum(c * c) AS squares, sum(c * n) AS products
FROM (
    SELECT number, c, sum(c) OVER (PARTITION BY who) AS n
    FROM (
        SELECT @topic AS number, @who AS who, uniqExact(t.conversation_id) AS c
        FROM @turns INNER JOIN @assigned USING (conversation_id)
        WHERE a.topic_id NOT IN {ignored:Array(UInt32)}
        GROUP BY number, who))
GROUP BY number
""",
        topic=TOPIC,
        who=WHO,
    ),
    _Counted,
)


def shares(sides: Sides | None, fit_id: int, above: Mapping[int, int], ignored: Sequence[int]) -> Shares:
    """Find the topics whose share of conversations moved.

    Args:
        sides: the periods; with None nothing can be said.
        fit_id: of the published fit.
        above: group by topic, where groups are asked about.
        ignored: topics that people left out.
    """
    if sides is None:
        return Shares(None, {}, 0)
    keys = {"fit_id": fit_id, "numbers": list(above), "keys": list(above.values()), "ignored": list(ignored)}
    before, now = (_clustered(one.parameters() | keys) for one in (sides.before, sides.now))
    # Other is in the total; of itself the coverage speaks.
    numbers = [number for number in sorted({*before, *now}) if number]
    nothing_before, nothing_now = (Clustered(0, _size(side), 0, 0, 0) for side in (before, now))
    pairs = {one: (before.get(one, nothing_before), now.get(one, nothing_now)) for one in numbers}
    return Shares(sides, badges(pairs, sides), len(pairs))


def badges(pairs: Mapping[int, tuple[Clustered, Clustered]], sides: Sides) -> dict[int, Badge]:
    """Topics that are new, grow or shrink, of those that were looked at; most have no badge."""
    found = {}
    for number, comparison in told(pairs).items():
        before, now = pairs[number]
        kind = _kind(before, now)
        if kind:
            found[number] = Badge(kind, before, now, comparison, sides)
    return found


def points(comparison: Comparison) -> str:
    """The interval of a difference of two shares: ``+1.2 to +3.4 points``."""
    return f"{100 * comparison.low:+.1f} to {100 * comparison.high:+.1f} points"


def _kind(before: Clustered, now: Clustered) -> Kind | None:
    if now.rate > before.rate:
        if now.hits < LEAST or now.rate < FACTOR * before.rate:
            return None
        return "new" if before.rate * _NEW <= now.rate else "growing"
    return "shrinking" if before.hits >= LEAST and before.rate >= FACTOR * now.rate else None


def _clustered(asked: dict[str, Any]) -> dict[int, Clustered]:
    rows = store().fetch(_SHARES, **asked)
    # A user's conversations are those of all topics: so the products add up to the squares of all sizes.
    size, sizes = sum(row.hits for row in rows), sum(row.products for row in rows)
    return {row.number: Clustered(row.hits, size, row.squares, row.products, sizes) for row in rows}


def _size(side: Mapping[int, Clustered]) -> int:
    return next((one.size for one in side.values()), 0)
