"""What people and programs decide about topics; each decision binds every later fit and can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.pipeline import steer
from analytics.questions.topic_decisions import Decided, decided
from backend.api.asked import PROJECT, query_of
from backend.api.authentication import access_of
from backend.errors import NotFound
from backend.projects.access import Access
from backend.topics.deeds import MOST_MOVED, MOST_PARTS
from backend.topics.models import TopicDeed
from backend.topics.naming import rename


class NewName(serializers.Serializer[Any]):
    """What people call a topic."""

    name = serializers.CharField(allow_blank=True, max_length=200, help_text="Empty gives the machine's name back.")


class NewMerge(serializers.Serializer[Any]):
    """Where a topic goes."""

    into = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Number of the topic it is part of.")


class SplitQuery(serializers.Serializer[Any]):
    """Into how many parts."""

    parts = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=2, max_value=MOST_PARTS,
        help_text="As many as are best apart where it is not given.",
    )  # fmt: skip


class NewMove(serializers.Serializer[Any]):
    """Which conversations are in a topic."""

    conversations = serializers.ListField(
        child=serializers.CharField(max_length=500), min_length=1, max_length=MOST_MOVED, help_text="Their ids."
    )


@dataclass(frozen=True, slots=True)
class ProposedPart:
    """A part of a topic; the first keeps its number and name.

    Attributes:
        share: of the conversations looked at, 0 to 1.
        examples: first messages, the most typical first.
    """

    name: str
    keywords: tuple[str, ...]
    conversations: int
    share: float
    examples: tuple[str, ...]
    conversation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposedSplit:
    """How a topic could be split.

    Attributes:
        parts: the largest first.
        separation: how far they are apart, -1 to 1; below 0.1 there is hardly anything to tell them by.
        conversations: how many were looked at.
    """

    parts: tuple[ProposedPart, ...]
    separation: float
    conversations: int


@dataclass(frozen=True, slots=True)
class DecisionList:
    """Decisions of a project, the newest first, the last 200."""

    decisions: tuple[Decided, ...]


class DecidedAnswer(DataclassSerializer[Decided]):
    """One decision."""

    class Meta:
        dataclass = Decided


class DecisionListAnswer(DataclassSerializer[DecisionList]):
    """Decisions."""

    class Meta:
        dataclass = DecisionList


class ProposedSplitAnswer(DataclassSerializer[ProposedSplit]):
    """A proposal to split."""

    class Meta:
        dataclass = ProposedSplit


class TopicDecisions(APIView):
    """What was decided about topics."""

    @extend_schema(operation_id="list_topic_decisions", parameters=[PROJECT], responses=DecisionListAnswer)
    def get(self, request: Request) -> Response:
        """List decisions, those that were taken back too."""
        found = DecisionList(tuple(decided(access_of(request).project.pk)))
        return Response(DecisionListAnswer(found).data)


class UndoTopicDecision(APIView):
    """A decision that is taken back."""

    @extend_schema(operation_id="undo_topic_decision", parameters=[PROJECT], request=None, responses=DecidedAnswer)
    def post(self, request: Request, deed_id: int) -> Response:
        """Take a decision back; 400 where a later one needs it."""
        access = access_of(request)
        return _answer(access, steer.take_back(access.project.pk, deed_id, _by(request)), status.HTTP_200_OK)


class RenameTopic(APIView):
    """A topic's name by people."""

    @extend_schema(operation_id="rename_topic", parameters=[PROJECT], request=NewName, responses={201: DecidedAnswer})
    def post(self, request: Request, number: int) -> Response:
        """Give a topic or a group a name that stays through every fit; 200 where it has it already."""
        access = access_of(request)
        topic = access.project.topics.filter(number=number).first()
        if topic is None:
            raise NotFound(f"there is no topic {number} that can be named")
        changed = rename(topic, _sent(request, NewName)["name"], _by(request))
        found = TopicDeed.objects.filter(project=access.project, kind=TopicDeed.Kind.RENAME, number=number).first()
        if found is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return _answer(access, found, status.HTTP_201_CREATED if changed else status.HTTP_200_OK)


class MergeTopic(APIView):
    """A topic that is part of another."""

    @extend_schema(operation_id="merge_topic", parameters=[PROJECT], request=NewMerge, responses={201: DecidedAnswer})
    def post(self, request: Request, number: int) -> Response:
        """Make a topic part of another; its conversations count there from now on."""
        access = access_of(request)
        into = _sent(request, NewMerge)["into"]
        return _answer(access, steer.merge(access.project.pk, number, into, _by(request)))


class SplitTopic(APIView):
    """A topic that is several."""

    @extend_schema(operation_id="propose_topic_split", parameters=[SplitQuery, PROJECT], responses=ProposedSplitAnswer)
    def get(self, request: Request, number: int) -> Response:
        """Propose parts with names and examples; nothing changes."""
        access = access_of(request)
        found = steer.propose(access.project.pk, number, query_of(request, SplitQuery)["parts"])
        parts = tuple(
            ProposedPart(one.name, one.keywords, one.conversations, one.share, one.examples, one.conversation_ids)
            for one in found.parts
        )
        return Response(ProposedSplitAnswer(ProposedSplit(parts, found.separation, found.conversations)).data)

    @extend_schema(operation_id="split_topic", parameters=[PROJECT], request=SplitQuery, responses={201: DecidedAnswer})
    def post(self, request: Request, number: int) -> Response:
        """Split a topic as is proposed."""
        access = access_of(request)
        parts = _sent(request, SplitQuery)["parts"]
        return _answer(access, steer.split(access.project.pk, number, parts, _by(request)))


class PinTopic(APIView):
    """A topic that people keep."""

    @extend_schema(operation_id="pin_topic", parameters=[PROJECT], request=None, responses={201: DecidedAnswer})
    def post(self, request: Request, number: int) -> Response:
        """Keep a topic: no fit ends it or names it anew."""
        access = access_of(request)
        return _answer(access, steer.mark(access.project.pk, number, TopicDeed.Kind.PIN, _by(request)))


class IgnoreTopic(APIView):
    """A topic that is left out."""

    @extend_schema(operation_id="ignore_topic", parameters=[PROJECT], request=None, responses={201: DecidedAnswer})
    def post(self, request: Request, number: int) -> Response:
        """Leave a topic out of lists and trends; the coverage counts its conversations apart."""
        access = access_of(request)
        return _answer(access, steer.mark(access.project.pk, number, TopicDeed.Kind.IGNORE, _by(request)))


class MoveConversations(APIView):
    """Conversations that people put into a topic."""

    @extend_schema(
        operation_id="move_conversations", parameters=[PROJECT], request=NewMove, responses={201: DecidedAnswer}
    )
    def post(self, request: Request, number: int) -> Response:
        """Put conversations into a topic, or into Other (0)."""
        access = access_of(request)
        ids = _sent(request, NewMove)["conversations"]
        return _answer(access, steer.move(access.project.pk, ids, number, _by(request)))


def _by(request: Request) -> str:
    return str(request.user.email)  # type: ignore[union-attr]  # a person's address or a key's public part


def _sent(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    found = kind(data=request.data)
    found.is_valid(raise_exception=True)
    values: dict[str, Any] = found.validated_data
    return values


def _answer(access: Access, deed: TopicDeed, code: int = status.HTTP_201_CREATED) -> Response:
    found = next(one for one in decided(access.project.pk) if one.id == deed.pk)
    return Response(DecidedAnswer(found).data, status=code)
