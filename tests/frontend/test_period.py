"""The range of a page is in its address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory

from backend.errors import BadRequest
from frontend.period import period_of


def test_a_preset_ends_now() -> None:
    """Last seven days are seven days."""
    period = period_of(RequestFactory().get("/", {"range": "7d"}))
    assert period.end - period.start == timedelta(days=7)
    assert (period.key, period.label) == ("7d", "Last 7 days")
    assert period.previous == (period.start - timedelta(days=7), period.start)


def test_a_custom_range_is_utc_unless_it_says_otherwise() -> None:
    """An address means the same for everyone who opens it."""
    period = period_of(RequestFactory().get("/", {"from": "2026-01-01", "to": "2026-01-02T12:00:00+02:00"}))
    assert period.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert period.end == datetime(2026, 1, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "query",
    [
        {"range": "7y"},
        {"from": "yesterday"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
    ],
)
def test_a_range_that_cannot_be_is_refused(query: dict[str, str]) -> None:
    """With what it must be."""
    with pytest.raises(BadRequest):
        period_of(RequestFactory().get("/", query))
