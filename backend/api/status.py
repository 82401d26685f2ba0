"""How far the analysis of a project has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.pipeline import fit_due
from analytics.pipeline.backlog import Backlog, StageState, backlog
from analytics.pipeline.order import FIT
from analytics.questions.marks import published_fit
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.topics.models import Topic, TopicFit


@dataclass(frozen=True, slots=True)
class StageStatus:
    """How far one stage has come.

    Attributes:
        position: everything stored before it is done; null before the first run.
        lag_s: how long the oldest trace that waits has been waiting.
        waiting: traces it has not seen in full.
        error: what its last run could not do; empty where it could do all.
    """

    name: str
    position: datetime | None
    lag_s: float
    waiting: int
    is_running: bool
    last_run: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Status:
    """How far the analysis has come.

    Attributes:
        is_idle: every stage has caught up with what is stored, and topics are published or there are too few
            conversations for any.
        topics: how many are published.
        newest: when the last span was stored.
    """

    is_idle: bool
    topics: int
    newest: datetime | None
    stages: tuple[StageStatus, ...]


class StatusAnswer(DataclassSerializer[Status]):
    """How far the analysis has come."""

    class Meta:
        dataclass = Status


class StatusView(APIView):
    """How far the analysis of one project has come."""

    @extend_schema(operation_id="read_status", parameters=[PROJECT], responses=StatusAnswer)
    def get(self, request: Request) -> Response:
        """Read how far each stage has come and whether anything is left to do."""
        project_id = access_of(request).project.pk
        found = backlog(project_id)
        fit = published_fit(project_id)
        topics = Topic.objects.filter(fit=fit, level=1, state=Topic.State.ACTIVE).count() if fit else 0
        status = Status(
            is_idle=is_idle(project_id, found, fit),
            topics=topics,
            newest=found.newest,
            stages=tuple(_stage(stage) for stage in found.stages),
        )
        answer: dict[str, Any] = StatusAnswer(status).data
        return Response(answer)


def is_idle(project_id: int, found: Backlog, fit: TopicFit | None) -> bool:
    """Whether nothing is left to do for what is stored."""
    if found.waiting or any(stage.running for stage in found.stages if stage.name == FIT):
        return False
    if fit is None and fit_due.conversations(project_id) >= fit_due.FIRST:
        return False
    return not fit_due.reason(project_id)


def _stage(stage: StageState) -> StageStatus:
    return StageStatus(
        name=stage.name,
        position=stage.reached,
        lag_s=round(stage.lag_s, 3),
        waiting=stage.waiting,
        is_running=stage.running,
        last_run=stage.last_run,
        error=stage.error,
    )
