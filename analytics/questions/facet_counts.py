"""Conversations by a key that is told of them, such as a problem: how many, whose, over time, and in which topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from analytics.questions.growth import WHO
from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from analytics.statistics.clustered import Clustered
from backend.store.connection import store
from backend.store.query import Query

UNPLACED: Final = 2**32 - 1
"""Number that conversations have which no fit has placed in a topic or in Other yet."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Conversations with a key, in one topic or in all.

    Attributes:
        number: of the topic; 0 is Other, ``UNPLACED`` none yet; 0 where all are counted.
        hits: conversations with the key.
        squares: sum over users of hits².
        products: sum over users of hits times their conversations.
        users: that are known by an id.
        examples: ids of conversations, at most three.
    """

    number: int
    key: str
    hits: int
    squares: int
    products: int
    users: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Sized:
    """All conversations of a topic, or of a range: how many, and the sum over users of their squares."""

    number: int
    size: int
    sizes: int


@dataclass(frozen=True, slots=True)
class _Step:
    key: str
    start: datetime
    conversations: int


@dataclass(frozen=True, slots=True)
class _Word:
    word: str
    conversations: int


@dataclass(frozen=True, slots=True)
class KeyedConversation:
    """A conversation with a key.

    Attributes:
        trace_id: of the newest turn that it was told of.
        why: what was told of that turn; text of traces may stand in it.
    """

    conversation_id: str
    trace_id: str
    why: str
    number: int
    start_time: datetime


_CONVERSATIONS: Final = """
SELECT c.conversation_id AS conversation_id, c.who AS who, c.is_user AS is_user, c.began AS start_time,
    if(a.is_placed = 1, a.topic_id, {unplaced:UInt32}) AS number
FROM (
    SELECT t.conversation_id AS conversation_id, min(@who) AS who, max(t.user_id != '') AS is_user,
        min(t.start_time) AS began
    FROM @turns GROUP BY conversation_id) AS c
LEFT JOIN (
    SELECT conversation_id, topic_id, 1 AS is_placed FROM topic_assignment FINAL
    WHERE @project AND fit_id = {fit_id:UInt32}) AS a
ON a.conversation_id = c.conversation_id
WHERE number NOT IN {ignored:Array(UInt32)}
"""
_COUNTED: Final = """
SELECT number, key, sum(c) AS hits, sum(c * c) AS squares, sum(c * n) AS products, sum(is_user) AS users,
    groupArraySorted(3)(example) AS examples
FROM (
    SELECT i.number AS number, k.key AS key, i.who AS who, count() AS c, any(i.n) AS n, max(i.is_user) AS is_user,
        min(k.conversation_id) AS example
    FROM (SELECT DISTINCT conversation_id, key FROM (@keyed)) AS k
    INNER JOIN (
        SELECT conversation_id, @number AS number, who, is_user, count() OVER (PARTITION BY @number, who) AS n
        FROM (@conversations)) AS i
    ON i.conversation_id = k.conversation_id
    GROUP BY number, key, who)
GROUP BY number, key
"""
_SIZED: Final = """
SELECT number, sum(n) AS size, sum(n * n) AS sizes
FROM (SELECT @number AS number, who, count() AS n FROM (@conversations) GROUP BY number, who)
GROUP BY number
"""
_STEPS: Final = """
SELECT k.key AS key, @bucket AS start, count() AS conversations
FROM (SELECT DISTINCT conversation_id, key FROM (@keyed)) AS k
INNER JOIN (@conversations) AS i ON i.conversation_id = k.conversation_id
GROUP BY key, start
"""
_LISTED: Final = """
SELECT k.conversation_id AS conversation_id, k.trace_id AS trace_id, k.why AS why, i.number AS number,
    i.start_time AS start_time
FROM (
    SELECT conversation_id, argMax(trace_id, turn_id) AS trace_id, argMax(why, turn_id) AS why
    FROM (@keyed) WHERE key = {key:String} GROUP BY conversation_id) AS k
INNER JOIN (@conversations) AS i ON i.conversation_id = k.conversation_id
WHERE {every:Bool} OR i.number = {number:UInt32}
ORDER BY start_time DESC, conversation_id
LIMIT {limit:UInt32}
"""
_WORDS: Final = """
SELECT k.why AS word, count() AS conversations
FROM (SELECT DISTINCT conversation_id, why FROM (@keyed) WHERE key = {key:String}) AS k
INNER JOIN (@conversations) AS i ON i.conversation_id = k.conversation_id
GROUP BY word
"""
SCORE_RANGE: Final = "time >= fromUnixTimestamp64Nano({start:Int64}) AND time < fromUnixTimestamp64Nano({end:Int64})"
"""Scores that analysers gave to turns of the range: they carry the turn's time."""

_ALL: Final = "toUInt32(0)"
_SIZES: Final = Query("facet_size", fill(_SIZED, number=_ALL, conversations=_CONVERSATIONS, who=WHO), Sized)
_TOPIC_SIZES: Final = Query(
    "facet_topic_sizes", fill(_SIZED, number="number", conversations=_CONVERSATIONS, who=WHO), Sized
)


class Keying:
    """The questions about one kind of key.

    Args:
        name: of the facet, for the names of its queries.
        keyed: SQL that gives ``conversation_id``, ``key``, ``trace_id``, ``turn_id`` and ``why`` for each key of each
            turn.
        asked: values that it asks for beside those of the scope.
    """

    def __init__(self, name: str, keyed: str, asked: Mapping[str, Any]) -> None:
        pieces = {"keyed": keyed, "conversations": _CONVERSATIONS, "who": WHO}
        self.keyed = keyed
        self._asked = asked
        self._counted = Query(f"{name}_counted", fill(_COUNTED, number=_ALL, **pieces), Counted)
        self._by_topic = Query(f"{name}_by_topic", fill(_COUNTED, number="number", **pieces), Counted)
        self._steps = Query(f"{name}_steps", fill(_STEPS, **pieces), _Step)
        self._words = Query(f"{name}_words", fill(_WORDS, **pieces), _Word)
        self._listed = Query(f"{name}_conversations", fill(_LISTED, **pieces), KeyedConversation)

    def counted(self, placed: Placed) -> dict[str, Counted]:
        """Conversations of a range by key."""
        return {row.key: row for row in store().fetch(self._counted, **self.parameters(placed))}

    def by_topic(self, placed: Placed) -> list[Counted]:
        """The same in each topic."""
        return store().fetch(self._by_topic, **self.parameters(placed))

    def trends(self, placed: Placed) -> dict[str, tuple[int, ...]]:
        """Conversations per step of the range, by key."""
        steps: dict[str, dict[datetime, int]] = {}
        bucket_s = placed.scope.range.bucket_s
        for row in store().fetch(self._steps, **self.parameters(placed), bucket_s=bucket_s):
            steps.setdefault(row.key, {})[row.start] = row.conversations
        buckets = placed.scope.range.buckets()
        return {key: tuple(found.get(one, 0) for one in buckets) for key, found in steps.items()}

    def words(self, placed: Placed, key: str) -> dict[str, int]:
        """Conversations with a key by what was told of them; for keys of which few words are told."""
        return {row.word: row.conversations for row in store().fetch(self._words, **self.parameters(placed), key=key)}

    def listed(self, placed: Placed, key: str, number: int | None, limit: int) -> list[KeyedConversation]:
        """Conversations with a key, newest first; of one topic where ``number`` names it."""
        place = {"key": key, "every": number is None, "number": number or 0, "limit": limit}
        return store().fetch(self._listed, **self.parameters(placed), **place)

    def parameters(self, placed: Placed) -> dict[str, Any]:
        """What the queries of this facet ask for."""
        return {**placed.parameters(), **self._asked}


@dataclass(frozen=True, slots=True)
class Placed:
    """A scope and the fit that says in which topics its conversations are.

    Attributes:
        fit_id: of the published fit; 0 before the first.
        ignored: topics that people left out; their conversations count nowhere.
    """

    scope: Scope
    fit_id: int
    ignored: tuple[int, ...]

    def parameters(self) -> dict[str, Any]:
        """What the fragments ask for."""
        placing = {"fit_id": self.fit_id, "ignored": list(self.ignored), "unplaced": UNPLACED}
        return {**self.scope.parameters(), **placing}

    def size(self) -> Sized:
        """All conversations of the range."""
        return next(iter(store().fetch(_SIZES, **self.parameters())), Sized(0, 0, 0))

    def topic_sizes(self) -> dict[int, Sized]:
        """Conversations of each topic."""
        return {row.number: row for row in store().fetch(_TOPIC_SIZES, **self.parameters())}


def clustered(counted: Counted | None, size: Sized) -> Clustered:
    """The conversations with a key among all, as statistics take them."""
    if counted is None:
        return Clustered(0, size.size, 0, 0, size.sizes)
    return Clustered(counted.hits, size.size, counted.squares, counted.products, size.sizes)
