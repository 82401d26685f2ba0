"""Own detectors by API: made, tried on recent turns, changed and removed by owners and keys that administer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.detection.kinds import kind_of, normal
from analytics.detection.taking_back import take_back
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.api.detectors import EstimateAnswer
from backend.detection import own
from backend.detection.choices import Author
from backend.detection.definitions import MOST_EXPLANATION, MOST_PATTERN, PLACES, PREFIX, SEVERITIES, own_name
from backend.detection.judging import MOST_INSTRUCTION
from backend.detection.models import OwnDetector
from backend.errors import NotFound
from backend.projects.access import Access, require_owner


class WordingBody(serializers.Serializer[Any]):
    """Keywords or a pattern; one of both."""

    places = serializers.ListField(child=serializers.ChoiceField(PLACES), help_text="Where to look.")
    words = serializers.ListField(child=serializers.CharField(), required=False, help_text="Keywords, at most 1,000.")
    pattern = serializers.CharField(
        required=False, allow_blank=True, max_length=MOST_PATTERN, help_text="A regular expression in RE2's syntax."
    )
    is_case_sensitive = serializers.BooleanField(required=False, default=False)
    is_whole = serializers.BooleanField(required=False, default=True, help_text="Keywords as whole words only.")
    severity = serializers.ChoiceField(SEVERITIES, required=False, default="medium")
    explanation = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=MOST_EXPLANATION, help_text="What a match means."
    )


class JudgingBody(serializers.Serializer[Any]):
    """A question to a model; the project's endpoint answers it."""

    instruction = serializers.CharField(
        max_length=MOST_INSTRUCTION, help_text="What is to be flagged, in words: from 10 characters."
    )
    with_documents = serializers.BooleanField(required=False, default=False, help_text="Show it retrieved documents.")
    severity = serializers.ChoiceField(SEVERITIES, required=False, default="medium")
    explanation = serializers.CharField(required=False, allow_blank=True, default="", max_length=MOST_EXPLANATION)


_BODIES: Final[dict[str, type[serializers.Serializer[Any]]]] = {
    OwnDetector.Kind.WORDING: WordingBody,
    OwnDetector.Kind.JUDGE: JudgingBody,
}
_Definition = PolymorphicProxySerializer(
    component_name="OwnDefinition", serializers=[WordingBody, JudgingBody], resource_type_field_name=None
)


class NewOwnDetector(serializers.Serializer[Any]):
    """A detector to make."""

    name = serializers.CharField(max_length=60, help_text="3 to 40 letters, digits and _; own_ is put before it.")
    kind = serializers.ChoiceField(OwnDetector.Kind.values, required=False, default=OwnDetector.Kind.WORDING.value)
    definition = serializers.DictField(help_text="Of its kind: an object as `try_own_detector` or a judge takes it.")


class OwnDetectorAnswer(serializers.Serializer[Any]):
    """An own detector."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(OwnDetector.Kind.values)
    version = serializers.CharField()
    definition = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OwnDetectorList(serializers.Serializer[Any]):
    """Own detectors, by name."""

    detectors = OwnDetectorAnswer(many=True)


class ExampleAnswer(serializers.Serializer[Any]):
    """A turn that would be flagged."""

    turn_id = serializers.CharField()
    trace_id = serializers.CharField()
    explanation = serializers.CharField()


class TriedAnswer(serializers.Serializer[Any]):
    """What it would have found among the newest thousand turns of the last 30 days."""

    flags = serializers.IntegerField()
    turns = serializers.IntegerField(help_text="Turns that were tried.")
    unjudged = serializers.IntegerField(help_text="Of them, those without a text to look at.")
    of = serializers.IntegerField(help_text="Turns of the last 30 days.")
    flagged = EstimateAnswer(help_text="Share of the turns that were tried.")
    examples = ExampleAnswer(many=True)


class OwnDetectors(APIView):
    """Own detectors of one project."""

    @extend_schema(operation_id="list_own_detectors", parameters=[PROJECT], responses=OwnDetectorList)
    def get(self, request: Request) -> Response:
        """List them with what they look for."""
        found = OwnDetector.objects.filter(project=access_of(request).project)
        return Response({"detectors": [_as_json(row) for row in found]})

    @extend_schema(
        operation_id="make_own_detector", parameters=[PROJECT], request=NewOwnDetector,
        responses={201: OwnDetectorAnswer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Make one; it looks at the turns that are judged from then on."""
        access = _owner(request)
        new = NewOwnDetector(data=request.data)
        new.is_valid(raise_exception=True)
        kind = new.validated_data["kind"]
        definition = _definition(kind, new.validated_data["definition"])
        name = own_name(new.validated_data["name"])
        made = own.make(access.project, name, kind, definition, Author.of(request.user))
        return Response(_as_json(made), status=status.HTTP_201_CREATED)


class OwnDetectorView(APIView):
    """One own detector."""

    @extend_schema(
        operation_id="change_own_detector", parameters=[PROJECT], request=_Definition, responses=OwnDetectorAnswer
    )
    def put(self, request: Request, name: str) -> Response:
        """Change what it looks for from then on."""
        access = _owner(request)
        row = _row(access, name)
        own.change(access.project, name, _definition(row.kind, request.data), Author.of(request.user))
        return Response(_as_json(_row(access, name)))

    @extend_schema(operation_id="remove_own_detector", parameters=[PROJECT], responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Remove it and take its flags back."""
        access = _owner(request)
        own.remove(access.project, name, Author.of(request.user))
        take_back(access.project.pk, name)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TryOwnDetector(APIView):
    """A definition that is only tried."""

    @extend_schema(operation_id="try_own_detector", parameters=[PROJECT], request=WordingBody, responses=TriedAnswer)
    def post(self, request: Request) -> Response:
        """Say what it would have found among recent turns; nothing is kept."""
        from analytics.detection.own import try_on_recent  # imports numpy, which no other endpoint here needs

        access = _owner(request)
        definition = _definition(OwnDetector.Kind.WORDING, request.data)
        kind = kind_of(access.project.pk, f"{PREFIX}tried", OwnDetector.Kind.WORDING, definition)
        found = asdict(try_on_recent(access.project.pk, kind, timezone.now()))
        if not found["turns"]:
            found["flagged"]["value"] = None  # JSON has no nan
        names = ("flags", "turns", "unjudged", "of", "flagged")
        return Response({**{name: found[name] for name in names}, "examples": _examples(found)})


def _examples(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in ("turn_id", "trace_id", "explanation")} for one in found["examples"]]


def _definition(kind: str, given: Any) -> dict[str, Any]:
    body = _BODIES[kind](data=given)
    body.is_valid(raise_exception=True)
    return normal(kind, body.validated_data)


def _owner(request: Request) -> Access:
    access = access_of(request)
    require_owner(access)
    return access


def _row(access: Access, name: str) -> OwnDetector:
    found = OwnDetector.objects.filter(project=access.project, name=name).first()
    if found is None:
        raise NotFound(f"there is no own detector {name[:80]!r}")
    return found


def _as_json(row: OwnDetector) -> dict[str, Any]:
    version = kind_of(row.project_id, row.name, row.kind, row.definition).version
    return {
        "name": row.name, "kind": row.kind, "version": version,
        "definition": row.definition, "created_at": row.created_at, "updated_at": row.updated_at,
    }  # fmt: skip
