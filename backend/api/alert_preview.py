"""What an alert rule would have told of the last weeks, saved or not; nothing is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.alerts import new_wants
from analytics.alerts.changes import Change
from analytics.alerts.preview import SHOWN_WEEKS, preview
from backend.alerts.models import Alert, Metric, Rule
from backend.api.alert_answers import number
from backend.api.alert_rules import RuleBody, read_rule, rule_of
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.projects.models import Scope


class ToldChange(serializers.Serializer[Any]):
    """A stretch of hours that would have been told."""

    kind = serializers.ChoiceField([Alert.Kind.RISE.value, Alert.Kind.FALL.value, Alert.Kind.SILENCE.value])
    started_at = serializers.DateTimeField(help_text="Of its first hour.")
    told_at = serializers.DateTimeField(help_text="End of the hour at which it was known.")
    last_at = serializers.DateTimeField(help_text="End of its last hour.")
    is_over = serializers.BooleanField()
    strength = serializers.FloatField(help_text="Evidence, 1 at the threshold.")
    observed = serializers.FloatField(allow_null=True, help_text="Over its hours, in the metric's unit.")
    expected = serializers.FloatField(allow_null=True)
    size = serializers.FloatField(help_text="Turns or scores it rests on.")


class ToldWant(serializers.Serializer[Any]):
    """A new want that would have been told."""

    id = serializers.IntegerField(help_text="As `list_emerging_topics` has it.")
    name = serializers.CharField()
    wordings = serializers.IntegerField()
    expected = serializers.FloatField(help_text="Wordings that would be usual.")
    users = serializers.IntegerField()
    conversations = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    found_at = serializers.DateTimeField()


class PreviewAnswer(serializers.Serializer[Any]):
    """A rule tried on history."""

    end = serializers.DateTimeField(help_text="Of the last hour that was judged.")
    weeks = serializers.FloatField(help_text=f"How many could be judged, at most {SHOWN_WEEKS}.")
    standing = serializers.CharField(help_text="Why nothing can be said, when that is so.")
    told = ToldChange(many=True, help_text="Newest first.")
    held_back = serializers.IntegerField(help_text="Changes that were too small, or went the other way.")
    wants = ToldWant(many=True, help_text="Of a rule on emerging topics, newest first; other rules have none.")


class PreviewAlertRule(APIView):
    """A saved rule, tried."""

    @extend_schema(operation_id="preview_alert_rule", parameters=[PROJECT], responses=PreviewAnswer)
    def get(self, request: Request, rule_id: int) -> Response:
        """Say what it would have told of the last four weeks, whatever it really told."""
        return Response(_preview(rule_of(access_of(request), rule_id)))


class TryAlertRule(APIView):
    """A rule that is not saved, tried."""

    write_scope: ClassVar[str] = Scope.READ  # nothing is changed

    @extend_schema(operation_id="try_alert_rule", parameters=[PROJECT], request=RuleBody, responses=PreviewAnswer)
    def post(self, request: Request) -> Response:
        """Say what a rule would have told of the last four weeks; nothing is kept."""
        rule, _ = read_rule(access_of(request), request.data)
        return Response(_preview(rule))


def _preview(rule: Rule) -> dict[str, Any]:
    now = timezone.now()
    if rule.metric == Metric.EMERGING:
        wants = new_wants.announced(rule, now - timedelta(weeks=SHOWN_WEEKS))
        names = list(ToldWant().fields)
        listed = [{name: getattr(one, name) for name in names} for one in wants]
        return {"end": now, "weeks": SHOWN_WEEKS, "standing": "", "told": [], "held_back": 0, "wants": listed}
    found = preview(rule, now)
    return {
        "end": found.end,
        "weeks": round(found.weeks, 2),
        "standing": found.seen.standing,
        "told": [_as_json(one) for one in found.told[::-1]],
        "held_back": found.held_back,
        "wants": [],
    }


def _as_json(one: Change) -> dict[str, Any]:
    return {
        "kind": one.kind, "started_at": one.start, "told_at": one.told, "last_at": one.last, "is_over": one.is_over,
        "strength": one.strength, "observed": number(one.observed), "expected": number(one.expected), "size": one.size,
    }  # fmt: skip
