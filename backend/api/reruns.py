"""Re-runs of detectors on history: begun, read with what they would change, and decided."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.api.detectors import EstimateAnswer
from backend.detection.choices import LEAST_SHARE, Author, Choice, choices
from backend.detection.models import Rerun
from backend.errors import NotFound
from backend.projects.access import Access, require_owner

_DEEDS: Final = {"switch": "switched on", "undo": "taken back", "discard": "discarded"}
_LISTED: Final = 100
_FIELDS: Final = (
    "id", "detector", "version", "threshold", "share", "definition", "start", "end", "state", "turns", "done", "error",
    "author_name", "decided_by", "created_at", "finished_at", "decided_at",
)  # fmt: skip


class NewRerun(serializers.Serializer[Any]):
    """A re-run to begin."""

    start = serializers.DateTimeField(help_text="Of the first turn, included.")
    end = serializers.DateTimeField(help_text="Excluded; at most 400 days later.")
    threshold = serializers.FloatField(required=False, allow_null=True, help_text="To try; null is its own.")
    share = serializers.FloatField(
        required=False, min_value=LEAST_SHARE, max_value=1, help_text="As set where not given."
    )
    definition = serializers.DictField(required=False, help_text="Of an own detector, to try another one.")


class RerunAnswer(serializers.Serializer[Any]):
    """A re-run of a detector over a period, apart from the flags that stand."""

    id = serializers.IntegerField()
    detector = serializers.CharField()
    version = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True)
    share = serializers.FloatField()
    definition = serializers.DictField(allow_null=True)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    state = serializers.ChoiceField(Rerun.State.values)
    turns = serializers.IntegerField(help_text="Of the period, when it began.")
    done = serializers.IntegerField(help_text="Turns that were judged.")
    error = serializers.CharField()
    author_name = serializers.CharField()
    decided_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class RerunList(serializers.Serializer[Any]):
    """Re-runs, newest first, at most a hundred."""

    reruns = RerunAnswer(many=True)


class ChangedTurn(serializers.Serializer[Any]):
    """A turn whose flag comes, goes or stays."""

    turn_id = serializers.CharField()
    trace_id = serializers.CharField()
    explanation = serializers.CharField()
    confidence = serializers.FloatField()


class ChangeOfFlags(serializers.Serializer[Any]):
    """Turns of one kind of change."""

    count = serializers.IntegerField()
    share = EstimateAnswer(help_text="Of the turns that were judged.")
    examples = ChangedTurn(many=True, help_text="At most ten, chosen by chance.")


class RerunDetail(RerunAnswer):
    """A re-run with what it would change; all null once it is discarded."""

    judged = serializers.IntegerField(allow_null=True)
    new = ChangeOfFlags(allow_null=True, help_text="Flagged by the re-run and not before.")
    gone = ChangeOfFlags(allow_null=True, help_text="Flagged before and not by the re-run.")
    same = ChangeOfFlags(allow_null=True, help_text="Flagged both times.")


class Decision(serializers.Serializer[Any]):
    """What is to become of a re-run."""

    deed = serializers.ChoiceField(list(_DEEDS), help_text="`switch` it on, `undo` that, or `discard` it.")


class Reruns(APIView):
    """Re-runs of one detector."""

    @extend_schema(operation_id="list_reruns", parameters=[PROJECT], responses=RerunList)
    def get(self, request: Request, name: str) -> Response:
        """List re-runs of a detector."""
        found = Rerun.objects.filter(project=access_of(request).project, detector=name)[:_LISTED]
        return Response({"reruns": [_as_json(one) for one in found]})

    @extend_schema(operation_id="begin_rerun", parameters=[PROJECT], request=NewRerun, responses={201: RerunAnswer})
    def post(self, request: Request, name: str) -> Response:
        """Begin one; a worker carries it on, and nothing changes until it is switched on."""
        from analytics.detection import rerun_deeds  # imports numpy, which reading does not need

        access = _owner(request)
        body = NewRerun(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        share = asked.get("share", choices(access.project.pk).get(name, Choice()).share)
        choice = Choice(True, asked.get("threshold"), share)
        who, definition = Author.of(request.user), asked.get("definition")
        begun = rerun_deeds.begin(access.project, name, choice, asked["start"], asked["end"], who, definition)
        return Response(_as_json(begun), status=status.HTTP_201_CREATED)


class RerunView(APIView):
    """One re-run."""

    @extend_schema(operation_id="read_rerun", parameters=[PROJECT], responses=RerunDetail)
    def get(self, request: Request, name: str, rerun_id: int) -> Response:
        """Read how far it is and what it would change."""
        return Response(_detail(_rerun(access_of(request), name, rerun_id)))


class DecideRerun(APIView):
    """The decision about a re-run."""

    @extend_schema(operation_id="decide_rerun", parameters=[PROJECT], request=Decision, responses=RerunAnswer)
    def post(self, request: Request, name: str, rerun_id: int) -> Response:
        """Switch it on, take that back, or discard it; a worker does it within seconds."""
        from analytics.detection import rerun_deeds  # imports numpy, which reading does not need

        found = _rerun(_owner(request), name, rerun_id)
        body = Decision(data=request.data)
        body.is_valid(raise_exception=True)
        rerun_deeds.decide(found, _DEEDS[body.validated_data["deed"]], Author.of(request.user))
        return Response(_as_json(found))


def _owner(request: Request) -> Access:
    access = access_of(request)
    require_owner(access)
    return access


def _rerun(access: Access, name: str, rerun_id: int) -> Rerun:
    found = Rerun.objects.filter(project=access.project, detector=name, pk=rerun_id).first()
    if found is None:
        raise NotFound(f"there is no re-run {rerun_id} of {name[:80]!r}")
    return found


def _as_json(one: Rerun) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _FIELDS}


def _detail(one: Rerun) -> dict[str, Any]:
    from analytics.detection import diff  # imports numpy, which the list does not need

    kinds: tuple[diff.Change, ...] = ("new", "gone", "same")
    if one.state == Rerun.State.DISCARDED:
        return {**_as_json(one), "judged": None, **dict.fromkeys(kinds)}
    counts = diff.counts(one)
    changes: dict[str, Any] = {kind: _change(one, counts, kind) for kind in kinds}
    return {**_as_json(one), "judged": counts.turns, **changes}


def _change(one: Rerun, counts: Any, kind: Any) -> dict[str, Any]:
    from analytics.detection import diff

    share = asdict(counts.share(kind))
    if not share["n"]:
        share["value"] = None  # JSON has no nan
    examples = [] if one.is_open else diff.examples(one, kind)
    names = ("turn_id", "trace_id", "explanation", "confidence")
    listed = [{name: getattr(example, name) for name in names} for example in examples]
    return {"count": getattr(counts, kind), "share": share, "examples": listed}
