"""Judges look at new turns in a stage of their own, so that a slow endpoint holds up nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

from analytics.detection.asking import OVER_LIMIT, TROUBLE
from analytics.detection.chosen import Chosen, chosen, version_of
from analytics.detectors.base import TurnColumns
from analytics.pipeline import again, judged
from analytics.pipeline.detect import flag
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
PAUSE: Final = timedelta(hours=1)
"""How long turns are left alone on which the endpoint was in trouble."""


@dataclass(frozen=True, slots=True)
class _Place:
    turn_id: str
    trace_id: str


_TRIED: Final = """
    SELECT subject_id, outcome, reason, version FROM ledger FINAL
    WHERE @project AND analyser = {analyser:String} AND analyser_version = {version:String}
      AND subject_time >= fromUnixTimestamp64Nano({since:Int64})
"""
# What nobody has looked at goes first, so that a limit that is always reached keeps no judge in the past.
_UNSEEN: Final = Query(
    "turns_a_judge_has_not_seen",
    fill(
        """
SELECT turn_id, trace_id FROM turn FINAL
WHERE @project AND start_time >= fromUnixTimestamp64Nano({since:Int64})
  AND start_time < fromUnixTimestamp64Nano({until:Int64})
  AND turn_id NOT IN (SELECT subject_id FROM (@tried) WHERE NOT (
    outcome = 'unjudged' AND endsWith(reason, {over:String}) AND version < {today:UInt64}
    OR outcome = 'unjudged' AND endsWith(reason, {trouble:String}) AND version < {paused:UInt64}))
ORDER BY turn_id IN (SELECT subject_id FROM (@tried)), start_time, turn_id LIMIT {limit:UInt32}
""",
        tried=_TRIED,
    ),
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
            over=OVER_LIMIT,
            today=nanoseconds(now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)),
            trouble=TROUBLE,
            paused=nanoseconds(now - PAUSE),
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
        after = again.follow_flags(project_id, found.changed) if found.changed else {}
        runs.end(run, {**after, "turns_judged": len(kept), "flags": found.flags})
        asked += len(kept)
    return asked
