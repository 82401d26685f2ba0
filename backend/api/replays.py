"""Replays of recorded answers: what can be tried, begun, read with every answer, and stopped."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.asked import PROJECT, query_of
from backend.api.authentication import access_of
from backend.detection.choices import Author
from backend.replays.models import LEAST, MOST, USUAL, Attempt, Replay
from backend.replays.rights import may_replay, replay_of, require_replay

_PLAIN: Final = (
    "id", "turn_id", "trace_id", "kind", "change", "change_text", "model", "changed_model", "must_say", "repeats",
    "cause", "cause_probability", "before", "state", "error", "verdict", "reason", "control_healed", "control_judged",
    "changed_healed", "changed_judged", "difference", "low", "high", "p_value", "author_name", "stopped_by",
    "created_at", "finished_at",
)  # fmt: skip
_ATTEMPT: Final = (
    "arm", "number", "answer", "finish_reason", "error", "is_healed", "reasons", "scores", "input_tokens",
    "output_tokens", "cost_usd", "duration_ms", "asked_at",
)  # fmt: skip


class NewReplay(serializers.Serializer[Any]):
    """A replay to begin."""

    turn_id = serializers.CharField(max_length=600)
    kind = serializers.ChoiceField(Replay.Kind.choices)
    change = serializers.DictField(
        help_text="`document` (from 0) of swap, drop, first; `text` of add, swap, system; `name` and `version` of"
        " prompt; `model` of model."
    )
    model = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=80,
        help_text="That the unchanged request is sent to; the recorded one where not given.",
    )  # fmt: skip
    repeats = serializers.IntegerField(
        required=False, default=USUAL, min_value=LEAST, max_value=MOST, help_text="Of each of the two requests."
    )
    must_say = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=300,
        help_text="Words that a healed answer has to hold, whatever their case.",
    )  # fmt: skip


class ReplayAnswer(serializers.ModelSerializer[Replay]):
    """A replay, and what it found."""

    class Meta:
        model = Replay
        fields = _PLAIN


class AttemptAnswer(serializers.ModelSerializer[Attempt]):
    """One request of a replay, and its answer."""

    class Meta:
        model = Attempt
        fields = _ATTEMPT


class ReplayDetail(ReplayAnswer):
    """A replay with every answer and what it cost."""

    attempts = AttemptAnswer(many=True)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField(help_text="By the prices that are set for the endpoint.")
    failed = serializers.IntegerField(help_text="Requests without an answer that can be judged; `error` says why.")

    class Meta(ReplayAnswer.Meta):
        fields = (*_PLAIN, "attempts", "input_tokens", "output_tokens", "cost_usd", "failed")  # type: ignore[assignment]  # more of them


class ReplayPage(serializers.Serializer[Any]):
    """Part of the replays, newest first."""

    replays = ReplayAnswer(many=True)
    next = serializers.CharField(help_text="Cursor of the next page; empty at the end.")


class ReplayQuery(serializers.Serializer[Any]):
    """Which replays."""

    trace_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    turn_id = serializers.CharField(required=False, default="", allow_blank=True, max_length=600)
    state = serializers.ChoiceField(Replay.State.choices, required=False, default="", allow_blank=True)
    verdict = serializers.ChoiceField(Replay.Verdict.choices, required=False, default="", allow_blank=True)
    cursor = serializers.IntegerField(required=False, default=0, min_value=0, help_text="`next` of the page before.")
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=500)


class TurnQuery(serializers.Serializer[Any]):
    """Of which answer."""

    turn_id = serializers.CharField(max_length=600)


class DocumentAnswer(serializers.Serializer[Any]):
    """A document of the turn."""

    document = serializers.IntegerField(help_text="Its place, from 0.")
    document_id = serializers.CharField()
    text = serializers.CharField(help_text="Its first 300 characters.")
    stands = serializers.BooleanField(help_text="Whether it stands word for word in the request and can be changed.")


class VersionAnswer(serializers.Serializer[Any]):
    """A version of a prompt."""

    name = serializers.CharField()
    version = serializers.IntegerField()


class PossibleAnswer(serializers.Serializer[Any]):
    """What can be tried on an answer."""

    why_not = serializers.CharField(help_text="Why nothing can; empty where something can.")
    may_replay = serializers.BooleanField(help_text="Whether you may.")
    calls_left = serializers.IntegerField(help_text="That the day's limits leave.")
    model = serializers.CharField(help_text="That answered.")
    endpoint_model = serializers.CharField()
    system_text = serializers.CharField()
    documents = DocumentAnswer(many=True)
    versions = VersionAnswer(many=True)
    cause = serializers.CharField(help_text="Of the answer; empty where it has none.")


class Replays(APIView):
    """Replays of a project."""

    @extend_schema(operation_id="list_replays", parameters=[ReplayQuery, PROJECT], responses=ReplayPage)
    def get(self, request: Request) -> Response:
        """List replays, newest first."""
        access = access_of(request)
        asked = query_of(request, ReplayQuery)
        found = Replay.objects.filter(project=access.project)
        for name in ("trace_id", "turn_id", "state", "verdict"):
            if asked[name]:
                found = found.filter(**{name: asked[name]})
        if asked["cursor"]:
            found = found.filter(pk__lt=asked["cursor"])
        page = list(found[: asked["limit"] + 1])
        shown = page[: asked["limit"]]
        after = str(shown[-1].pk) if len(page) > len(shown) else ""
        return Response({"replays": ReplayAnswer(shown, many=True).data, "next": after})

    @extend_schema(operation_id="begin_replay", parameters=[PROJECT], request=NewReplay, responses={201: ReplayAnswer})
    def post(self, request: Request) -> Response:
        """Begin one; a worker sends the requests to the judges' endpoint, within the day's limits."""
        from analytics.replay import deeds  # imports numpy, which the list does not need

        access = access_of(request)
        require_replay(access, request.user)
        body = NewReplay(data=request.data)
        body.is_valid(raise_exception=True)
        begun = deeds.begin(access.project, deeds.Wanted(**body.validated_data), Author.of(request.user))
        return Response(ReplayAnswer(begun).data, status=status.HTTP_201_CREATED)


class PossibleReplays(APIView):
    """What can be tried on an answer."""

    @extend_schema(operation_id="read_possible_replays", parameters=[TurnQuery, PROJECT], responses=PossibleAnswer)
    def get(self, request: Request) -> Response:
        """Read which documents and prompts can be changed, and why an answer cannot be replayed."""
        from analytics.replay import deeds  # imports numpy, which the list does not need

        access = access_of(request)
        found = deeds.possible(access.project, query_of(request, TurnQuery)["turn_id"])
        recorded = found.recorded
        documents = zip(recorded.turn.documents, found.standing, strict=True) if recorded else ()
        return Response(
            {
                "why_not": found.why_not,
                "may_replay": may_replay(access, request.user),
                "calls_left": found.calls_left,
                "model": recorded.model if recorded else "",
                "endpoint_model": found.endpoint.model if found.endpoint else "",
                "system_text": recorded.system_text if recorded else "",
                "documents": [
                    {"document": place, "document_id": one.document_id, "text": one.text[:300], "stands": stands}
                    for place, (one, stands) in enumerate(documents)
                ],
                "versions": [{"name": one.prompt.name, "version": one.number} for one in found.versions],
                "cause": found.cause.label if found.cause else "",
            }
        )


class ReplayView(APIView):
    """One replay."""

    @extend_schema(operation_id="read_replay", parameters=[PROJECT], responses=ReplayDetail)
    def get(self, request: Request, replay_id: int) -> Response:
        """Read how far it is, every answer, and what they prove."""
        return Response(_detail(replay_of(access_of(request), replay_id)))


class StopReplay(APIView):
    """The end of a replay."""

    @extend_schema(operation_id="stop_replay", parameters=[PROJECT], request=None, responses=ReplayDetail)
    def post(self, request: Request, replay_id: int) -> Response:
        """Ask nothing more; answers that came back stay."""
        from analytics.replay import deeds  # imports numpy, which the list does not need

        access = access_of(request)
        found = replay_of(access, replay_id)
        require_replay(access, request.user)
        deeds.stop(found, Author.of(request.user))
        return Response(_detail(found))


def _detail(one: Replay) -> dict[str, Any]:
    attempts = AttemptAnswer(one.attempts.all(), many=True).data
    return {**ReplayAnswer(one).data, "attempts": attempts, **one.used()}
