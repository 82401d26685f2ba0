"""What is done again: stages sent back to what failed, and what reads flags after these have changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction

from analytics.questions.scope import Scope, moment_of
from analytics.questions.sql import fill
from backend.jobs.models import Stage
from backend.store.connection import store
from backend.store.query import Query

_STAGE_OF: Final = {"topics": "assign"}
_OF_KIND: Final = {"score": "score", "cause": "score"}


@dataclass(frozen=True, slots=True)
class _Oldest:
    traces: int
    stored_at: int


# A failed subject is a trace, a turn of it or a conversation, as its analyser judges them.
_OLDEST: Final = Query(
    "oldest_failed",
    fill("""
WITH failed AS (
    SELECT subject_id FROM ledger FINAL
    WHERE @project AND analyser = {analyser:String} AND outcome = 'failed'
      AND subject_time >= fromUnixTimestamp64Nano({start:Int64}) AND subject_time < fromUnixTimestamp64Nano({end:Int64})
)
SELECT uniqExact(trace_id) AS traces, toUnixTimestamp64Micro(min(stored_at)) AS stored_at
FROM span_preview
WHERE @project AND (trace_id IN (SELECT subject_id FROM failed) OR trace_id IN (
    SELECT trace_id FROM turn FINAL
    WHERE @project AND (
        turn_id IN (SELECT subject_id FROM failed) OR conversation_id IN (SELECT subject_id FROM failed))))
"""),
    _Oldest,
)


def stage_of(analyser: str) -> str:
    """Name of the stage that runs an analyser, such as ``detect`` for ``detector:empty``."""
    kind, _, name = analyser.partition(":")
    if kind == "detector":
        from analytics.detectors.catalogue import installed_kinds, kinds  # imports numpy, which few pages need

        one = (kinds() | installed_kinds()).get(name)
        return "compare" if one and one.needs_vectors else "detect"
    return _STAGE_OF.get(analyser) or _OF_KIND.get(kind, analyser)


def retry_failed(scope: Scope, analyser: str) -> int:
    """Send the stage of an analyser back to the first of its subjects that failed, and the stages that read from it.

    What is done again stores the same as before, so nothing is lost by it.

    Returns:
        How many traces have failed subjects; 0 where nothing has to be done again.
    """
    found = store().fetch(_OLDEST, **scope.parameters(), analyser=analyser)
    if not found or not found[0].traces:
        return 0
    since = moment_of(found[0].stored_at * 1000) - timedelta(microseconds=1)
    with transaction.atomic():
        later = Stage.objects.filter(project_id=scope.project_id, name__in=with_followers(stage_of(analyser)))
        later.filter(position__gt=since).update(position=since, cursor="", head=None)
    return found[0].traces


def follow_flags(project_id: int, trace_ids: Sequence[str]) -> dict[str, int]:
    """Look for causes and for what is to be reviewed anew in traces whose flags came or went outside their stage.

    Returns:
        Counts by name, as stages give them.
    """
    from analytics.pipeline.fill import Review
    from analytics.pipeline.score import ScoreTurns  # imports numpy, which a page that only asks does not need

    return {**ScoreTurns().run(project_id, trace_ids), **Review().run(project_id, trace_ids)}


def with_followers(stage: str) -> list[str]:
    """A stage and all that read what it stores, directly or not."""
    from analytics.pipeline.stages import STAGES  # imports numpy, which a page that only asks does not need

    names = [stage]
    for one in STAGES:
        if one.follows in names and one.name not in names:
            names.append(one.name)
    return names
