"""What of a project's telemetry is stored: read and set by programs as well as by people."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.policies.models import LEAST_SHARE, LONGEST_HOLD_H, ProjectPolicy, Redaction, policy_row
from backend.projects.access import require_owner
from backend.projects.models import Scope
from backend.sensitive.own import LONGEST, MOST

_SHARE = (
    "Of ordinary traces whose spans stay whole once their hold is over; 1 keeps all. Traces with an error, a flag, a"
    " score of a person or client or a place in review always stay whole, and previews and turns of all traces stay."
)
_NAMES = (
    "Whether `mask` also looks for names of people and postal addresses, in content alone. Of every ten one or two are"
    " missed or wrong; 200 words take about 2.5 ms of processor time. With `drop` no content is left to look in."
)
_MASKING = ("redaction", "masks_names")
_SAMPLING = ("kept_share", "hold_hours")
_HOLD = "How long every trace stays whole."


class OwnPatternField(serializers.Serializer[Any]):
    """A pattern of the project's own."""

    name = serializers.CharField(max_length=30, help_text="Of its tokens: capitals, digits and _, a capital first.")
    pattern = serializers.CharField(max_length=LONGEST, help_text="Regular expression (RE2).")


class PolicyAnswer(serializers.Serializer[Any]):
    """What happens before anything is written to disk."""

    redaction = serializers.ChoiceField(
        Redaction.values,
        help_text="`off` stores everything, `mask` replaces personal data and secrets by tokens, `drop` stores no"
        " content and masks what is left. It holds for what comes from now on.",
    )
    own_patterns = OwnPatternField(many=True)
    masks_names = serializers.BooleanField(help_text=_NAMES)
    kept_share = serializers.FloatField(help_text=_SHARE)
    hold_hours = serializers.IntegerField(help_text=_HOLD)
    changed_at = serializers.DateTimeField(allow_null=True, read_only=True)


class PolicyChange(serializers.Serializer[Any]):
    """What is not named stays."""

    redaction = serializers.ChoiceField(Redaction.values, required=False)
    own_patterns = serializers.ListField(child=OwnPatternField(), required=False, max_length=MOST)
    masks_names = serializers.BooleanField(required=False, help_text=_NAMES)
    kept_share = serializers.FloatField(required=False, min_value=LEAST_SHARE, max_value=1, help_text=_SHARE)
    hold_hours = serializers.IntegerField(required=False, min_value=1, max_value=LONGEST_HOLD_H, help_text=_HOLD)


class PolicyView(APIView):
    """The policy of one project."""

    read_scope: ClassVar[str] = Scope.ADMIN

    @extend_schema(operation_id="read_policy", parameters=[PROJECT], responses=PolicyAnswer)
    def get(self, request: Request) -> Response:
        """Read what is stored of this project's telemetry."""
        return Response(_as_json(policy_row(access_of(request).project)))

    @extend_schema(operation_id="set_policy", parameters=[PROJECT], request=PolicyChange, responses=PolicyAnswer)
    def patch(self, request: Request) -> Response:
        """Decide what is stored of what comes from now on; what is stored already stays as it is."""
        access = access_of(request)
        require_owner(access)
        asked = PolicyChange(data=request.data)
        asked.is_valid(raise_exception=True)
        row = policy_row(access.project)
        own = [(word, pattern) for word, pattern in row.own_patterns]
        if "own_patterns" in asked.validated_data:
            own = [(one["name"], one["pattern"]) for one in asked.validated_data["own_patterns"]]
        row.changed_by = request.user if isinstance(request.user, User) else None
        with transaction.atomic():
            redaction, names = (asked.validated_data.get(name, getattr(row, name)) for name in _MASKING)
            row.set_redaction(redaction, own, masks_names=names)
            row.set_sampling(*(asked.validated_data.get(name, getattr(row, name)) for name in _SAMPLING))
        return Response(_as_json(row))


def _as_json(row: ProjectPolicy) -> dict[str, Any]:
    own = [{"name": word, "pattern": pattern} for word, pattern in row.own_patterns]
    told = {name: getattr(row, name) for name in (*_MASKING, *_SAMPLING)}
    return {**told, "own_patterns": own, "changed_at": row.changed_at}
