"""Recomputes of costs by API: begun, watched, stopped."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.detection.choices import Author
from backend.prices.models import Recompute
from backend.projects.access import Access, require_owner
from ingest.prices import recomputing

_LISTED: Final = 100
_FIELDS: Final = (
    "id", "start", "end", "state", "days", "days_done", "error", "author_name", "stopped_by", "created_at",
    "finished_at",
)  # fmt: skip


class NewRecompute(serializers.Serializer[Any]):
    """Days to price anew; at most 400."""

    start = serializers.DateField(help_text="First day (UTC).")
    end = serializers.DateField(help_text="The day after the last; at most tomorrow.")


class ChangeAnswer(serializers.Serializer[Any]):
    """What changed over the days that are done."""

    calls = serializers.IntegerField(help_text="Model calls of these days.")
    changed = serializers.IntegerField(help_text="Of them, those whose cost is another now.")
    before_usd = serializers.FloatField(help_text="Their cost before; what was unpriced counts as nothing.")
    after_usd = serializers.FloatField(help_text="Their cost now.")
    unpriced_before = serializers.IntegerField(help_text="Calls that had tokens and no cost.")
    unpriced_after = serializers.IntegerField(help_text="Calls that have tokens and no cost.")


class ModelChangeAnswer(ChangeAnswer):
    """The same of one model; after two hundred the rest is `other models`."""

    provider = serializers.CharField()
    model = serializers.CharField()


class RecomputeAnswer(ChangeAnswer):
    """A recompute, how far it is and what it changed so far."""

    id = serializers.IntegerField()
    start = serializers.DateField()
    end = serializers.DateField()
    state = serializers.ChoiceField(Recompute.State.values)
    days = serializers.IntegerField()
    days_done = serializers.IntegerField()
    error = serializers.CharField()
    author_name = serializers.CharField()
    stopped_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RecomputeDetail(RecomputeAnswer):
    """A recompute with its changes by model."""

    models = ModelChangeAnswer(many=True, help_text="Those that changed most first.")


class RecomputeList(serializers.Serializer[Any]):
    """Recomputes, newest first, at most a hundred."""

    recomputes = RecomputeAnswer(many=True)


class Recomputes(APIView):
    """Recomputes of one project."""

    @extend_schema(operation_id="list_recomputes", parameters=[PROJECT], responses=RecomputeList)
    def get(self, request: Request) -> Response:
        """List them with what each changed."""
        found = Recompute.objects.filter(project=access_of(request).project)[:_LISTED]
        return Response({"recomputes": [_as_json(one) for one in found]})

    @extend_schema(
        operation_id="begin_recompute", parameters=[PROJECT], request=NewRecompute, responses={201: RecomputeDetail}
    )
    def post(self, request: Request) -> Response:
        """Have stored calls priced anew by the prices of now; a worker does it a day at a time."""
        access = _owner(request)
        body = NewRecompute(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        begun = recomputing.begin(access.project, asked["start"], asked["end"], Author.of(request.user).name)
        return Response(_detail(begun), status=status.HTTP_201_CREATED)


class RecomputeView(APIView):
    """One recompute."""

    @extend_schema(operation_id="read_recompute", parameters=[PROJECT], responses=RecomputeDetail)
    def get(self, request: Request, recompute_id: int) -> Response:
        """Read how far it is and what it changed."""
        return Response(_detail(recomputing.recompute_of(access_of(request), recompute_id)))


class StopRecompute(APIView):
    """The end of a recompute."""

    @extend_schema(operation_id="stop_recompute", parameters=[PROJECT], request=None, responses=RecomputeDetail)
    def post(self, request: Request, recompute_id: int) -> Response:
        """Stop it after the day it is at; days that are done stay done."""
        found = recomputing.recompute_of(_owner(request), recompute_id)
        recomputing.stop(found, Author.of(request.user).name)
        return Response(_detail(found))


def _owner(request: Request) -> Access:
    access = access_of(request)
    require_owner(access)
    return access


def _as_json(one: Recompute) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _FIELDS} | one.totals


def _detail(one: Recompute) -> dict[str, Any]:
    return _as_json(one) | {"models": one.changes}
