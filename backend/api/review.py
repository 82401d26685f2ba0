"""Review: queues, items and what people said of them; a verdict is given by a person, never by a key."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.detection.chosen import chosen
from analytics.detection.labels import MISSED
from analytics.questions.judging import judged
from backend.accounts.models import User
from backend.api.asked import PROJECT, PageQuery, query_of
from backend.api.authentication import access_of
from backend.api.review_answers import (
    ItemDetail,
    ItemPage,
    ItemQuery,
    NewSkip,
    NewVerdict,
    QueueList,
    VerdictAnswer,
    VerdictPage,
    item_as_json,
    turn_as_json,
    verdict_as_json,
)
from backend.errors import BadRequest, NotAllowed, NotFound
from backend.projects.access import Access
from backend.projects.models import Scope
from backend.review import deeds
from backend.review.models import ReviewItem, Verdict


class ReviewQueues(APIView):
    """Queues of one project."""

    @extend_schema(operation_id="list_review_queues", parameters=[PROJECT], responses=QueueList)
    def get(self, request: Request) -> Response:
        """List queues with how many items stand where."""
        counts = {state: Count("items", filter=Q(items__state=state)) for state in ReviewItem.State.values}
        queues = access_of(request).project.queues.annotate(**counts).order_by("id")
        names = ("slug", "name", "rubric", "fills_from_flags", "random_share", *ReviewItem.State.values)
        return Response({"queues": list(queues.values(*names))})


class ReviewItems(APIView):
    """Items of one project."""

    @extend_schema(operation_id="list_review_items", parameters=[ItemQuery, PROJECT], responses=ItemPage)
    def get(self, request: Request) -> Response:
        """List items by number, of one queue or in one state where that is asked for."""
        items = _items(access_of(request))
        asked = query_of(request, ItemQuery)
        if asked["queue"]:
            items = items.filter(queue__slug=asked["queue"])
        if asked["state"]:
            items = items.filter(state=asked["state"])
        found = list(items.filter(pk__gt=_after(asked["cursor"])).order_by("pk")[: asked["limit"] + 1])
        shown = found[: asked["limit"]]
        return Response({"items": [item_as_json(item) for item in shown], "next": _cursor(found, shown)})


class ReviewItemView(APIView):
    """One item."""

    @extend_schema(operation_id="read_review_item", parameters=[PROJECT], responses=ItemDetail)
    def get(self, request: Request, item_id: int) -> Response:
        """Read an item with its turn, its flags and what was said of it; the turn is null once it is gone."""
        access = access_of(request)
        item = _item(access, item_id)
        found = judged(access.project.pk, item.turn_id)
        verdicts = item.verdicts.select_related("item__queue", "reviewer").order_by("pk")
        said = [verdict_as_json(verdict) for verdict in verdicts]
        return Response({**item_as_json(item), **turn_as_json(found), "verdicts": said})


class Verdicts(APIView):
    """Verdicts of one project."""

    @extend_schema(operation_id="list_verdicts", parameters=[PageQuery, PROJECT], responses=VerdictPage)
    def get(self, request: Request) -> Response:
        """List verdicts that were given or changed in a time range, by number."""
        access = access_of(request)
        asked = query_of(request, PageQuery)
        given = Verdict.objects.filter(
            item__queue__project=access.project,
            updated_at__gte=asked["start"],
            updated_at__lt=asked["end"],
            pk__gt=_after(asked["cursor"]),
        )
        found = list(given.select_related("item__queue", "reviewer").order_by("pk")[: asked["limit"] + 1])
        shown = found[: asked["limit"]]
        return Response({"verdicts": [verdict_as_json(verdict) for verdict in shown], "next": _cursor(found, shown)})


class GiveVerdict(APIView):
    """What a person says of an item."""

    write_scope = Scope.READ  # no key may, whatever its scopes: the answer says so

    @extend_schema(
        operation_id="give_verdict", parameters=[PROJECT], request=NewVerdict, responses={201: VerdictAnswer}
    )
    def post(self, request: Request, item_id: int) -> Response:
        """Give a verdict; giving it again replaces the own one."""
        access = access_of(request)
        reviewer = _person(request)
        item = _item(access, item_id)
        new = NewVerdict(data=request.data)
        new.is_valid(raise_exception=True)
        said = new.validated_data
        _check_flags(access, item, said["flags"])
        verdict = deeds.give_verdict(reviewer, item, said.pop("grade"), **said)
        return Response(verdict_as_json(verdict), status=status.HTTP_201_CREATED)


class SkipItem(APIView):
    """An item that a person leaves out."""

    write_scope = Scope.READ  # no key may, whatever its scopes: the answer says so

    @extend_schema(operation_id="skip_review_item", parameters=[PROJECT], request=NewSkip, responses={200: ItemDetail})
    def post(self, request: Request, item_id: int) -> Response:
        """Leave an open item out, with a reason."""
        access = access_of(request)
        reviewer = _person(request)
        item = _item(access, item_id)
        new = NewSkip(data=request.data)
        new.is_valid(raise_exception=True)
        deeds.skip(reviewer, item, new.validated_data["reason"])
        return self._answer(access, item)

    def _answer(self, access: Access, item: ReviewItem) -> Response:
        return Response({**item_as_json(item), **turn_as_json(judged(access.project.pk, item.turn_id)), "verdicts": []})


def _person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAllowed("a verdict is a person's: sign in and give it; a key may write a score at /api/v1/scores")
    return request.user


def _check_flags(access: Access, item: ReviewItem, said: dict[str, str]) -> None:
    if not said:
        return
    found = judged(access.project.pk, item.turn_id)
    detectors = {flag.detector for flag in found.flags} if found else set()
    missed = {name for name, word in said.items() if word == MISSED}
    unknown = sorted(set(said) - missed - detectors)
    if unknown:
        raise BadRequest(f"flags: {unknown[0][:40]!r} found nothing in this answer")
    known = {one.name for one in chosen(access.project.pk)}
    wrong = sorted(name for name in missed if name in detectors or name not in known)
    if wrong:
        raise BadRequest(f"flags: {wrong[0][:40]!r} cannot have been missed: it found something here, or is not known")


def _items(access: Access) -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(queue__project=access.project).select_related("queue", "reserved_by")


def _item(access: Access, item_id: int) -> ReviewItem:
    item = _items(access).filter(pk=item_id).first()
    if item is None:
        raise NotFound(f"there is no review item {item_id} in {access.project.slug}")
    return item


def _after(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 18):
        raise BadRequest("the cursor cannot be read; start again without one")
    return int(cursor)


def _cursor(found: list[Any], shown: list[Any]) -> str:
    return str(shown[-1].pk) if len(found) > len(shown) else ""
