"""Messages to channels: sent at least once, tried again, and never to a place inside the own network unasked."""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.core.mail import EmailMessage

from analytics.alerts import targets, words
from backend.alerts.models import Alert, Channel, Delivery
from backend.errors import BadRequest

log = logging.getLogger(__name__)

_AGAIN: Final = tuple(timedelta(minutes=one) for one in (1, 5, 30, 120, 360))
"""Waits between attempts; after the last the message has failed."""
_CLAIM: Final = timedelta(minutes=2)
"""How long an attempt may take before another worker may try."""
_AT_ONCE: Final = 50


def is_due(now: datetime) -> bool:
    """Whether any message waits."""
    return Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now).exists()


def put(alert: Alert, event: Delivery.Event, now: datetime) -> None:
    """Have all channels of an alert's rule told of it."""
    channels = list(alert.rule.channels.all())
    Delivery.objects.bulk_create(
        [Delivery(alert=alert, channel=channel, event=event, next_at=now) for channel in channels]
    )
    Alert.objects.filter(pk=alert.pk).update(notified_at=now)


def deliver(now: datetime) -> dict[str, int]:
    """Send what is due; each message is claimed first, so that two workers do not send the same one."""
    counts = {"sent": 0, "waiting": 0, "failed": 0}
    due = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now)
    for one in due.select_related("alert__rule__project", "alert__emerging", "channel")[:_AT_ONCE]:
        claim = Delivery.objects.filter(pk=one.pk, state=Delivery.State.WAITING, attempts=one.attempts)
        if claim.update(attempts=one.attempts + 1, next_at=now + _CLAIM):
            one.attempts += 1
            counts[_attempt(one, now)] += 1
    return counts


def _attempt(one: Delivery, now: datetime) -> str:
    try:
        send(one.channel, one.alert, one.event)
    except (BadRequest, OSError, targets.Refused) as fault:
        error = str(fault)[:500]
        is_last = one.attempts > len(_AGAIN) or isinstance(fault, BadRequest)
        state = Delivery.State.FAILED if is_last else Delivery.State.WAITING
        later = now + _AGAIN[min(one.attempts, len(_AGAIN)) - 1]
        Delivery.objects.filter(pk=one.pk).update(state=state, error=error, next_at=later)
        Channel.objects.filter(pk=one.channel_id).update(last_error=error)
        log.warning(
            "message %s to channel %s did not arrive (attempt %s): %s", one.pk, one.channel_id, one.attempts, error
        )
        return state.value
    Delivery.objects.filter(pk=one.pk).update(state=Delivery.State.SENT, sent_at=now, error="")
    Channel.objects.filter(pk=one.channel_id).update(last_sent_at=now, last_error="")
    return Delivery.State.SENT.value


def send(channel: Channel, alert: Alert, event: str) -> None:
    """Send one message now.

    Raises:
        BadRequest: the channel's address can never work.
        targets.Refused: the other side did not take it.
        OSError: it could not be reached.
    """
    heading, account, link = words.heading(alert, event), words.account(alert), words.address(alert)
    if channel.kind == Channel.Kind.EMAIL:
        _mail(channel.target, heading, f"{account}\n\n{link}\n")
    elif channel.kind == Channel.Kind.SLACK:
        # Slack's own escapes; a name from a trace must not become a link or call everyone.
        text = f"*{_slack(heading)}*\n{_slack(account)}\n<{link}|Open in Assay>"
        targets.post(channel.target, msgspec.json.encode({"text": text}), {})
    else:
        _webhook(channel, _body(alert, event))


def send_test(channel: Channel) -> None:
    """Send a message that says it is a test; raises as `send` does."""
    heading = f"[{channel.project.name}] Test message from Assay"
    text = f"Channel “{channel.name}” works. Alerts of the rules that name it will come here."
    if channel.kind == Channel.Kind.EMAIL:
        _mail(channel.target, heading, text + "\n")
    elif channel.kind == Channel.Kind.SLACK:
        targets.post(channel.target, msgspec.json.encode({"text": f"*{_slack(heading)}*\n{_slack(text)}"}), {})
    else:
        _webhook(channel, {"type": "test", "project": channel.project.slug, "title": heading, "text": text})


def _body(alert: Alert, event: str) -> dict[str, object]:
    rule = alert.rule
    return {
        "type": f"alert.{event}",
        "project": rule.project.slug,
        "alert_id": alert.pk,
        "rule": {"id": rule.pk, "name": rule.name, "metric": rule.metric, "target": rule.target},
        "kind": alert.kind,
        "emerging_topic": alert.emerging and {"id": alert.emerging.pk, "name": alert.emerging.name},
        "title": words.title(alert),
        "text": words.account(alert),
        "started_at": alert.started_at.isoformat(),
        "ended_at": alert.ended_at.isoformat() if alert.ended_at else None,
        "observed": _number(alert.observed),
        "expected": _number(alert.expected),
        "strength": alert.strength,
        "url": words.address(alert),
    }


def _number(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124 - JSON has no nan


def _webhook(channel: Channel, body: dict[str, object]) -> None:
    data = msgspec.json.encode(body)
    signature = hmac.new(channel.signing_secret.encode(), data, hashlib.sha256).hexdigest()
    targets.post(channel.target, data, {"X-Assay-Signature": f"sha256={signature}"})


def _mail(to: str, subject: str, text: str) -> None:
    one_line = " ".join(subject.split())[:200]
    try:
        EmailMessage(one_line, text, to=[to]).send()
    except OSError as fault:  # smtplib's errors are OSErrors
        raise targets.Refused(f"the mail server: {fault}") from fault


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
