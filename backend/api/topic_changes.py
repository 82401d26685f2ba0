"""What changed in topics, with its numbers and its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.scope import Range
from analytics.questions.topic_changes import TopicChange, topic_changes
from analytics.questions.topics import topic_table
from backend.api.asked import PROJECT, RangeQuery, query_of, scope_of
from backend.api.authentication import access_of


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start``, included, to ``end``, excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TopicChangeList:
    """What changed in topics beyond chance.

    Attributes:
        now: the later period: the range that was asked for, or its last weeks.
        before: the former one, of the same weekdays; null where there is none that holds 30 conversations, and then
            nothing can be said.
        changes: what is new, growing, worse, shrinking or better; of these one in twenty may be chance.
        comparisons: how many were made.
        not_compared: measures that were not looked for alike in both periods.
    """

    now: Period | None
    before: Period | None
    changes: tuple[TopicChange, ...]
    comparisons: int
    not_compared: tuple[str, ...]


class TopicChangeListAnswer(DataclassSerializer[TopicChangeList]):
    """What changed in topics."""

    class Meta:
        dataclass = TopicChangeList


class TopicChangesView(APIView):
    """What changed in the topics of one project."""

    @extend_schema(operation_id="list_topic_changes", parameters=[RangeQuery, PROJECT], responses=TopicChangeListAnswer)
    def get(self, request: Request) -> Response:
        """List topics that grew, shrank, went worse or better against the same weekdays before."""
        scope = scope_of(access_of(request), query_of(request, RangeQuery))
        found = topic_changes(scope, topic_table(scope))
        answer = TopicChangeList(
            now=_period(found.sides.now.range) if found.sides else None,
            before=_period(found.sides.before.range) if found.sides else None,
            changes=found.changes,
            comparisons=found.looks,
            not_compared=found.not_alike,
        )
        return Response(TopicChangeListAnswer(answer).data)


def _period(range_: Range) -> Period:
    return Period(range_.start, range_.end)
