"""What came in, read by day and by reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from backend.arrivals.counted import LIMITED, MESSAGES, OTHERS, SCORES, SPANS, Addition, Counted, Outcome
from backend.arrivals.counting import add_counts
from backend.arrivals.days import ArrivalDay, arrivals_since
from backend.projects.models import ApiKey
from tests.conftest import Cast

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = NOON.date()


@pytest.fixture
def key(cast: Cast) -> ApiKey:
    """The cast's key."""
    return ApiKey.objects.get(public_key=cast.public_key)


def _add(key: ApiKey, outcome: str, reason: str, count: int, day: date = DAY, message: str = "") -> None:
    at = NOON + timedelta(days=(day - DAY).days, seconds=count)
    add_counts({Counted(key.pk, day, outcome, reason): Addition(count, at, message)})


def test_days_add_up_over_keys_newest_first(cast: Cast, key: ApiKey) -> None:
    """Each kind and outcome has its column; days on which nothing came are left out, other projects are too."""
    second, _ = ApiKey.objects.mint(cast.project)
    foreign, _ = ApiKey.objects.mint(cast.stranger.memberships.get().project)
    for reason, count in ((SPANS, 1), (SCORES, 2), (MESSAGES, 3), (OTHERS, 4)):
        _add(key, Outcome.ACCEPTED, reason, count)
    _add(second, Outcome.ACCEPTED, SPANS, 10)
    _add(foreign, Outcome.ACCEPTED, SPANS, 100)
    _add(key, Outcome.REPEATED, SPANS, 5)
    _add(key, Outcome.SPOOLED, "away", 6)
    _add(key, Outcome.REJECTED, "a", 7)
    _add(key, Outcome.REJECTED, "b", 1)
    _add(key, Outcome.REFUSED, "too_large", 9)
    _add(key, Outcome.ACCEPTED, SPANS, 20, DAY - timedelta(days=3))
    _add(key, Outcome.ACCEPTED, SPANS, 30, DAY - timedelta(days=14))
    found = arrivals_since(cast.project.pk, DAY - timedelta(days=13))
    assert found.days == (
        ArrivalDay(DAY, spans=11, scores=2, messages=3, others=4, repeated=5, spooled=6, rejected=8, refused=9),
        ArrivalDay(DAY - timedelta(days=3), spans=20),
    )
    assert found.newest == found.days[0]
    assert found.last_accepted_at == NOON + timedelta(seconds=10)


def test_reasons_name_what_was_said_last_and_whose_keys(cast: Cast, key: ApiKey) -> None:
    """The latest first, over days and keys."""
    second, _ = ApiKey.objects.mint(cast.project)
    _add(key, Outcome.REFUSED, LIMITED[0], 2, DAY - timedelta(days=1), "yesterday")
    _add(second, Outcome.REFUSED, LIMITED[0], 3, message="today")
    _add(key, Outcome.REJECTED, "with a missing span id", 50)
    first, last = arrivals_since(cast.project.pk, DAY - timedelta(days=5)).reasons
    assert (first.outcome, first.reason, first.count) == ("rejected", "with a missing span id", 50)
    assert (last.reason, last.count, last.last_message) == ("rate_limit", 5, "today")
    assert set(last.keys) == {key.public_key, second.public_key}


def test_a_project_to_which_nothing_came(cast: Cast) -> None:
    """Nothing is nothing, no error."""
    found = arrivals_since(cast.project.pk, DAY)
    assert (found.days, found.reasons, found.last_accepted_at, found.newest) == ((), (), None, None)


def test_metrics_alone_are_not_something_that_shows(cast: Cast, key: ApiKey) -> None:
    """They are accepted and not stored."""
    _add(key, Outcome.ACCEPTED, OTHERS, 4)
    assert arrivals_since(cast.project.pk, DAY).last_accepted_at is None
