"""Keys: made, rotated and ended by programs as well as by people; secrets are answered once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.errors import NotFound
from backend.projects.access import Access, require_owner
from backend.projects.models import LONGEST_OVERLAP, MOST_SPANS, USUAL_SCOPES, ApiKey, Scope

_LONGEST_H = LONGEST_OVERLAP // timedelta(hours=1)
_LIMITS = ("spans_per_minute", "spans_per_day")
_FIELDS = (
    "id",
    "name",
    "public_key",
    "secret_hint",
    "scopes",
    "state",
    "created_at",
    "last_used_at",
    "expires_at",
    *_LIMITS,
)


def _limit(text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_SPANS, help_text=f"{text} Null means no limit."
    )


class KeyAnswer(serializers.Serializer[Any]):
    """A key without its secret."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    public_key = serializers.CharField()
    secret_hint = serializers.CharField(help_text="The last four characters of its secret.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.values))
    state = serializers.ChoiceField(["usable", "ending", "expired", "revoked"])
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When a rotated key ends.")
    spans_per_minute = serializers.IntegerField(allow_null=True, help_text="How many it may send; null means no limit.")
    spans_per_day = serializers.IntegerField(allow_null=True, help_text="How many it may send a day (UTC).")


class KeyList(serializers.Serializer[Any]):
    """All keys of a project, newest first."""

    keys = KeyAnswer(many=True)


class MintedKey(KeyAnswer):
    """A new key; its secret is told this once."""

    secret = serializers.CharField()


class Limits(serializers.Serializer[Any]):
    """How much a key may send; scores and metrics count as spans, a span told in several messages once."""

    spans_per_minute = _limit("A key that has sent more is refused with 429 until a minute's mean is back below.")
    spans_per_day = _limit("A key that has sent as many is refused with 429 until 00:00 UTC.")


class NewKey(Limits):
    """A key to make."""

    name = serializers.CharField(required=False, default="", allow_blank=True, max_length=120)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.values),
        required=False,
        default=list(USUAL_SCOPES),
        allow_empty=False,
        help_text="`ingest` sends, `read` reads, `admin` does both and changes prompts, datasets and keys.",
    )


class Rotation(serializers.Serializer[Any]):
    """How a key is rotated."""

    overlap_hours = serializers.IntegerField(
        required=False,
        default=24,
        min_value=0,
        max_value=_LONGEST_H,
        help_text="How long the old key stays good beside the new one.",
    )


class KeyView(APIView):
    """What all of these have in common: a key needs ``admin``, a person who changes something must be an owner."""

    read_scope: ClassVar[str] = Scope.ADMIN


class Keys(KeyView):
    """Keys of one project."""

    @extend_schema(operation_id="list_keys", parameters=[PROJECT], responses=KeyList)
    def get(self, request: Request) -> Response:
        """List keys, also those that have ended."""
        found = ApiKey.objects.filter(project=access_of(request).project).order_by("-created_at", "-pk")
        return Response({"keys": [key_as_json(key) for key in found]})

    @extend_schema(operation_id="make_key", parameters=[PROJECT], request=NewKey, responses={201: MintedKey})
    def post(self, request: Request) -> Response:
        """Make a key; its secret is answered this once."""
        access = _owner(request)
        new = NewKey(data=request.data)
        new.is_valid(raise_exception=True)
        asked = new.validated_data
        key, secret = ApiKey.objects.mint(access.project, asked["name"], scopes=asked["scopes"])
        key.limit(**{name: asked.get(name) for name in _LIMITS})
        return _minted(key, secret)


class LimitKey(KeyView):
    """The limits of a key."""

    @extend_schema(operation_id="limit_key", parameters=[PROJECT], request=Limits, responses=KeyAnswer)
    def patch(self, request: Request, key_id: int) -> Response:
        """Set how much may be sent with a key; what is not named stays."""
        key = _key(_owner(request), key_id)
        asked = Limits(data=request.data)
        asked.is_valid(raise_exception=True)
        key.limit(**{name: asked.validated_data.get(name, getattr(key, name)) for name in _LIMITS})
        return Response(key_as_json(key))


class RotateKey(KeyView):
    """A key beside an old one."""

    @extend_schema(operation_id="rotate_key", parameters=[PROJECT], request=Rotation, responses={201: MintedKey})
    def post(self, request: Request, key_id: int) -> Response:
        """Make a key that may do the same; the old one stays good for a while, then ends by itself."""
        access = _owner(request)
        asked = Rotation(data=request.data)
        asked.is_valid(raise_exception=True)
        overlap = timedelta(hours=asked.validated_data["overlap_hours"])
        return _minted(*_key(access, key_id).rotate(overlap))


class RevokeKey(KeyView):
    """The end of a key."""

    @extend_schema(operation_id="revoke_key", parameters=[PROJECT], request=None, responses=KeyAnswer)
    def post(self, request: Request, key_id: int) -> Response:
        """End a key at once."""
        key = _key(_owner(request), key_id)
        key.revoke()
        return Response(key_as_json(key))


def key_as_json(key: ApiKey) -> dict[str, Any]:
    """A key as the API answers it."""
    return {name: getattr(key, name) for name in _FIELDS}


def _owner(request: Request) -> Access:
    access = access_of(request)
    require_owner(access)
    return access


def _key(access: Access, key_id: int) -> ApiKey:
    key = ApiKey.objects.usable().filter(project=access.project, pk=key_id).select_related("project").first()
    if key is None:
        raise NotFound("there is no such key, or it has ended already")
    return key


def _minted(key: ApiKey, secret: str) -> Response:
    answer = {**key_as_json(key), "secret": secret}
    return Response(answer, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})
