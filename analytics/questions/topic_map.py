"""The map of topics: a sample of conversations in two dimensions, near where they mean alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.marks import ignored_topics, published_fit
from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One conversation on the map.

    Attributes:
        topic: number of its topic; 0 is Other.
        state: ``assigned``, ``low_confidence`` or ``other``.
        flagged: whether one of its turns has a flag.
    """

    conversation_id: str
    topic: int
    state: str
    x: float
    y: float
    first_text: str
    start_time: datetime
    flagged: bool


_POINTS: Final = Query(
    "topic_map",
    fill("""
SELECT conversation_id, topic_id AS topic, state, assumeNotNull(map_x) AS x, assumeNotNull(map_y) AS y,
    substringUTF8(first_text, 1, 160) AS first_text, p.start_time AS start_time,
    conversation_id IN (SELECT conversation_id FROM flag FINAL WHERE @project) AS flagged
FROM topic_assignment AS p FINAL
WHERE @project AND fit_id = {fit_id:UInt32} AND map_x IS NOT NULL AND map_y IS NOT NULL AND @in_environment
  AND topic_id NOT IN {ignored:Array(UInt32)}
  AND conversation_id IN (SELECT conversation_id FROM turn FINAL WHERE @project AND @in_range)
ORDER BY conversation_id
LIMIT {limit:UInt32}
"""),
    MapPoint,
)


def topic_map(scope: Scope, limit: int = 3000) -> list[MapPoint]:
    """The conversations of the range that lie on the published fit's map, without topics that people left out."""
    fit = published_fit(scope.project_id)
    if fit is None:
        return []
    ignored = ignored_topics(scope.project_id)
    return store().fetch(_POINTS, **scope.parameters(), fit_id=fit.pk, ignored=ignored, limit=limit)
