"""How far the analysis of a project has come, stage by stage, for pages and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from analytics.pipeline.order import FIT, NAMES
from analytics.pipeline.window import BEGINNING
from analytics.questions.scope import moment_of, nanoseconds
from analytics.questions.sql import fill
from backend.jobs.models import Run, Stage
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class StageState:
    """How far one stage has come.

    Attributes:
        name: of the stage.
        reached: all rows stored before it are done; None before the first run.
        lag_s: how long the oldest row that waits has been waiting; 0 where none is.
        waiting: traces with rows it has not seen.
        running: whether a worker is on it.
        last_run: when its last run ended; None where none has.
        last_counts: what that run did.
        error: what its last run could not do; empty where it could do all.
        failed: whether that run has to be done again.
    """

    name: str
    reached: datetime | None
    lag_s: float
    waiting: int
    running: bool
    last_run: datetime | None
    last_counts: dict[str, Any]
    error: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far the analysis of a project has come.

    Attributes:
        stages: in their order, the fitting of topics last.
        newest: when the last row was stored; None in an empty project.
    """

    stages: tuple[StageState, ...]
    newest: datetime | None

    @property
    def waiting(self) -> int:
        """Traces that some stage has not seen."""
        return max((stage.waiting for stage in self.stages), default=0)

    @property
    def lag_s(self) -> float:
        """How long the oldest row that waits has been waiting."""
        return max((stage.lag_s for stage in self.stages), default=0.0)

    @property
    def failing(self) -> tuple[StageState, ...]:
        """Stages whose last run could not do all."""
        return tuple(stage for stage in self.stages if stage.error)


@dataclass(frozen=True, slots=True)
class _Waiting:
    newest: int
    traces: list[int]
    oldest: list[int]


_AFTER: Final = [f"stored_at > fromUnixTimestamp64Micro({{after_{place}:Int64}})" for place in range(len(NAMES))]
_WAITING: Final = Query(
    "backlog",
    fill(
        """
SELECT
    toUnixTimestamp64Micro(max(stored_at)) AS newest,
    [@traces] AS traces,
    [@oldest] AS oldest
FROM span_preview
WHERE @project AND stored_at >= fromUnixTimestamp64Micro({since:Int64})
HAVING count() > 0
""",
        traces=", ".join(f"uniqExactIf(trace_id, {after})" for after in _AFTER),
        oldest=", ".join(f"toUnixTimestamp64Micro(minIf(stored_at, {after}))" for after in _AFTER),
    ),
    _Waiting,
)


def backlog(project_id: int) -> Backlog:
    """How far each stage of a project has come and what waits for it."""
    stages = {stage.name: stage for stage in Stage.objects.filter(project_id=project_id)}
    reached = [_reached(stages.get(name)) or BEGINNING for name in NAMES]
    micros = [nanoseconds(moment) // 1000 for moment in reached]
    found = store().fetch(
        _WAITING,
        project_id=project_id,
        since=min(micros),
        **{f"after_{place}": after for place, after in enumerate(micros)},
    )
    states = []
    for place, name in enumerate(NAMES):
        traces, oldest = (found[0].traces[place], found[0].oldest[place]) if found else (0, 0)
        states.append(_state(name, stages.get(name), traces, moment_of(oldest * 1000) if traces else None))
    states.append(_state(FIT, stages.get(FIT), 0, None))
    return Backlog(tuple(states), moment_of(found[0].newest * 1000) if found else None)


def _reached(stage: Stage | None) -> datetime | None:
    return max(filter(None, (stage.position, stage.head)), default=None) if stage else None


def _state(name: str, stage: Stage | None, waiting: int, oldest: datetime | None) -> StageState:
    now = timezone.now()
    last = Run.objects.filter(stage=stage).exclude(state=Run.State.RUNNING).first() if stage else None
    return StageState(
        name=name,
        reached=_reached(stage),
        lag_s=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        waiting=waiting,
        running=bool(stage and stage.claimed_until and stage.claimed_until > now),
        last_run=last.finished_at if last else None,
        last_counts={key: value for key, value in last.counts.items() if key != "place"} if last else {},
        error=last.error if last else "",
        failed=bool(last and last.state == Run.State.FAILED),
    )
