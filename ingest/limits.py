"""How much a key may send: spans a minute and spans a day, each where its owners set it.

A rate is a token bucket that may be overdrawn: a request passes where anything is left, what it held is taken
afterwards, and the next ones wait until that is paid back. So a request is refused before it is read, none is too large
for a small limit, and over time no more passes than the limit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from backend.arrivals.counted import DAILY_QUOTA, RATE_LIMIT
from backend.errors import TooMany
from ingest.keys import Sender

_MOST_KEYS = 10_000
_ROUNDING = 1e-6
"""What sums of fractions of a span may lack of a whole one after the wait that a client was told."""


class RateUsedUp(TooMany):
    """More came in a minute than the key may send."""

    code = RATE_LIMIT


class QuotaUsedUp(TooMany):
    """More came in a day than the key may send."""

    code = DAILY_QUOTA


class Rates:
    """What each key has left of its spans a minute; full after a minute without any."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with every bucket full.

        Args:
            now: seconds that only grow.
        """
        self._now = now
        self._left: dict[int, tuple[float, float]] = {}

    def check(self, sender: Sender) -> None:
        """Let a request pass, and take one span for it.

        Raises:
            RateUsedUp: nothing is left; with the seconds after which something is.
        """
        limit = sender.spans_per_minute
        if limit is None:
            return
        left = self._refilled(sender.key_id, limit)
        if left < 1 - _ROUNDING:
            wait_s = max(1, math.ceil((1 - left) * 60 / limit))
            fault = RateUsedUp(
                f"key {sender.public_key} has sent more than {limit:,} spans a minute"
                f" (`spans_per_minute` of this key, in project settings); send again in {wait_s} s"
            )
            fault.retry_after_s = wait_s
            raise fault
        self._put(sender.key_id, left - 1)

    def charge(self, sender: Sender, spans: int) -> None:
        """Take what a request held, beyond the one span that was taken when it passed."""
        limit = sender.spans_per_minute
        if limit is not None and spans > 1:
            self._put(sender.key_id, self._refilled(sender.key_id, limit) - (spans - 1))

    def _refilled(self, key_id: int, limit: int) -> float:
        now = self._now()
        left, at = self._left.get(key_id, (float(limit), now))
        return min(float(limit), left + (now - at) * limit / 60)

    def _put(self, key_id: int, left: float) -> None:
        if len(self._left) >= _MOST_KEYS and key_id not in self._left:
            self._left.clear()
        self._left[key_id] = (left, self._now())


def check_quota(sender: Sender, used: int, now: datetime | None = None) -> None:
    """Let a request pass where anything is left of the day (UTC); the one that crosses the quota is taken whole.

    Args:
        sender: whose key it is.
        used: spans that were accepted with it today.
        now: the moment, if not this one.

    Raises:
        QuotaUsedUp: nothing is left; with the seconds until the next day.
    """
    limit = sender.spans_per_day
    if limit is None or used < limit:
        return
    now = now or datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    wait_s = math.ceil((midnight - now).total_seconds())
    fault = QuotaUsedUp(
        f"key {sender.public_key} has sent {used:,} spans today and may send {limit:,} (`spans_per_day` of this key, in"
        f" project settings); send again after 00:00 UTC, in {wait_s} s"
    )
    fault.retry_after_s = wait_s
    raise fault
