"""The shop's month: what was live when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ingest.sample.almanac import Almanac

_MONTH = Almanac(date(2026, 11, 24), 30)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(1, 90))
def test_bad_days_lie_within_the_plan(today: date, days: int) -> None:
    """However short the plan, its bad days are days of it."""
    almanac = Almanac(today, days)
    assert almanac.first_day <= almanac.bad_prompt_day <= today
    start, end = almanac.outage
    assert almanac.first_day <= start.date() <= today
    assert timedelta(hours=3) <= end - start <= timedelta(hours=8)


def test_bad_days_are_working_days_apart() -> None:
    """Each has traffic of its own to be seen in."""
    assert _MONTH.bad_prompt_day.weekday() in {1, 2, 3}
    assert _MONTH.bad_prompt_day != _MONTH.outage[0].date()


def test_moments_are_ordered_and_within_the_days() -> None:
    """Conversations start between the first day and today."""
    moments = _MONTH.moments(3_000, Random(1))
    assert moments == sorted(moments)
    assert _MONTH.first_day <= moments[0].date() <= moments[-1].date() <= _MONTH.today


def test_evenings_are_busier_than_nights() -> None:
    """The day has a rhythm that a chart can show."""
    hours = [moment.hour for moment in _MONTH.moments(3_000, Random(1))]
    assert sum(18 <= hour < 22 for hour in hours) > 8 * sum(1 <= hour < 5 for hour in hours)


def test_saturdays_are_slower_than_mondays() -> None:
    """The week has a rhythm too."""
    days = [moment.weekday() for moment in Almanac(date(2026, 11, 24), 28).moments(8_000, Random(1))]
    assert days.count(5) < 0.8 * days.count(0)


def test_releases_and_prompts_move_on() -> None:
    """A month sees several releases and prompt versions, and the bad one for a day in production only."""
    noons = [datetime(2026, 11, 24, 12, tzinfo=UTC) - timedelta(days=age) for age in range(30)]
    assert len({_MONTH.release(noon, "production") for noon in noons}) >= 4
    versions = [_MONTH.prompt_version(noon, "production") for noon in noons]
    assert versions.count("v14") == 1
    assert {"v12", "v13", "v15"} <= set(versions)
    assert "v14" not in {_MONTH.prompt_version(noon, "staging") for noon in noons}


def test_staging_is_one_release_ahead() -> None:
    """What production gets next runs in staging already."""
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert _MONTH.release(noon, "staging") > _MONTH.release(noon, "production")


def test_the_newcomer_grows_from_nothing() -> None:
    """Six days of growth and nothing before."""
    shares = [_MONTH.late_share(datetime(2026, 11, 24, tzinfo=UTC) - timedelta(days=age)) for age in range(30)]
    assert shares[6:] == [0.0] * 24
    assert shares[:6] == sorted(shares[:6], reverse=True)
    assert shares[5] > 0
