"""The key figures of a time range."""

from __future__ import annotations

from dataclasses import dataclass

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.overview import Overview, overview
from analytics.statistics.intervals import Estimate
from backend.api.asked import PROJECT, RangeQuery, query_of, scope_of
from backend.api.authentication import access_of


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval and sample size; nulls where nothing was counted."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a range, the range before, and step by step."""

    found: Overview
    error_rate: Rate
    flag_rate: Rate


class FiguresAnswer(DataclassSerializer[Figures]):
    """Key figures."""

    class Meta:
        dataclass = Figures


class OverviewView(APIView):
    """Key figures of one project."""

    @extend_schema(operation_id="read_overview", parameters=[RangeQuery, PROJECT], responses=FiguresAnswer)
    def get(self, request: Request) -> Response:
        """Read the key figures of a time range."""
        access = access_of(request)
        found = overview(scope_of(access, query_of(request, RangeQuery)))
        return Response(FiguresAnswer(Figures(found, _rate(found.now.error_rate), _rate(found.now.flag_rate))).data)


def _rate(estimate: Estimate) -> Rate:
    if not estimate.n:  # not a number is no JSON
        return Rate(None, None, None, 0)
    return Rate(estimate.value, estimate.low, estimate.high, estimate.n)
