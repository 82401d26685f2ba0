"""Alerts by API: what was not as expected, and what is said of it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.alerts.answering import answer
from backend.alerts.models import Alert
from backend.api.alert_answers import AlertDetail, AlertPage, AlertQuery, AlertVerdict, alert_as_json, detail_as_json
from backend.api.alert_rules import author_of
from backend.api.asked import PROJECT, query_of
from backend.api.authentication import access_of
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access


class Alerts(APIView):
    """Alerts of one project."""

    @extend_schema(operation_id="list_alerts", parameters=[AlertQuery, PROJECT], responses=AlertPage)
    def get(self, request: Request) -> Response:
        """List alerts, the newest first, of all rules and times unless asked otherwise."""
        access = access_of(request)
        asked = query_of(request, AlertQuery)
        found = list(_asked(access, asked).order_by("-pk")[: asked["limit"] + 1])
        shown = found[: asked["limit"]]
        following = str(shown[-1].pk) if len(found) > len(shown) else ""
        return Response({"alerts": [alert_as_json(one) for one in shown], "next": following})


class AlertView(APIView):
    """One alert."""

    @extend_schema(operation_id="read_alert", parameters=[PROJECT], responses=AlertDetail)
    def get(self, request: Request, alert_id: int) -> Response:
        """Read an alert with what came of its messages."""
        return Response(detail_as_json(_alert(access_of(request), alert_id)))


class AcknowledgeAlert(APIView):
    """An alert that somebody has seen."""

    @extend_schema(operation_id="acknowledge_alert", parameters=[PROJECT], request=None, responses=AlertDetail)
    def post(self, request: Request, alert_id: int) -> Response:
        """Say that it was seen: channels are not told again while it lasts; whoever was first stays named."""
        found = _alert(access_of(request), alert_id)
        answer(found, author_of(request), timezone.now())
        return Response(detail_as_json(found))


class JudgeAlert(APIView):
    """What an alert was."""

    @extend_schema(operation_id="judge_alert", parameters=[PROJECT], request=AlertVerdict, responses=AlertDetail)
    def post(self, request: Request, alert_id: int) -> Response:
        """Say what it was, which acknowledges it too; said again it replaces what was said."""
        found = _alert(access_of(request), alert_id)
        body = AlertVerdict(data=request.data)
        body.is_valid(raise_exception=True)
        answer(found, author_of(request), timezone.now(), **body.validated_data)
        return Response(detail_as_json(found))


def _asked(access: Access, asked: dict[str, Any]) -> QuerySet[Alert]:
    found = _alerts(access)
    if asked["state"]:
        found = found.filter(ended_at__isnull=asked["state"] == "open")
    if asked["is_acknowledged"] is not None:
        found = found.filter(acknowledged_at__isnull=not asked["is_acknowledged"])
    wanted = {"rule": "rule_id", "metric": "rule__metric", "kind": "kind", "verdict": "verdict"}
    wanted |= {"start": "told_at__gte", "end": "told_at__lt"}
    found = found.filter(**{path: asked[name] for name, path in wanted.items() if asked[name]})
    return found.filter(pk__lt=_before(asked["cursor"])) if asked["cursor"] else found


def _before(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 18):
        raise BadRequest("the cursor cannot be read; start again without one")
    return int(cursor)


def _alerts(access: Access) -> QuerySet[Alert]:
    rows = Alert.objects.filter(rule__project=access.project).defer("emerging__centre", "emerging__meaning")
    return rows.select_related("rule__project", "emerging", "acknowledged_by")


def _alert(access: Access, alert_id: int) -> Alert:
    found = _alerts(access).filter(pk=alert_id).first()
    if found is None:
        raise NotFound(f"there is no alert {alert_id} in {access.project.slug}")
    return found
