"""What is counted of what comes in; known before Django is set up, as the face for SDKs needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db.models import TextChoices


class Outcome(TextChoices):
    """What became of it."""

    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Left out of accepted requests"
    REFUSED = "refused", "Refused requests"
    REPEATED = "repeated", "Accepted again"
    SPOOLED = "spooled", "Accepted while ClickHouse was away"


SPANS: Final = "spans"
SCORES: Final = "scores"
MESSAGES: Final = "messages about spans"
OTHERS: Final = "metrics and events"
"""What is accepted: reasons of that outcome. Messages tell of a span piece by piece, and count towards no limit, as the
span does; others are counted, not stored."""

RATE_LIMIT: Final = "rate_limit"
DAILY_QUOTA: Final = "daily_quota"
LIMITED: Final = (RATE_LIMIT, DAILY_QUOTA)
"""Reasons of refusal that mean: more than the key may send."""


class Counted(NamedTuple):
    """What is counted: one kind, of one key, on one day."""

    key_id: int
    day: date
    outcome: str
    reason: str


@dataclass(slots=True)
class Addition:
    """How much more there is of it.

    Attributes:
        count: how many.
        last_at: when the last one came.
        last_message: what the client was told of it.
    """

    count: int
    last_at: datetime
    last_message: str = ""
