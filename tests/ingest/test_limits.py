"""Limits of keys: over time no more passes than was set, and each refusal says when to come again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.keys import Sender
from ingest.limits import QuotaUsedUp, Rates, RateUsedUp, check_quota


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _sender(key_id: int = 1, minute: int | None = None, day: int | None = None) -> Sender:
    return Sender(1, key_id, f"pk-{key_id}", spans_per_minute=minute, spans_per_day=day)


def _send(rates: Rates, sender: Sender, spans: int) -> int:
    """Seconds to wait; 0 where it passed."""
    try:
        rates.check(sender)
    except RateUsedUp as fault:
        return fault.retry_after_s
    rates.charge(sender, spans)
    return 0


def test_a_key_without_a_limit_is_never_refused() -> None:
    """Whatever it sends."""
    rates = Rates(_Clock())
    assert all(_send(rates, _sender(), 10**9) == 0 for _ in range(10))


def test_a_minutes_worth_passes_at_once_and_the_rest_as_it_is_refilled() -> None:
    """60 a minute: after a burst of 60, one a second."""
    clock = _Clock()
    rates, sender = Rates(clock), _sender(minute=60)
    assert [_send(rates, sender, 1) for _ in range(60)] == [0] * 60
    assert _send(rates, sender, 1) == 1
    clock.now += 1
    assert _send(rates, sender, 1) == 0
    assert _send(rates, sender, 1) == 1


def test_a_request_larger_than_the_limit_passes_and_is_paid_back() -> None:
    """Else it could never be sent; 300 spans at 60 a minute are four minutes of debt."""
    clock = _Clock()
    rates, sender = Rates(clock), _sender(minute=60)
    assert _send(rates, sender, 300) == 0
    wait_s = _send(rates, sender, 1)
    assert 240 <= wait_s <= 242
    clock.now += wait_s - 2
    assert _send(rates, sender, 1) > 0
    clock.now += 2
    assert _send(rates, sender, 1) == 0


def test_keys_do_not_use_up_each_others_limits() -> None:
    """Each has a bucket of its own."""
    rates = Rates(_Clock())
    assert _send(rates, _sender(1, minute=10), 100) == 0
    assert _send(rates, _sender(1, minute=10), 1) > 0
    assert _send(rates, _sender(2, minute=10), 1) == 0


def test_a_refusal_names_the_key_and_the_limit() -> None:
    """Whoever reads a client's log knows what to change and where."""
    rates, sender = Rates(_Clock()), _sender(minute=10)
    _send(rates, sender, 100)
    with pytest.raises(
        RateUsedUp, match=r"key pk-1 .* 10 spans a minute \(`spans_per_minute` .*again in 546 s"
    ) as told:
        rates.check(sender)
    assert (told.value.status, told.value.code, told.value.retry_after_s) == (429, "rate_limit", 546)


@example([(0, 1), (0, 170), (0, 333), (0, 5), (0, 395), (0, 443), (0, 500), (0, 1)], 77)  # sums to just below 1
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 500)), max_size=60), st.integers(1, 1000))
def test_over_time_no_more_passes_than_the_limit(steps: list[tuple[int, int]], limit: int) -> None:
    """A burst of one minute, the minutes that went by, and at most one request beyond; told waits are long enough."""
    clock = _Clock()
    rates, sender, passed, largest = Rates(clock), _sender(minute=limit), 0, 0
    for pause_s, spans in steps:
        clock.now += pause_s
        wait_s = _send(rates, sender, spans)
        if wait_s:
            clock.now += wait_s
            assert _send(rates, sender, spans) == 0
        passed, largest = passed + spans, max(largest, spans)
    assert passed <= limit + (clock.now - 1000) / 60 * limit + largest + 1e-6


def test_the_quota_ends_at_midnight() -> None:
    """The request that crosses it is taken; the next is told the seconds until 00:00 UTC."""
    now = datetime(2026, 11, 28, 23, 0, 30, tzinfo=UTC)
    sender = _sender(day=100)
    check_quota(sender, 99, now)
    with pytest.raises(QuotaUsedUp, match=r"130 spans today and may send 100 \(`spans_per_day`") as told:
        check_quota(sender, 130, now)
    assert (told.value.code, told.value.retry_after_s) == ("daily_quota", 59 * 60 + 30)
    check_quota(_sender(), 10**12, now)
