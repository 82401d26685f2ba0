"""What is done with channels: pages and the API do it alike."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from analytics.alerts import deliver, targets
from backend.alerts.models import Channel
from backend.errors import BadRequest
from backend.projects.models import Project

MOST: Final = 20
"""Channels of one project."""
LONGEST_NAME: Final = 120
LONGEST_TARGET: Final = 2000


@transaction.atomic
def add(project: Project, kind: str, name: str, target: str) -> Channel:
    """Add a webhook, a chat or a mail address; a webhook gets a secret that its messages are signed with.

    Args:
        project: that may choose it from then on.
        kind: of ``Channel.Kind``.
        name: its kind where empty.
        target: address.

    Raises:
        BadRequest: the address cannot work, or the project has as many as it may have.
    """
    if Channel.objects.filter(project=project).count() >= MOST:
        raise BadRequest(f"a project has at most {MOST} channels")
    check_target(kind, target)
    secret = _new_secret() if kind == Channel.Kind.WEBHOOK else ""
    named = name or Channel.Kind(kind).label
    return Channel.objects.create(project=project, name=named, kind=kind, target=target, signing_secret=secret)


def change(channel: Channel, name: str | None, target: str | None) -> None:
    """Name it anew, or have it speak to another address of its kind; None stays.

    Raises:
        BadRequest: the address cannot work.
    """
    if name is not None:
        channel.name = name or Channel.Kind(channel.kind).label
    if target is not None and target != channel.target:
        check_target(channel.kind, target)
        channel.target, channel.last_error = target, ""
    channel.save(update_fields=["name", "target", "last_error"])


def rotate_secret(channel: Channel) -> str:
    """Sign the messages of a webhook with a new secret from now on, and give it.

    Raises:
        BadRequest: it is no webhook; others are not signed.
    """
    if channel.kind != Channel.Kind.WEBHOOK:
        raise BadRequest("only messages to a webhook are signed; this channel has no secret")
    channel.signing_secret = _new_secret()
    channel.save(update_fields=["signing_secret"])
    return channel.signing_secret


def try_out(channel: Channel) -> str:
    """Send a test message at once; why it did not arrive, empty where it did."""
    try:
        deliver.send_test(channel)
    except (BadRequest, targets.Refused, OSError) as fault:
        return str(fault) or type(fault).__name__
    return ""


def check_target(kind: str, target: str) -> None:
    """Look at an address before anything is sent there.

    Raises:
        BadRequest: it cannot work, with the reason.
    """
    if len(target) > LONGEST_TARGET:
        raise BadRequest(f"the address is longer than {LONGEST_TARGET} characters")
    if not target.isprintable():
        raise BadRequest("the address holds characters that cannot be printed")
    if kind != Channel.Kind.EMAIL:
        targets.check(target)
        return
    try:
        validate_email(target)
    except ValidationError:
        raise BadRequest(f"{target[:80]!r} is no e-mail address") from None


def place(channel: Channel) -> str:
    """Where a channel sends to, without what only its holder may know: a host, or the domain of a mail address."""
    if channel.kind == Channel.Kind.EMAIL:
        return channel.target.rpartition("@")[2]
    return urlsplit(channel.target).hostname or ""


def _new_secret() -> str:
    return secrets.token_urlsafe(32)
