"""What people have begun to want since topics were found."""

from __future__ import annotations

from dataclasses import dataclass

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.emerging import Emerging, emerging_topics
from backend.api.asked import PROJECT
from backend.api.authentication import access_of


@dataclass(frozen=True, slots=True)
class EmergingList:
    """New wants, the newest first, 20 at most."""

    emerging: tuple[Emerging, ...]


class EmergingListAnswer(DataclassSerializer[EmergingList]):
    """New wants with their evidence."""

    class Meta:
        dataclass = EmergingList


class EmergingTopics(APIView):
    """New wants of one project."""

    @extend_schema(operation_id="list_emerging_topics", parameters=[PROJECT], responses=EmergingListAnswer)
    def get(self, request: Request) -> Response:
        """List wants announced since the published fit, and those of the last week that a fit decided on."""
        found = EmergingList(tuple(emerging_topics(access_of(request).project.pk)))
        return Response(EmergingListAnswer(found).data)
