"""Judges look at new turns in a stage of their own, so that a slow endpoint holds up nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from analytics.detection.chosen import Chosen, chosen, version_of
from analytics.detectors.base import TurnColumns
from analytics.pipeline import judged
from analytics.pipeline.detect import flag
from analytics.pipeline.fill import Review
from analytics.questions.scope import nanoseconds
from analytics.questions.sql import fill
from backend.detection.models import JudgeEndpoint, OwnDetector
from backend.jobs import runs
from backend.jobs.claims import Claim, claimed
from backend.store.connection import store
from backend.store.query import Query

STAGE: Final = "judge"
"""Name of the ``jobs.Stage`` that is claimed while a project's judges are asked."""
WINDOW: Final = 20
OLDEST: Final = timedelta(days=7)
"""How far back turns are looked for that a judge has not seen, after an outage."""
SETTLED: Final = timedelta(seconds=30)
"""How old a turn has to be: late spans would have it judged twice, and each call costs."""


@dataclass(frozen=True, slots=True)
class _Place:
    turn_id: str
    trace_id: str


_UNSEEN: Final = Query(
    "turns_a_judge_has_not_seen",
    fill("""
SELECT turn_id, trace_id FROM turn FINAL
WHERE @project AND start_time >= fromUnixTimestamp64Nano({since:Int64})
  AND start_time < fromUnixTimestamp64Nano({until:Int64})
  AND turn_id NOT IN (
    SELECT subject_id FROM ledger
    WHERE @project AND analyser = {analyser:String} AND analyser_version = {version:String}
      AND subject_time >= fromUnixTimestamp64Nano({since:Int64}))
ORDER BY start_time, turn_id LIMIT {limit:UInt32}
"""),
    _Place,
    "worker",
)


def due() -> list[int]:
    """Projects with an endpoint and a judge to ask it."""
    ready = JudgeEndpoint.objects.filter(is_enabled=True).values_list("project_id", flat=True)
    judges = OwnDetector.objects.filter(project_id__in=list(ready), kind=OwnDetector.Kind.JUDGE)
    return sorted(set(judges.values_list("project_id", flat=True)))


def advance(project_id: int, seconds: float = 20.0) -> int:
    """Have the judges of a project look at new turns, unless another worker does; how many they were asked about."""
    deadline = time.monotonic() + seconds
    with claimed(project_id, [STAGE]) as claim:
        if claim is None:
            return 0
        known = chosen(project_id)
        rows = {row.name: row for row in OwnDetector.objects.filter(project_id=project_id)}
        asked = 0
        for one in known:
            if one.detector.is_remote and one.is_enabled and one.name in rows:
                others = {other.name for other in known} - {one.name}
                asked += _judge(project_id, one, rows[one.name].updated_at, others, claim, deadline)
        return asked


def _judge(project_id: int, one: Chosen, since: datetime, others: set[str], claim: Claim, deadline: float) -> int:
    (stage,) = claim.stages
    now = timezone.now()
    asked = 0
    while not claim.lost and time.monotonic() < deadline:
        places = store().fetch(
            _UNSEEN,
            project_id=project_id,
            analyser=f"detector:{one.name}",
            version=version_of(one.detector),
            since=nanoseconds(max(since, now - OLDEST)),
            until=nanoseconds(now - SETTLED),
            limit=WINDOW,
        )
        if not places:
            return asked
        run = runs.begin(stage, place=f"{one.name} {places[0].turn_id}")
        wanted = {place.turn_id for place in places}
        turns, columns = judged.read(project_id, sorted({place.trace_id for place in places}))
        kept = [at for at, turn in enumerate(turns) if turn.turn_id in wanted]
        part = TurnColumns.of([columns.at(at) for at in kept])
        found = flag(project_id, [turns[at] for at in kept], part, [one], others)
        review = Review().run(project_id, found.changed) if found.changed else {}
        runs.end(run, {"turns_judged": len(kept), "flags": found.flags, **review})
        asked += len(kept)
    return asked
