"""Channels of alerts by API: all of the project see that they are there, owners and keys that administer decide.

What leaves the house is an owner's business; addresses hold secrets often, so they are taken and never told.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.alerts import channels
from backend.alerts.models import Channel
from backend.api.asked import PROJECT
from backend.api.authentication import access_of
from backend.errors import NotFound
from backend.projects.access import Access, require_owner

_NO_STORE = {"Cache-Control": "no-store"}


class ChannelChange(serializers.Serializer[Any]):
    """What is to be changed; what is not named stays."""

    name = serializers.CharField(
        required=False, allow_blank=True, max_length=channels.LONGEST_NAME, help_text="Its kind where empty."
    )
    target = serializers.CharField(
        required=False, max_length=channels.LONGEST_TARGET,
        help_text="Address: https://… or somebody@…; it is never told again.",
    )  # fmt: skip


class NewChannel(ChannelChange):
    """A channel to add."""

    kind = serializers.ChoiceField(Channel.Kind.values)
    target = serializers.CharField(
        max_length=channels.LONGEST_TARGET, help_text="Address: https://… or somebody@…; it is never told again."
    )


class ChannelAnswer(serializers.Serializer[Any]):
    """A channel without its address and secret."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Channel.Kind.values)
    place = serializers.CharField(
        allow_null=True, help_text="Host, or domain of a mail address; null for those who do not decide on channels."
    )
    last_sent_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(help_text="Why the last message did not arrive.")
    created_at = serializers.DateTimeField()


class ChannelList(serializers.Serializer[Any]):
    """All channels of a project, oldest first."""

    channels = ChannelAnswer(many=True)


class AddedChannel(ChannelAnswer):
    """A channel with the secret that its messages are signed with, which is told this once."""

    signing_secret = serializers.CharField(help_text="Of a webhook; empty for others.")


class TriedChannel(serializers.Serializer[Any]):
    """What came of a test message."""

    is_delivered = serializers.BooleanField()
    error = serializers.CharField(help_text="Why it did not arrive.")


class AlertChannels(APIView):
    """Channels of one project."""

    @extend_schema(operation_id="list_alert_channels", parameters=[PROJECT], responses=ChannelList)
    def get(self, request: Request) -> Response:
        """List channels without addresses and secrets."""
        access = access_of(request)
        found = Channel.objects.filter(project=access.project)
        return Response({"channels": [channel_as_json(access, one) for one in found]})

    @extend_schema(
        operation_id="add_alert_channel", parameters=[PROJECT], request=NewChannel, responses={201: AddedChannel}
    )
    def post(self, request: Request) -> Response:
        """Add one; rules can name it from then on. The secret of a webhook is answered this once."""
        access = _owner(request)
        new = NewChannel(data=request.data)
        new.is_valid(raise_exception=True)
        asked = new.validated_data
        added = channels.add(access.project, asked["kind"], asked.get("name", ""), asked["target"])
        return _with_secret(access, added, status.HTTP_201_CREATED)


class AlertChannel(APIView):
    """One channel."""

    @extend_schema(operation_id="read_alert_channel", parameters=[PROJECT], responses=ChannelAnswer)
    def get(self, request: Request, channel_id: int) -> Response:
        """Read what came of its last message."""
        access = access_of(request)
        return Response(channel_as_json(access, _channel(access, channel_id)))

    @extend_schema(
        operation_id="change_alert_channel", parameters=[PROJECT], request=ChannelChange, responses=ChannelAnswer
    )
    def patch(self, request: Request, channel_id: int) -> Response:
        """Name it anew or send elsewhere from now on; kind and secret stay."""
        access = _owner(request)
        found = _channel(access, channel_id)
        body = ChannelChange(data=request.data)
        body.is_valid(raise_exception=True)
        channels.change(found, body.validated_data.get("name"), body.validated_data.get("target"))
        return Response(channel_as_json(access, found))

    @extend_schema(operation_id="remove_alert_channel", parameters=[PROJECT], responses={204: None})
    def delete(self, request: Request, channel_id: int) -> Response:
        """Remove it; what still waited for it is not sent."""
        _channel(_owner(request), channel_id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class TryAlertChannel(APIView):
    """A test message."""

    @extend_schema(operation_id="test_alert_channel", parameters=[PROJECT], request=None, responses=TriedChannel)
    def post(self, request: Request, channel_id: int) -> Response:
        """Send a test message at once and say what came of it, within ten seconds."""
        error = channels.try_out(_channel(_owner(request), channel_id))
        return Response({"is_delivered": not error, "error": error})


class RotateAlertChannel(APIView):
    """A new secret of a webhook."""

    @extend_schema(operation_id="rotate_alert_channel", parameters=[PROJECT], request=None, responses=AddedChannel)
    def post(self, request: Request, channel_id: int) -> Response:
        """Sign its messages with a new secret from now on; it is answered this once."""
        access = _owner(request)
        found = _channel(access, channel_id)
        channels.rotate_secret(found)
        return _with_secret(access, found, status.HTTP_200_OK)


def channel_as_json(access: Access, channel: Channel) -> dict[str, Any]:
    """A channel as the API answers it."""
    names = ("id", "name", "kind", "last_sent_at", "last_error", "created_at")
    place = channels.place(channel) if access.is_owner else None
    return {**{name: getattr(channel, name) for name in names}, "place": place}


def _with_secret(access: Access, channel: Channel, code: int) -> Response:
    told = {**channel_as_json(access, channel), "signing_secret": channel.signing_secret}
    return Response(told, status=code, headers=_NO_STORE)


def _owner(request: Request) -> Access:
    access = access_of(request)
    require_owner(access)
    return access


def _channel(access: Access, channel_id: int) -> Channel:
    found = Channel.objects.filter(project=access.project, pk=channel_id).select_related("project").first()
    if found is None:
        raise NotFound(f"there is no channel {channel_id} in {access.project.slug}")
    return found
