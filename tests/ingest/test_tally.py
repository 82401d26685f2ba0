"""Counts of what came in: added up in memory and in the database, by key, day and reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from backend.arrivals import counting
from backend.arrivals.models import Arrival, accepted_on
from backend.projects.models import ApiKey
from ingest.keys import Sender
from ingest.tally import Tally
from tests.conftest import Cast

TODAY = datetime.now(UTC).date()


@pytest.fixture
def sender(cast: Cast) -> Sender:
    """Who sends with the cast's key, with a quota."""
    key = ApiKey.objects.get(public_key=cast.public_key)
    return Sender(cast.project.pk, key.pk, key.public_key, spans_per_day=1000, used=(TODAY, 0))


def _counts() -> dict[tuple[str, str], int]:
    return {(one.outcome, one.reason): one.count for one in Arrival.objects.all()}


def test_what_is_counted_adds_up(cast: Cast, sender: Sender) -> None:
    """Over flushes and over processes, by outcome and reason."""
    first, second = Tally(), Tally()
    for tally in (first, second, first):
        tally.accepted(sender, "spans", 3)
        tally.accepted(sender, "scores", 0)
        tally.rejected(sender, "with a missing span id", 2)
        tally.refused(sender, "too_large", "body is 30 MiB")
        tally.flush()
    assert _counts() == {
        ("accepted", "spans"): 9,
        ("rejected", "with a missing span id"): 6,
        ("refused", "too_large"): 3,
    }
    found = Arrival.objects.get(outcome="refused")
    assert (found.project, found.day, found.last_message) == (cast.project, TODAY, "body is 30 MiB")


def test_what_a_quota_has_used_is_known_at_once_and_from_other_processes(sender: Sender) -> None:
    """Of this process without a flush, of the others with the next one; only what was accepted counts."""
    mine, other = Tally(), Tally()
    assert mine.used(sender) == 0
    mine.accepted(sender, "spans", 5)
    mine.accepted(sender, "scores", 1)
    mine.rejected(sender, "bad", 7)
    assert mine.used(sender) == 6
    other.accepted(sender, "spans", 10)
    other.flush()
    assert mine.used(sender) == 6
    mine.flush()
    assert mine.used(sender) == accepted_on(sender.key_id, TODAY) == 16
    restarted = Tally()
    assert restarted.used(replace(sender, used=(TODAY, 16))) == 16


def test_yesterdays_use_does_not_count_today(sender: Sender) -> None:
    """The key may have been looked up before midnight."""
    assert Tally().used(replace(sender, used=(TODAY - timedelta(days=1), 500))) == 0


def test_what_came_before_a_quota_was_set_counts(sender: Sender) -> None:
    """Also what is not in the database yet."""
    tally = Tally()
    tally.accepted(sender, "spans", 5)
    assert tally.used(replace(sender, used=(TODAY, 20))) == 25


def test_counts_wait_for_a_database_that_is_away(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """And none is lost or doubled."""
    tally = Tally()
    tally.accepted(sender, "spans", 2)

    def away(*_: object) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as broken:
        broken.setattr(counting, "add_counts", away)
        tally.flush()
        tally.accepted(sender, "spans", 3)
        tally.flush()
    assert _counts() == {}
    tally.flush()
    tally.flush()
    assert _counts() == {("accepted", "spans"): 5}


def test_a_key_that_is_gone_stops_no_count(cast: Cast, sender: Sender) -> None:
    """Its project may have been deleted with it a moment ago."""
    tally = Tally()
    tally.accepted(replace(sender, key_id=10**6), "spans", 2)
    tally.accepted(sender, "spans", 3)
    tally.flush()
    assert _counts() == {("accepted", "spans"): 3}


def test_long_and_strange_messages_are_kept_in_part(sender: Sender) -> None:
    """They may hold what a client sent."""
    tally = Tally()
    tally.refused(sender, "bad_request", "a\x00" + "b" * 1000)
    tally.flush()
    assert Arrival.objects.get().last_message == "a" + "b" * 499
