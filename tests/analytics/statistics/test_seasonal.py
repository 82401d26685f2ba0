"""What a series should have shown: near the truth, not taught by incidents, silent where it cannot know."""

import numpy as np
import pytest

from analytics.statistics.seasonal import Series, expected

HOURS = 5 * 168
AT = np.arange(HOURS)
SHAPE = np.exp(0.6 * np.sin(2 * np.pi * (AT % 24) / 24) - 0.5 * (AT // 24 % 7 >= 5))


def counts(mean, seed=0):
    """Poisson counts around a mean."""
    return Series("count", np.random.default_rng(seed).poisson(mean).astype(float), np.zeros(len(mean)), 0)


def test_counts_are_expected_near_their_true_mean():
    """The weekend and the hour of the day are learnt within a few per cent."""
    found = expected(counts(200 * SHAPE))
    last = slice(4 * 168, None)
    assert np.median(np.abs(found.mean[last] / (200 * SHAPE[last]) - 1)) < 0.04
    assert 0.9 < np.nanstd(found.residual[last]) < 1.15


def test_the_band_holds_what_it_says():
    """About 95 in 100 ordinary hours lie in it."""
    series = counts(60 * SHAPE, seed=3)
    found = expected(series)
    last = slice(4 * 168, None)
    inside = (series.values[last] >= found.low[last]) & (series.values[last] <= found.high[last])
    assert 0.9 < inside.mean() < 0.99


def test_rates_and_levels_are_expected_too():
    """A rate of 2 % and a latency of two seconds come back as such."""
    dice = np.random.default_rng(1)
    sizes = np.full(HOURS, 400.0)
    rate = expected(Series("rate", dice.binomial(400, 0.02, HOURS).astype(float), sizes, 0))
    level = expected(Series("level", 2 * np.exp(dice.normal(0, 0.1, HOURS)), sizes, 0))
    assert np.nanmedian(rate.mean) == pytest.approx(0.02, rel=0.1)
    assert np.nanmedian(level.mean) == pytest.approx(2, rel=0.05)
    assert np.nanmedian(level.high / level.mean) == pytest.approx(np.exp(1.96 * 0.1), rel=0.1)


def test_a_day_of_incident_does_not_become_the_baseline():
    """Ten times the traffic for a day moves the expectation of the next week by little."""
    mean = 100 * SHAPE
    hit = mean.copy()
    hit[4 * 168 - 48 : 4 * 168 - 24] *= 10
    calm, after = expected(counts(mean)), expected(counts(hit))
    last = slice(4 * 168, None)
    assert np.median(after.mean[last] / calm.mean[last]) < 1.15


def test_nothing_is_expected_before_a_week_was_seen():
    """And later hours never change what was expected of earlier ones."""
    series = counts(50 * SHAPE)
    whole = expected(series)
    assert np.isnan(whole.mean[: 7 * 24]).all()
    assert np.isfinite(whole.mean[7 * 24 :]).all()
    cut = expected(Series("count", series.values[: 3 * 168], series.sizes[: 3 * 168], 0))
    assert np.allclose(cut.mean[7 * 24 :], whole.mean[7 * 24 : 3 * 168])


def test_empty_hours_of_a_rate_say_nothing():
    """Without a turn there is no rate, and no surprise."""
    sizes = np.where(AT % 24 < 6, 0.0, 100.0)
    values = np.where(sizes > 0, 3.0, 0.0)
    found = expected(Series("rate", values, sizes, 0))
    assert np.isnan(found.residual[sizes == 0]).all()
    assert np.isfinite(found.residual[(sizes > 0) & (AT >= 11 * 24)]).all()


@pytest.mark.parametrize("values", [np.zeros(HOURS), np.full(HOURS, 1e9), np.full(HOURS, np.nan)])
def test_odd_series_are_survived(values):
    """Nothing at all, far too much, and no data."""
    for family in ("count", "level"):
        found = expected(Series(family, np.nan_to_num(values) if family == "count" else values, np.ones(HOURS), 0))
        assert len(found.mean) == HOURS
        assert np.nanmax(np.abs(np.nan_to_num(found.residual))) <= 8
