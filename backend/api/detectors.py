"""Detectors: how each runs in a project, what its thresholds imply, and who changed what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.detection.chosen import Chosen, chosen, named, version_of
from analytics.detection.labels import counted
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.detection.choices import LEAST_SHARE, Author, Choice, choices, choose
from backend.detection.models import SettingChange
from backend.errors import NotFound
from backend.projects.access import Access, require_owner

_CHANGES: Final = 100


class EstimateAnswer(serializers.Serializer[Any]):
    """A share with its 95 % interval."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField(help_text="Observations behind it.")


class DetectorAnswer(serializers.Serializer[Any]):
    """A detector as it runs in the project."""

    name = serializers.CharField()
    version = serializers.CharField(help_text="With the project's own threshold, as flags and the ledger name it.")
    severity = serializers.ChoiceField(["low", "medium", "high"])
    is_enabled = serializers.BooleanField()
    threshold = serializers.FloatField(help_text="Score from which on it flags.")
    usual_threshold = serializers.FloatField(help_text="The one it was made with.")
    share = serializers.FloatField(help_text="Of the turns it looks at, by a hash of their id.")
    confirmed = serializers.IntegerField(help_text="Its flags that reviewers confirmed.")
    rejected = serializers.IntegerField(help_text="Its flags that reviewers rejected.")
    missed = serializers.IntegerField(help_text="Answers of which a reviewer said that it should have flagged them.")


class DetectorList(serializers.Serializer[Any]):
    """All detectors, by name."""

    detectors = DetectorAnswer(many=True)


class ChangeAnswer(serializers.Serializer[Any]):
    """One change of its settings."""

    author_name = serializers.CharField()
    what = serializers.CharField()
    before = serializers.DictField()
    after = serializers.DictField()
    created_at = serializers.DateTimeField()


class DetectorDetail(DetectorAnswer):
    """A detector with the last hundred changes of its settings, newest first."""

    changes = ChangeAnswer(many=True)


class DetectorChange(serializers.Serializer[Any]):
    """What is to be set; what is not named stays, null is as it was made."""

    is_enabled = serializers.BooleanField(required=False, allow_null=True)
    threshold = serializers.FloatField(required=False, allow_null=True, help_text="Above 0, at most 1.")
    share = serializers.FloatField(required=False, min_value=LEAST_SHARE, max_value=1)


class ThresholdAnswer(serializers.Serializer[Any]):
    """What one threshold would do."""

    threshold = serializers.FloatField()
    flagged = EstimateAnswer(help_text="Share of recent turns.")
    precision = EstimateAnswer(allow_null=True, help_text="On the project's labels; null where they are too few.")
    recall = EstimateAnswer(allow_null=True)
    lacking = serializers.CharField(help_text="What labels are missing; empty where none are.")


class ThresholdList(serializers.Serializer[Any]):
    """What thresholds would do, ascending; those that change nothing are left out."""

    version = serializers.CharField()
    threshold = serializers.FloatField()
    usual = serializers.FloatField()
    turns = serializers.IntegerField(help_text="Recent turns that were judged just now, chosen by chance.")
    unjudged = serializers.IntegerField()
    of = serializers.IntegerField(help_text="Recent turns that there are.")
    days = serializers.IntegerField()
    labels = serializers.IntegerField(help_text="Judged answers that were counted.")
    rows = ThresholdAnswer(many=True)


class Detectors(APIView):
    """Detectors of one project."""

    @extend_schema(operation_id="list_detectors", parameters=[PROJECT], responses=DetectorList)
    def get(self, request: Request) -> Response:
        """List detectors, also those that are switched off."""
        project_id = access_of(request).project.pk
        said = counted(project_id)
        found = [detector_as_json(one, said.get(one.name, (0, 0, 0))) for one in chosen(project_id)]
        return Response({"detectors": found})


class DetectorView(APIView):
    """One detector."""

    @extend_schema(operation_id="read_detector", parameters=[PROJECT], responses=DetectorDetail)
    def get(self, request: Request, name: str) -> Response:
        """Read a detector with who changed what of it."""
        return _detail(access_of(request), name)

    @extend_schema(operation_id="set_detector", parameters=[PROJECT], request=DetectorChange, responses=DetectorDetail)
    def patch(self, request: Request, name: str) -> Response:
        """Set how a detector runs on turns that are judged from now on; by an owner or a key that administers."""
        access = access_of(request)
        require_owner(access)
        _one(access, name)
        asked = DetectorChange(data=request.data)
        asked.is_valid(raise_exception=True)
        old = choices(access.project.pk).get(name, Choice())
        choose(access.project, name, Choice(**{**asdict(old), **asked.validated_data}), Author.of(request.user))
        return _detail(access, name)


class Thresholds(APIView):
    """What the thresholds of a detector imply."""

    @extend_schema(operation_id="list_detector_thresholds", parameters=[PROJECT], responses=ThresholdList)
    def get(self, request: Request, name: str) -> Response:
        """Judge recent and labelled turns at each threshold; takes up to some ten seconds."""
        from analytics.detection.measure import measure  # imports numpy, which no other endpoint needs

        access = access_of(request)
        found = measure(access.project.pk, _one(access, name), timezone.now())
        names = ("version", "threshold", "usual", "turns", "unjudged", "of", "days")
        rows = [_row(asdict(row)) for row in found.rows]
        return Response(
            {**{name: getattr(found, name) for name in names}, "labels": len(found.labels.found), "rows": rows}
        )


def detector_as_json(one: Chosen, said: tuple[int, int, int]) -> dict[str, Any]:
    """A detector as the API answers it."""
    confirmed, rejected, missed = said
    return {
        "name": one.name,
        "version": version_of(one.detector),
        "severity": one.detector.severity,
        "is_enabled": one.is_enabled,
        "threshold": one.detector.threshold,
        "usual_threshold": type(one.detector).threshold,
        "share": one.share,
        "confirmed": confirmed,
        "rejected": rejected,
        "missed": missed,
    }


def _detail(access: Access, name: str) -> Response:
    one = _one(access, name)
    changes = SettingChange.objects.filter(project=access.project, detector=name)
    said = counted(access.project.pk).get(name, (0, 0, 0))
    listed = list(changes.values("author_name", "what", "before", "after", "created_at")[:_CHANGES])
    return Response({**detector_as_json(one, said), "changes": listed})


def _one(access: Access, name: str) -> Chosen:
    found = named(chosen(access.project.pk), name)
    if found is None:
        raise NotFound(f"there is no detector {name[:80]!r}")
    return found


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """JSON has no nan."""
    if row["flagged"]["n"] == 0:
        row["flagged"]["value"] = None
    return row
