"""What went wrong in conversations, by cause and by detector, and in which topics."""

from __future__ import annotations

from dataclasses import dataclass

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_dataclasses.serializers import DataclassSerializer

from analytics.questions import problems
from analytics.questions.topic_facets import FacetValue, Told
from backend.api.asked import PROJECT, RangeQuery, query_of, scope_of
from backend.api.authentication import access_of
from backend.api.topic_changes import Period
from backend.api.topic_facets import FacetLine, ValueQuery, line_of, period_of


@dataclass(frozen=True, slots=True)
class ProblemList:
    """What went wrong in a range.

    Attributes:
        conversations: of the range, but those in topics that people left out; the next four add up to it.
        with_problem: with at least one problem; each counts with all of its problems.
        clear: looked at whole, and nothing was found.
        waiting: nothing was found, and a turn was not looked at yet.
        failed: nothing was found, and looking for a cause failed in a turn.
        now: the later period that was compared.
        before: the former one; null where none holds enough, and then nothing is compared.
        comparisons: how many were made; of the moves told one in twenty may be chance.
        problems: most conversations first; keys are `cause:NAME` and `flag:DETECTOR`.
    """

    conversations: int
    with_problem: int
    clear: int
    waiting: int
    failed: int
    now: Period | None
    before: Period | None
    comparisons: int
    problems: tuple[FacetLine, ...]


@dataclass(frozen=True, slots=True)
class ProblemBody:
    """One problem.

    Attributes:
        problem: its figures, with all topics it is in.
        conversations: the newest with it, at most 50, each with what was told of it.
    """

    problem: FacetLine
    conversations: tuple[Told, ...]


class ProblemListAnswer(DataclassSerializer[ProblemList]):
    """What went wrong."""

    class Meta:
        dataclass = ProblemList


class ProblemAnswer(DataclassSerializer[ProblemBody]):
    """One problem."""

    class Meta:
        dataclass = ProblemBody


class Problems(APIView):
    """What went wrong in the conversations of one project."""

    @extend_schema(operation_id="list_topic_problems", parameters=[RangeQuery, PROJECT], responses=ProblemListAnswer)
    def get(self, request: Request) -> Response:
        """List what went wrong, by cause and by detector, with shares, users, change and topics."""
        found = problems.problems(scope_of(access_of(request), query_of(request, RangeQuery)))
        sides = found.facet.sides
        answer = ProblemList(
            conversations=found.facet.conversations,
            with_problem=found.with_problem,
            clear=found.clear,
            waiting=found.waiting,
            failed=found.failed,
            now=period_of(sides.now.range if sides else None),
            before=period_of(sides.before.range if sides else None),
            comparisons=found.facet.looks,
            problems=tuple(_line(found.meanings[one.key], one) for one in found.facet.values),
        )
        return Response(ProblemListAnswer(answer).data)


class ProblemView(APIView):
    """One problem."""

    @extend_schema(operation_id="read_topic_problem", parameters=[ValueQuery, PROJECT], responses=ProblemAnswer)
    def get(self, request: Request, key: str) -> Response:
        """Read one problem: the topics it is in and the newest conversations with it."""
        asked = query_of(request, ValueQuery)
        page = problems.problem(scope_of(access_of(request), asked), key, asked["topic"])
        return Response(ProblemAnswer(ProblemBody(_line(page.meaning, page.value), page.told)).data)


def _line(meaning: problems.Problem, value: FacetValue) -> FacetLine:
    return line_of(value, meaning.name, meaning.text, meaning.search)
