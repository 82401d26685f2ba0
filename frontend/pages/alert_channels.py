"""Places that alerts are sent to; owners decide, as what leaves the house is their business."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from analytics.alerts import deliver, targets
from backend.alerts.models import Channel
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from frontend.guard import owner_page

_MOST = 20


@require_POST
@owner_page
def add_channel(request: HttpRequest, access: Access) -> HttpResponse:
    """Add a webhook, a chat or a mail address."""
    kind, target = request.POST.get("kind", ""), request.POST.get("target", "").strip()
    if kind not in Channel.Kind.values:
        raise BadRequest(f"kind is {kind[:20]!r}; it must be webhook, slack or email")
    if Channel.objects.filter(project=access.project).count() >= _MOST:
        raise BadRequest(f"a project has at most {_MOST} channels")
    if len(target) > 2000:
        raise BadRequest("the address is longer than 2000 characters")
    if kind == Channel.Kind.EMAIL:
        try:
            validate_email(target)
        except ValidationError:
            raise BadRequest(f"{target[:80]!r} is no e-mail address") from None
    else:
        targets.check(target)
    name = request.POST.get("name", "").replace("\x00", "").strip()[:120] or Channel.Kind(kind).label
    secret = secrets.token_urlsafe(32) if kind == Channel.Kind.WEBHOOK else ""
    Channel.objects.create(project=access.project, name=name, kind=kind, target=target, signing_secret=secret)
    messages.success(request, f"“{name}” can be chosen by rules now. Send it a test message.")
    return redirect("alerts", access.project.slug)


@require_POST
@owner_page
def test_channel(request: HttpRequest, access: Access, channel_id: int) -> HttpResponse:
    """Send a test message at once and say what came of it."""
    channel = _channel_of(access, channel_id)
    try:
        deliver.send_test(channel)
    except (BadRequest, targets.Refused, OSError) as fault:
        messages.error(request, f"It did not arrive: {fault}.")
    else:
        messages.success(request, f"“{channel.name}” took the test message.")
    return redirect("alerts", access.project.slug)


@require_POST
@owner_page
def remove_channel(request: HttpRequest, access: Access, channel_id: int) -> HttpResponse:
    """Take a channel away; what still waited for it is not sent."""
    channel = _channel_of(access, channel_id)
    channel.delete()
    messages.success(request, f"Nothing is sent to “{channel.name}” any more.")
    return redirect("alerts", access.project.slug)


def _channel_of(access: Access, channel_id: int) -> Channel:
    found = Channel.objects.filter(project=access.project, pk=channel_id).select_related("project").first()
    if found is None:
        raise NotFound("there is no such channel")
    return found
