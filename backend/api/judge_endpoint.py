"""The endpoint that a project's judges ask: read by all of the project, set by owners and keys that administer."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.alerts import targets
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.detection.choices import Author
from backend.detection.endpoint import MOST_CALLS, Settings, set_endpoint
from backend.detection.models import JudgeCost, JudgeEndpoint
from backend.env import env
from backend.projects.access import Access, require_owner

_DAYS: Final = 30


class EndpointBody(serializers.Serializer[Any]):
    """How judges are asked."""

    base_url = serializers.CharField(max_length=500, help_text="`/chat/completions` is put behind it.")
    model = serializers.CharField(max_length=80)
    key_variable = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=60,
        help_text="Environment variable of the worker with the key: JUDGE_KEY or JUDGE_KEY_…; no key is ever stored.",
    )  # fmt: skip
    is_enabled = serializers.BooleanField(required=False, default=False)
    calls_a_day = serializers.IntegerField(required=False, default=1000, min_value=1, max_value=MOST_CALLS)
    usd_a_day = serializers.FloatField(required=False, default=None, allow_null=True, min_value=0)
    input_usd = serializers.FloatField(required=False, default=0.0, min_value=0, help_text="A million input tokens.")
    output_usd = serializers.FloatField(required=False, default=0.0, min_value=0, help_text="A million output tokens.")
    members_may_replay = serializers.BooleanField(
        required=False, default=False, help_text="Whether members too may have recorded requests sent there again."
    )


class DayCost(serializers.Serializer[Any]):
    """What was used on one day (UTC)."""

    day = serializers.DateField()
    calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField()


class EndpointAnswer(serializers.Serializer[Any]):
    """The endpoint, null where none is set, and what it cost, newest day first."""

    endpoint = EndpointBody(allow_null=True)
    costs = DayCost(many=True)


class JudgeEndpointView(APIView):
    """The endpoint of a project's judges."""

    @extend_schema(operation_id="read_judge_endpoint", parameters=[PROJECT], responses=EndpointAnswer)
    def get(self, request: Request) -> Response:
        """Read how judges are asked and what that cost."""
        return _answer(access_of(request))

    @extend_schema(
        operation_id="set_judge_endpoint", parameters=[PROJECT], request=EndpointBody, responses=EndpointAnswer
    )
    def put(self, request: Request) -> Response:
        """Set how judges are asked from now on."""
        access = access_of(request)
        require_owner(access)
        body = EndpointBody(data=request.data)
        body.is_valid(raise_exception=True)
        new = Settings(**body.validated_data)
        targets.check(new.base_url, is_private=env().judge_private_targets)
        set_endpoint(access.project, new, Author.of(request.user))
        return _answer(access)


def _answer(access: Access) -> Response:
    endpoint = JudgeEndpoint.objects.filter(project=access.project).first()
    costs = JudgeCost.objects.filter(project=access.project).order_by("-day")[:_DAYS]
    names = ("day", "calls", "input_tokens", "output_tokens", "cost_usd")
    shown = {name: getattr(endpoint, name) for name in Settings.__slots__} if endpoint else None
    return Response({"endpoint": shown, "costs": list(costs.values(*names))})
