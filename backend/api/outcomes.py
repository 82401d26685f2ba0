"""How conversations ended, and in which topics."""

from __future__ import annotations

from dataclasses import dataclass

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions import outcomes
from analytics.questions.topic_facets import Told
from backend.api.asked import PROJECT, RangeQuery, query_of, scope_of
from backend.api.authentication import access_of
from backend.api.topic_changes import Period
from backend.api.topic_facets import FacetLine, ValueQuery, line_of, period_of


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """Conversations of which it is not known how they ended, for one reason.

    Attributes:
        key: of the reason: waiting, failed, unread, unclear or silent.
        text: the reason in words.
    """

    key: str
    text: str
    conversations: int


@dataclass(frozen=True, slots=True)
class OutcomeList:
    """How the conversations of a range ended, each in one way.

    Attributes:
        conversations: of the range, but those in topics that people left out; the outcomes add up to it.
        assessed: of which it is known how they ended.
        not_assessed: why it is not known of the others, most first.
        now: the later period that was compared.
        before: the former one; null where none holds enough, and then nothing is compared.
        comparisons: how many were made; of the moves told one in twenty may be chance.
        outcomes: `well`, `complained`, `refused`, `cut_off`, `failed` and `not_assessed`.
    """

    conversations: int
    assessed: int
    not_assessed: tuple[NotAssessed, ...]
    now: Period | None
    before: Period | None
    comparisons: int
    outcomes: tuple[FacetLine, ...]


@dataclass(frozen=True, slots=True)
class OutcomeBody:
    """One outcome.

    Attributes:
        outcome: its figures, with all topics it is in.
        conversations: the newest with it, at most 50, each with what was told of it.
    """

    outcome: FacetLine
    conversations: tuple[Told, ...]


class OutcomeListAnswer(DataclassSerializer[OutcomeList]):
    """How conversations ended."""

    class Meta:
        dataclass = OutcomeList


class OutcomeAnswer(DataclassSerializer[OutcomeBody]):
    """One outcome."""

    class Meta:
        dataclass = OutcomeBody


class Outcomes(APIView):
    """How the conversations of one project ended."""

    @extend_schema(operation_id="list_topic_outcomes", parameters=[RangeQuery, PROJECT], responses=OutcomeListAnswer)
    def get(self, request: Request) -> Response:
        """List how conversations ended, with shares, users, change and topics, and why some are not assessed."""
        found = outcomes.outcomes(scope_of(access_of(request), query_of(request, RangeQuery)))
        sides = found.facet.sides
        answer = OutcomeList(
            conversations=found.facet.conversations,
            assessed=found.assessed,
            not_assessed=tuple(NotAssessed(one.key, one.text, one.conversations) for one in found.reasons),
            now=period_of(sides.now.range if sides else None),
            before=period_of(sides.before.range if sides else None),
            comparisons=found.facet.looks,
            outcomes=tuple(
                line_of(value, meaning.name, meaning.text, "")
                for meaning, value in zip(outcomes.OUTCOMES, found.facet.values, strict=True)
            ),
        )
        return Response(OutcomeListAnswer(answer).data)


class OutcomeView(APIView):
    """One outcome."""

    @extend_schema(operation_id="read_topic_outcome", parameters=[ValueQuery, PROJECT], responses=OutcomeAnswer)
    def get(self, request: Request, key: str) -> Response:
        """Read one outcome: the topics it is in and the newest conversations that ended so."""
        asked = query_of(request, ValueQuery)
        page = outcomes.outcome(scope_of(access_of(request), asked), key, asked["topic"])
        line = line_of(page.value, page.meaning.name, page.meaning.text, "")
        return Response(OutcomeAnswer(OutcomeBody(line, page.told)).data)
