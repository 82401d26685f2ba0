"""Alert rules by API: members and keys that read see them, members and keys that administer make and change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.alerts import rules, words
from backend.accounts.models import User
from backend.alerts.models import Channel, Metric, Rule
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.errors import NotFound
from backend.projects.access import Access

_FIELDS = (
    "id", "name", "metric", "target", "topic", "environment", "model", "direction", "min_effect", "silence_hours",
    "repeat_hours", "is_enabled", "created_at", "judged_until", "standing",
)  # fmt: skip
_MOST_TOPIC = 99_999_999


def _text(name: str, text: str) -> serializers.CharField:
    return serializers.CharField(
        required=False, default="", allow_blank=True, max_length=rules.LONGEST[name], help_text=text
    )


def _hours(usual: int, text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False, default=usual, min_value=0, max_value=rules.MOST_HOURS, help_text=text
    )


class RuleBody(serializers.Serializer[Any]):
    """What is watched, how, and who is told."""

    metric = serializers.ChoiceField(Metric.values)
    name = _text("name", "What it watches where none is given.")
    target = _text("target", "The score, or the detector of a flag rate; empty means any flag. Others have none.")
    topic = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=0, max_value=_MOST_TOPIC,
        help_text="Number of a topic: its share with `topic_share`, else only its turns.",
    )  # fmt: skip
    environment = _text("environment", "Empty means all; `emerging` is about the whole project.")
    model = _text("model", "As it answered; empty means all.")
    direction = serializers.ChoiceField(Rule.Direction.values, required=False, default=Rule.Direction.BOTH.value)
    min_effect = serializers.FloatField(
        required=False, default=0.25, min_value=rules.LEAST_EFFECT, max_value=rules.MOST_EFFECT,
        help_text="Least change worth telling, as a share of what is expected.",
    )  # fmt: skip
    silence_hours = _hours(6, "Hours without expected turns that are told; 0 never.")
    repeat_hours = _hours(24, "Told again while it lasts and nobody has answered; 0 once only.")
    channels = serializers.ListField(
        child=serializers.IntegerField(), required=False, default=list, help_text="Numbers of channels that are told."
    )

    def validate_min_effect(self, value: float) -> float:
        """Refuse what compares with nothing."""
        if value != value:  # noqa: PLR0124 - nan passes both limits
            raise serializers.ValidationError("This must be a number.")
        return value


class RuleAnswer(serializers.Serializer[Any]):
    """A rule."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    subject = serializers.CharField(help_text="What it watches, in words.")
    metric = serializers.ChoiceField(Metric.values)
    target = serializers.CharField()
    topic = serializers.IntegerField(allow_null=True)
    environment = serializers.CharField()
    model = serializers.CharField()
    direction = serializers.ChoiceField(Rule.Direction.values)
    min_effect = serializers.FloatField()
    silence_hours = serializers.IntegerField()
    repeat_hours = serializers.IntegerField()
    channels = serializers.ListField(child=serializers.IntegerField())
    is_enabled = serializers.BooleanField()
    created_by = serializers.CharField(allow_null=True, help_text="Null where a key made it.")
    created_at = serializers.DateTimeField()
    judged_until = serializers.DateTimeField(allow_null=True, help_text="End of the last hour that was judged.")
    standing = serializers.CharField(help_text="Why nothing can be said, when that is so.")


class RuleList(serializers.Serializer[Any]):
    """All rules of a project, oldest first."""

    rules = RuleAnswer(many=True)


class RuleSwitch(serializers.Serializer[Any]):
    """Whether a rule is on."""

    is_enabled = serializers.BooleanField()


class AlertRules(APIView):
    """Rules of one project."""

    @extend_schema(operation_id="list_alert_rules", parameters=[PROJECT], responses=RuleList)
    def get(self, request: Request) -> Response:
        """List rules, also those that are switched off."""
        found = Rule.objects.filter(project=access_of(request).project)
        return Response({"rules": _as_list(found.select_related("created_by").prefetch_related("channels"))})

    @extend_schema(operation_id="make_alert_rule", parameters=[PROJECT], request=RuleBody, responses={201: RuleAnswer})
    def post(self, request: Request) -> Response:
        """Make one; it is watched from the newest hours on."""
        access = access_of(request)
        rule, channels = read_rule(access, request.data)
        rules.keep(rule, channels, author_of(request))
        return Response(rule_as_json(rule), status=status.HTTP_201_CREATED)


class UsualAlertRules(APIView):
    """The rules that suit any project."""

    @extend_schema(operation_id="make_usual_alert_rules", parameters=[PROJECT], request=None, responses={201: RuleList})
    def post(self, request: Request) -> Response:
        """Make those whose number is not watched yet, told to every channel; the answer lists what was made."""
        made = rules.watch_usual(access_of(request).project, author_of(request))
        return Response({"rules": _as_list(made)}, status=status.HTTP_201_CREATED)


class AlertRule(APIView):
    """One rule."""

    @extend_schema(operation_id="read_alert_rule", parameters=[PROJECT], responses=RuleAnswer)
    def get(self, request: Request, rule_id: int) -> Response:
        """Read a rule and how far it was judged."""
        return Response(rule_as_json(rule_of(access_of(request), rule_id)))

    @extend_schema(operation_id="change_alert_rule", parameters=[PROJECT], request=RuleBody, responses=RuleAnswer)
    def patch(self, request: Request, rule_id: int) -> Response:
        """Change what is named, the rest stays; it begins anew with the newest hours."""
        access = access_of(request)
        with transaction.atomic():
            rule, channels = read_rule(access, request.data, rule_of(access, rule_id, is_locked=True))
            rules.keep(rule, channels, author_of(request))
        return Response(rule_as_json(rule))

    @extend_schema(operation_id="remove_alert_rule", parameters=[PROJECT], responses={204: None})
    def delete(self, request: Request, rule_id: int) -> Response:
        """Remove it with its alerts."""
        rule_of(access_of(request), rule_id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class SwitchAlertRule(APIView):
    """A rule that is switched on or off."""

    @extend_schema(operation_id="switch_alert_rule", parameters=[PROJECT], request=RuleSwitch, responses=RuleAnswer)
    def post(self, request: Request, rule_id: int) -> Response:
        """Switch it off, or on again: it then begins with the newest hours and tells nothing of the time between."""
        access = access_of(request)
        with transaction.atomic():
            rule = rule_of(access, rule_id, is_locked=True)
            body = RuleSwitch(data=request.data)
            body.is_valid(raise_exception=True)
            rules.switch(rule, body.validated_data["is_enabled"])
        return Response(rule_as_json(rule))


def read_rule(access: Access, given: Any, rule: Rule | None = None) -> tuple[Rule, list[Channel] | None]:
    """Read a body into a rule that is not saved, and the channels that it names; None where it names none.

    Raises:
        ValidationError: a field cannot be used; the answer names it.
    """
    body = RuleBody(data=given, partial=rule is not None)
    body.is_valid(raise_exception=True)
    said = body.validated_data
    channels = _channels(access, said.pop("channels")) if "channels" in said else None
    rule = rule or Rule(project=access.project)
    for name, value in said.items():
        setattr(rule, name, value)
    if wrong := rules.settle(rule):
        raise serializers.ValidationError({name: [reason] for name, reason in wrong.items()})
    return rule, channels


def rule_of(access: Access, rule_id: int, *, is_locked: bool = False) -> Rule:
    """A rule of the project, held until the transaction ends where it is to be changed.

    Raises:
        NotFound: the project has none by this number.
    """
    rows = Rule.objects.filter(project=access.project, pk=rule_id)
    found = (rows.select_for_update() if is_locked else rows).first()
    if found is None:
        raise NotFound(f"there is no alert rule {rule_id} in {access.project.slug}")
    return found


def author_of(request: Request) -> User | None:
    """The person who asks; None for a program."""
    return request.user if isinstance(request.user, User) else None


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """A rule as the API answers it."""
    return {
        **{name: getattr(rule, name) for name in _FIELDS},
        "subject": words.subject(rule),
        "channels": [one.pk for one in rule.channels.all()],
        "created_by": rule.created_by.email if rule.created_by else None,
    }


def _as_list(found: Iterable[Rule]) -> list[dict[str, Any]]:
    return [rule_as_json(one) for one in found]


def _channels(access: Access, numbers: list[int]) -> list[Channel]:
    known = {one.pk: one for one in Channel.objects.filter(project=access.project)}
    if unknown := sorted(set(numbers) - set(known)):
        raise serializers.ValidationError({"channels": [f"There is no channel {unknown[0]}."]})
    return [known[one] for one in sorted(set(numbers))]
