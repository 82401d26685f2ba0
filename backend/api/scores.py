"""Scores: what people, clients and analysers say of answers."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions.findings import ANALYSER, CAUSE
from analytics.questions.scope import moment_of, nanoseconds
from analytics.replay.marks import marks_of
from backend.api.asked import PROJECT, PageQuery, query_of
from backend.api.authentication import access_of
from backend.policies.models import policy_of
from backend.projects.models import Scope
from backend.store.connection import store
from backend.store.query import Query
from backend.store.scores import write_scores
from backend.telemetry.score import Score
from ingest.redaction.redacting import judgement_as_allowed


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A judgement as it is kept."""

    score_id: str
    name: str
    value: float | None
    label: str
    explanation: str
    source: str
    author: str
    trace_id: str
    span_id: str
    turn_id: str
    conversation_id: str
    time: datetime


_SCORES: Final = Query(
    "scores",
    """
    SELECT score_id, name, value, label, explanation, source, author, trace_id, span_id, turn_id, conversation_id, time
    FROM score FINAL
    WHERE project_id = {project_id:UInt32} AND is_deleted = 0
      AND time >= fromUnixTimestamp64Nano({start:Int64}) AND time < fromUnixTimestamp64Nano({end:Int64})
      AND ({trace_id:String} = '' OR trace_id = {trace_id:String})
      AND ({conversation_id:String} = '' OR conversation_id = {conversation_id:String})
      AND ({name:String} = '' OR name = {name:String})
      AND ({after:String} = '' OR score_id > {after:String})
    ORDER BY score_id LIMIT {limit:UInt32}
    """,
    ScoreRow,
)


class ScoreQuery(PageQuery):
    """Scores of a trace, of a conversation, or of a name."""

    trace_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    conversation_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    name = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)


class ScoreAnswer(DataclassSerializer[ScoreRow]):
    """A judgement as it is kept."""

    class Meta:
        dataclass = ScoreRow


class ReplayMark(serializers.Serializer[Any]):
    """What replays say of a cause; its probability stays as it is."""

    state = serializers.ChoiceField(["confirmed", "not_confirmed", "open"])
    text = serializers.CharField()
    replays = serializers.ListField(child=serializers.IntegerField(), help_text="Those that it rests on.")


class ListedScore(ScoreAnswer):
    """A judgement as it is kept, with what replays say of it."""

    replay = serializers.SerializerMethodField(help_text="Of a cause whose answer was replayed; else null.")

    class Meta(ScoreAnswer.Meta):
        pass

    @extend_schema_field(ReplayMark(allow_null=True))
    def get_replay(self, row: ScoreRow) -> dict[str, Any] | None:
        """The mark of a cause."""
        mark = self.context["marks"].get(row.turn_id) if row.name == CAUSE and row.source == ANALYSER else None
        return asdict(mark) if mark else None


class ScorePage(serializers.Serializer[Any]):
    """Part of the scores."""

    scores = ListedScore(many=True)
    next = serializers.CharField(help_text="Cursor of the next page; empty at the end.")


class NewScore(serializers.Serializer[Any]):
    """A judgement to keep. Sending the same `score_id` again replaces it."""

    score_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    name = serializers.CharField(max_length=200)
    value = serializers.FloatField(required=False, allow_null=True, default=None)
    label = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)  # type: ignore[assignment]  # DRF has a label of its own
    explanation = serializers.CharField(required=False, default="", allow_blank=True, max_length=20_000)
    trace_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    span_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    conversation_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A judgement is of something, and says something."""
        if not (attrs["trace_id"] or attrs["conversation_id"]):
            raise serializers.ValidationError("say of what: trace_id or conversation_id")
        if attrs["span_id"] and not attrs["trace_id"]:
            raise serializers.ValidationError("a span is named by its trace_id and its span_id")
        if attrs["value"] is None and not attrs["label"]:
            raise serializers.ValidationError("give a value, a label or both")
        return attrs


class Scores(APIView):
    """Scores of one project."""

    write_scope = Scope.INGEST  # as at /v1/events: judgements are part of what programs send

    @extend_schema(operation_id="list_scores", parameters=[ScoreQuery, PROJECT], responses=ScorePage)
    def get(self, request: Request) -> Response:
        """List scores that were given in a time range."""
        access = access_of(request)
        asked = query_of(request, ScoreQuery)
        parameters = {
            "project_id": access.project.pk,
            "start": nanoseconds(asked["start"]),
            "end": nanoseconds(asked["end"]),
            "after": asked["cursor"],
            "limit": asked["limit"] + 1,
            **{name: asked[name] for name in ("trace_id", "conversation_id", "name")},
        }
        found = store().fetch(_SCORES, **parameters)
        page = found[: asked["limit"]]
        causes = {row.turn_id: row.label for row in page if row.name == CAUSE and row.source == ANALYSER}
        marks = marks_of(access.project.pk, causes) if causes else {}
        listed = ListedScore(page, many=True, context={"marks": marks}).data
        return Response({"scores": listed, "next": page[-1].score_id if len(found) > len(page) else ""})

    @extend_schema(operation_id="write_score", parameters=[PROJECT], request=NewScore, responses={201: ScoreAnswer})
    def post(self, request: Request) -> Response:
        """Keep a judgement; it may come before what it is about."""
        access = access_of(request)
        new = NewScore(data=request.data)
        new.is_valid(raise_exception=True)
        now = time.time_ns()
        fields = new.validated_data
        score = Score(
            **{**fields, "score_id": fields["score_id"] or str(uuid.uuid4())},
            source="client" if request.auth else "human",
            author=getattr(request.user, "email", ""),
            time=now,
        )
        score = judgement_as_allowed(score, policy_of(access.project.pk))
        write_scores(store(), access.project.pk, [score])
        kept = {name: getattr(score, name) for name in Score.__struct_fields__} | {"time": moment_of(now)}
        return Response(ScoreAnswer(ScoreRow(**kept)).data, status=status.HTTP_201_CREATED)
