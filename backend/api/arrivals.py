"""What came in to a project, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from backend.api.asked import PROJECT, query_of
from backend.api.authentication import access_of
from backend.arrivals.days import Arrivals, arrivals_since


class ArrivalsQuery(serializers.Serializer[Any]):
    """How many days."""

    days = serializers.IntegerField(required=False, default=14, min_value=1, max_value=400, help_text="With today.")


class ArrivalsAnswer(DataclassSerializer[Arrivals]):
    """What came in, newest day first, and why some of it was not taken, the latest first."""

    class Meta:
        dataclass = Arrivals
        fields = ("days", "reasons", "last_accepted_at")


class ArrivalsView(APIView):
    """What came in to one project."""

    @extend_schema(operation_id="read_arrivals", parameters=[ArrivalsQuery, PROJECT], responses=ArrivalsAnswer)
    def get(self, request: Request) -> Response:
        """Read by day (UTC) what was accepted, sent again, left out and refused, and why."""
        access = access_of(request)
        days: int = query_of(request, ArrivalsQuery)["days"]
        since = datetime.now(UTC).date() - timedelta(days=days - 1)
        return Response(ArrivalsAnswer(arrivals_since(access.project.pk, since)).data)
