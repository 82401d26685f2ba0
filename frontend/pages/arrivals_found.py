"""What keeps a trace from being seen, in sentences, gravest first, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone

from analytics.questions.newest import NewTrace
from backend.arrivals.counted import Outcome
from backend.arrivals.days import ArrivalReason, Arrivals
from backend.store.spool import Waiting
from frontend.templatetags.figures import counted, filesize
from ingest.redaction.redacting import FAILED

ADVICE: Final = {
    "key_ended": (
        "came with a key that was revoked or has ended",
        "Send with a key that is good; Settings lists them.",
    ),
    "key_scope": ("came with a key that may not send", "Send with a key that may; Settings makes one."),
    "rate_limit": (
        "were more than the key’s spans a minute",
        "Send less at once, or raise the limit on the key’s page.",
    ),
    "daily_quota": ("came after the key’s spans of the day were used up", "Raise the quota on the key’s page."),
    "too_many": ("came while too much waited in memory", "SDKs send these again by themselves; send smaller batches."),
    "policy_unread": (
        "came while the project’s policy could not be read",
        "Set what may be stored again in Settings, Privacy; SDKs send these again.",
    ),
    "store_away": ("came while nothing could be stored", "SDKs send these again; look at ClickHouse and the disk."),
    "attachments_away": ("had attachments that could not be kept", "Free disk space, or bring their bucket back."),
    "spool_full": ("came while the disk took no more", "Bring ClickHouse back, or raise ASSAY_SPOOL_LIMIT_MIB."),
    "store": ("held what ClickHouse refuses", "The web server’s log says what."),
    "too_large": ("were larger than a request may be", "Send smaller batches, or raise ASSAY_INGEST_BODY_LIMIT_MIB."),
    "not_redacted": (
        "held what could not be redacted before storage",
        "Nothing of them was stored; the web server’s log names the error. Settings tells what the policy is.",
    ),
    "bad_request": ("could not be read", "The message says what and where; look at the client’s exporter."),
    "unsupported_media": ("had a content type or encoding that is not read", "Choose http/protobuf in the client."),
    "broken_off": (
        "ended before their message was here (gRPC)",
        "Send smaller batches, or raise ASSAY_INGEST_BODY_LIMIT_MIB; else look at the client’s timeout.",
    ),
    "disconnected": ("were cut off before they were whole", "Look at the client’s timeout and at proxies between."),
    "internal": ("made the server fail", "The web server’s log says why; SDKs do not send these again."),
}
"""By code of the refusal: what happened to the requests, and what to do."""

_OTHER = ("were refused", "The message says why.")
_SHOWN = 4
_GRAVEST = ("error", "warn", "info", "ok")
_LONG_ON_DISK = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at.

    Attributes:
        slug: of the project.
        is_owner: whether the asker may make keys.
        endpoint: where SDKs send to.
        keys: how many are good.
        last_used_at: when any key was used last.
        found: what came in in the last days.
        today: the day it is (UTC).
        store_is_up: whether ClickHouse answers.
        waiting: what is on disk and not stored yet.
        newest: the trace that was stored last, of the last days.
        left_out: traces of the last days whose spans sampling left out.
    """

    slug: str
    is_owner: bool
    endpoint: str
    keys: int
    last_used_at: datetime | None
    found: Arrivals
    today: date
    store_is_up: bool
    waiting: Waiting
    newest: NewTrace | None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so, with a moment and a link where they help.

    Attributes:
        tone: error, warn, info or ok.
        text: the sentence, without the moment and the full stop that end it.
        advice: what to do.
        at: when it was last so.
    """

    tone: str
    text: str
    advice: str = ""
    href: str = ""
    link: str = ""
    at: datetime | None = None


def findings(looked: Looked) -> list[Finding]:
    """What there is to say: about the store, keys, refusals of today, and what was stored last."""
    found = [*_of_the_store(looked), *_of_keys(looked), *_of_refusals(looked), *_of_what_is_stored(looked)]
    return sorted(found, key=lambda one: _GRAVEST.index(one.tone))


def advice_on(one: ArrivalReason) -> tuple[str, str]:
    """What happened to what was not taken, and what to do."""
    if one.reason == FAILED:
        return FAILED, "The rest of their requests was taken; the web server’s log names the error."
    if one.outcome == Outcome.REJECTED:
        return one.reason, "The rest of their requests was taken; look at what the client sends."
    return ADVICE.get(one.reason, _OTHER)


def _of_the_store(looked: Looked) -> Iterator[Finding]:
    on_disk = f"{filesize(looked.waiting.size_bytes)} of all projects wait on disk"
    if not looked.store_is_up:
        yield Finding(
            "error", f"ClickHouse does not answer; {on_disk}", "Nothing is lost: it shows once ClickHouse is back."
        )
    elif looked.waiting.since is not None and timezone.now() - looked.waiting.since > _LONG_ON_DISK:
        yield Finding(
            "warn", f"{on_disk} and are being stored, the oldest from", "They show soon.", at=looked.waiting.since
        )


def _of_keys(looked: Looked) -> Iterator[Finding]:
    settings, setup = reverse("settings", args=[looked.slug]), reverse("setup", args=[looked.slug])
    if not looked.keys:
        advice = "Make one in Settings." if looked.is_owner else "Ask an owner to make one."
        yield Finding("error", "No key of this project is good, so nothing can be sent", advice, settings, "Settings")
    elif looked.last_used_at is None:
        yield Finding(
            "warn",
            "No request with a key of this project ever came",
            "What comes without a key, or with an unknown one, is answered with 401 and belongs to no project:"
            f" look at the client’s log, and whether it sends to {looked.endpoint}.",
            setup,
            "Set up",
        )
    else:
        yield Finding("info", "A key of this project was last used", at=looked.last_used_at)


def _of_refusals(looked: Looked) -> Iterator[Finding]:
    latest = [one for one in looked.found.reasons if one.last_at.date() == looked.today]
    for one in latest[:_SHOWN]:
        happened, advice = advice_on(one)
        if one.outcome == Outcome.REJECTED:
            yield Finding(
                "warn", f"Left out of accepted requests: {one.count:,} {happened}, last", advice, at=one.last_at
            )
        else:
            yield Finding("error", f"{counted(one.count, 'request,requests')} {happened}, last", advice, at=one.last_at)


def _of_what_is_stored(looked: Looked) -> Iterator[Finding]:
    if looked.left_out:
        yield Finding(
            "info",
            f"Sampling left out the spans of {counted(looked.left_out, 'trace,traces')}",
            "Their lines, questions and answers are kept; traces with an error, a flag or a score stay whole.",
            reverse("privacy", args=[looked.slug]),
            "Sampling",
        )
    at = looked.found.last_accepted_at
    if at is None:
        return
    if looked.newest is None:
        if looked.store_is_up:
            yield Finding(
                "info",
                "No trace is stored yet of what was accepted",
                "Scores alone make no trace, spans told in parts take some seconds, and spans from more than 400 days"
                " ago are not looked for here.",
                at=at,
            )
        return
    yield Finding(
        "ok",
        "The last spans were accepted",
        "Not in a list? It shows the chosen time range and environment, by the time at which the trace began.",
        reverse("trace", args=[looked.slug, looked.newest.trace_id]),
        "The trace stored last",
        at,
    )
