"""Recent turns of a project chosen by chance, as detectors read them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.detectors.base import Detector, TurnColumns
from analytics.pipeline import judged
from analytics.pipeline.judged import StoredTurn
from analytics.questions.scope import nanoseconds
from analytics.questions.sql import fill
from backend.store.connection import store
from backend.store.query import Query

AT_ONCE: Final = 100
"""Turns judged between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a turn stands."""

    turn_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class _Counted:
    turns: int


# Another hash than the one that samples, so that a detector's share and this choice are independent.
_CHOSEN: Final = Query(
    "recent_turns_by_chance",
    fill("""
SELECT turn_id, trace_id FROM turn FINAL
WHERE @project AND start_time >= fromUnixTimestamp64Nano({since:Int64})
ORDER BY sipHash64(turn_id), turn_id LIMIT {limit:UInt32}
"""),
    Place,
)
_NEWEST: Final = Query(
    "newest_turns",
    fill("""
SELECT turn_id, trace_id FROM turn FINAL
WHERE @project AND start_time >= fromUnixTimestamp64Nano({since:Int64})
ORDER BY start_time DESC, turn_id LIMIT {limit:UInt32}
"""),
    Place,
)
_COUNT: Final = Query(
    "count_recent_turns",
    fill("""
SELECT count() AS turns FROM turn FINAL
WHERE @project AND start_time >= fromUnixTimestamp64Nano({since:Int64})
"""),
    _Counted,
)


def by_chance(project_id: int, since: datetime, most: int) -> list[Place]:
    """At most so many turns that began since then, chosen by chance; the same ones at the next call."""
    return store().fetch(_CHOSEN, project_id=project_id, since=nanoseconds(since), limit=most)


def newest(project_id: int, since: datetime, most: int) -> list[Place]:
    """The last turns that began since then, newest first."""
    return store().fetch(_NEWEST, project_id=project_id, since=nanoseconds(since), limit=most)


def count(project_id: int, since: datetime) -> int:
    """How many turns began since then."""
    return store().fetch(_COUNT, project_id=project_id, since=nanoseconds(since))[0].turns


def batches(
    project_id: int, places: Sequence[Place], detector: Detector, deadline: float
) -> Iterator[tuple[list[StoredTurn], TurnColumns]]:
    """Read these turns in parts with all that a detector needs, until the deadline of ``time.monotonic``.

    The first part is read in any case; a turn that is no longer there is left out.
    """
    for start in range(0, len(places), AT_ONCE):
        if start and time.monotonic() > deadline:
            return
        part = places[start : start + AT_ONCE]
        wanted = {place.turn_id for place in part}
        turns, columns = judged.read(
            project_id,
            sorted({place.trace_id for place in part}),
            with_vectors=detector.needs_vectors,
            with_peers=detector.needs_peers,
        )
        kept = [at for at, turn in enumerate(turns) if turn.turn_id in wanted]
        yield [turns[at] for at in kept], TurnColumns.of([columns.at(at) for at in kept])
