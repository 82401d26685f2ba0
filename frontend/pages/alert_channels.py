"""Places that alerts are sent to; owners decide, as what leaves the house is their business."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from analytics.alerts import channels
from backend.alerts.models import Channel
from backend.errors import BadRequest, NotFound
from backend.projects.access import Access
from frontend.guard import owner_page


@require_POST
@owner_page
def add_channel(request: HttpRequest, access: Access) -> HttpResponse:
    """Add a webhook, a chat or a mail address."""
    kind, target = request.POST.get("kind", ""), request.POST.get("target", "").strip()
    if kind not in Channel.Kind.values:
        raise BadRequest(f"kind is {kind[:20]!r}; it must be webhook, slack or email")
    name = request.POST.get("name", "").replace("\x00", "").strip()[: channels.LONGEST_NAME]
    name = channels.add(access.project, kind, name, target).name
    messages.success(request, f"“{name}” can be chosen by rules now. Send it a test message.")
    return redirect("alerts", access.project.slug)


@require_POST
@owner_page
def test_channel(request: HttpRequest, access: Access, channel_id: int) -> HttpResponse:
    """Send a test message at once and say what came of it."""
    channel = _channel_of(access, channel_id)
    if error := channels.try_out(channel):
        messages.error(request, f"It did not arrive: {error}.")
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
