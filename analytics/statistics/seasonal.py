"""What an hourly series should have shown: a robust seasonal baseline, refitted day by day on what came before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]

Family: TypeAlias = Literal["count", "rate", "level"]

HOURS_A_WEEK: Final = 168
TRAIN_WEEKS: Final = 4
"""How far back a baseline looks; what is older says little about today."""
LEAST_DAYS: Final = 7
"""Days of history below which nothing is expected: a weekday that was never seen cannot be."""
_SETTLE_DAYS: Final = 14
"""Days of out-of-sample residuals that their spread and memory are estimated on."""
_FLOOR: Final = 1.0
"""Counts never spread less than chance alone makes them."""
_CAP: Final = 8.0
"""Residuals are cut here: what is beyond is as sure as anything, and must not rule the sums alone."""


@dataclass(frozen=True, slots=True)
class Series:
    """An hourly series, without gaps.

    Attributes:
        family: ``count`` of events, ``rate`` (``values`` of ``sizes``), or positive ``level``, say seconds.
        values: float[hours], from the oldest hour to the newest; nan in a level where there was nothing.
        sizes: float[hours], how many each value rests on; of a count it is not looked at.
        first_hour: hour of the week of ``values[0]``, 0 is Monday 00:00 UTC.
    """

    family: Family
    values: Numbers
    sizes: Numbers
    first_hour: int

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Expected:
    """A series held against what the hours before each day let expect; all float[hours], nan where nothing is expected.

    Attributes:
        mean: expected value, in the unit of the series (a rate in 0..1).
        low: lower end of the band that holds 95 % of ordinary hours.
        high: its upper end.
        residual: standardised surprise, about normal (0, 1) on an ordinary hour, in -8..8.
        memory: correlation of residuals of neighbouring hours, 0..0.9.
    """

    mean: Numbers
    low: Numbers
    high: Numbers
    residual: Numbers
    memory: Numbers


def expected(series: Series, first: int = 0) -> Expected:
    """Expect each day of a series from the weeks before it, and nothing from itself.

    A generalised linear model (Poisson, binomial or log-normal) with daily harmonics, weekday, weekend harmonics and
    slope, fitted by iteratively reweighted least squares with Huber weights, so that a past incident does not become
    the baseline. Residuals are mid-p normal quantiles, divided by the robust spread of the last 14 days'
    out-of-sample residuals: overdispersion is measured and not assumed away.

    Args:
        series: at least ``LEAST_DAYS`` days for anything to be expected.
        first: hours before this are expected only as far as spreads need them.

    Source: McCullagh and Nelder (1989), Generalized Linear Models, ch. 5 and 4; Huber (1981) for the weights;
    Dunn and Smyth (1996), J. Comp. Graph. Stat. 5:236, for quantile residuals.
    """
    import numpy as np

    hours = len(series)
    mean = np.full(hours, np.nan)
    start = max(LEAST_DAYS * 24, first - _SETTLE_DAYS * 24)
    coefficients = None
    for day in range(start, hours, 24):
        window = slice(max(0, day - TRAIN_WEEKS * HOURS_A_WEEK), day)
        ahead = slice(day, min(hours, day + 24))
        coefficients = _fit(series, window, coefficients)
        if coefficients is not None:
            design = _design(series.first_hour, np.arange(ahead.start, ahead.stop), window)
            mean[ahead] = _inverse_link(series.family, design @ coefficients)
    excess = _excess(series, mean)
    raw = _surprise(series, mean, excess)
    spread, memory = _spread(series.family, raw)
    low, high = _band(series, mean, excess, spread)
    return Expected(mean, low, high, np.clip(raw / spread, -_CAP, _CAP), memory)


def _design(first_hour: int, at: NDArray[np.int64], window: slice) -> Numbers:
    """Regressors of some hours; those that the window is too short to tell are 0 throughout."""
    import numpy as np

    hour_of_week = (first_hour + at) % HOURS_A_WEEK
    weekday, angle = hour_of_week // 24, 2 * np.pi * (hour_of_week % 24) / 24
    weekend = (weekday >= 5).astype(float)
    days = (window.stop - window.start) / 24
    columns = [np.ones(len(at))]
    for harmonic in (1, 2, 3):
        columns += [np.sin(harmonic * angle), np.cos(harmonic * angle)]
    for day in range(1, 7):
        columns.append((weekday == day) * float(days >= 14))
    for harmonic in (1, 2):
        columns += [np.sin(harmonic * angle) * weekend, np.cos(harmonic * angle) * weekend]
    # Over one week a slope cannot be told from the weekend.
    columns.append((at - window.stop) / HOURS_A_WEEK * float(days >= 21))
    return np.stack(columns, axis=1)


def _fit(series: Series, window: slice, warm: Numbers | None) -> Numbers | None:
    """Coefficients on the link scale, or the former ones where the window holds nothing."""
    import numpy as np

    values, sizes = series.values[window], series.sizes[window]
    seen = np.isfinite(values) & ((sizes > 0) | (series.family == "count"))
    if seen.sum() < 48:
        return warm
    at = np.arange(window.start, window.stop)[seen]
    design, values, sizes = _design(series.first_hour, at, window), values[seen], sizes[seen]
    ridge = np.diag(np.r_[1e-6, np.full(design.shape[1] - 1, 0.5)])
    ridge[-1, -1] = 20.0  # a slope is believed slowly: it is what runs away at the edge
    coefficients = warm if warm is not None else np.r_[_start(series.family, values, sizes), np.zeros(len(ridge) - 1)]
    for _ in range(3 if warm is not None else 8):
        linear = design @ coefficients
        working, weight, surprise = _working(series.family, values, sizes, linear)
        scale = max(1.4826 * float(np.median(np.abs(surprise))), 1e-6)
        huber = np.minimum(1.0, 1.5 * scale / np.maximum(np.abs(surprise), 1e-9))
        weights = weight * huber / scale**2
        left = design.T @ (weights[:, None] * design) + ridge
        coefficients = np.linalg.solve(left, design.T @ (weights * working))
    return coefficients


def _start(family: Family, values: Numbers, sizes: Numbers) -> float:
    import numpy as np

    if family == "count":
        return float(np.log(values.mean() + 0.1))
    if family == "rate":
        share = (values.sum() + 0.5) / (sizes.sum() + 1)
        return float(np.log(share / (1 - share)))
    return float(np.median(np.log(np.maximum(values, 1e-12))))


def _working(family: Family, values: Numbers, sizes: Numbers, linear: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Working response, weight and Pearson residual of one step of reweighted least squares."""
    import numpy as np

    if family == "level":
        log_values = np.log(np.maximum(values, 1e-12))
        return log_values, np.ones(len(values)), log_values - linear
    mean = _inverse_link(family, linear)
    if family == "count":
        variance, observed = np.maximum(mean, 1e-3), values
        slope = variance
    else:
        slope = np.maximum(mean * (1 - mean), 1e-6)
        variance, observed = slope / sizes, values / sizes
    working = linear + np.clip((observed - mean) / slope, -3, 3)
    return working, slope**2 / variance, (observed - mean) / np.sqrt(variance)


def _inverse_link(family: Family, linear: Numbers) -> Numbers:
    import numpy as np

    if family == "rate":
        return 1 / (1 + np.exp(-np.clip(linear, -20, 20)))
    return np.exp(np.clip(linear, -30, 30))


def _excess(series: Series, mean: Numbers) -> Numbers:
    """Variance of counts beyond chance, as a share of the squared mean, from the 14 days before each day.

    It is what makes half the residuals of those days lie within 0.6745, as those of a normal variable do.
    """
    import numpy as np

    excess = np.zeros(len(mean))
    if series.family != "count":
        return excess
    for day in range(0, len(mean), 24):
        past = slice(max(0, day - _SETTLE_DAYS * 24), day)
        seen = np.isfinite(mean[past])
        if seen.sum() < 48:
            continue
        values, means = series.values[past][seen], mean[past][seen]
        low, high = 1e-6, 4.0
        for _ in range(14):
            middle = (low * high) ** 0.5
            spread = 1.4826 * float(np.median(np.abs(_stable(values, middle) - _stable(means, middle))))
            low, high = (middle, high) if spread > 1 else (low, middle)
        excess[day : day + 24] = low if low > 2e-6 else 0.0
    return excess


def _stable(values: Numbers, excess: Numbers | float) -> Numbers:
    """Transform that gives counts of variance ``mean + excess * mean²`` about unit variance (Anscombe 1948)."""
    import numpy as np

    shift, tiny = np.asarray(values) + 0.375, np.maximum(excess, 1e-9)
    return np.asarray(2 / np.sqrt(tiny) * np.arcsinh(np.sqrt(tiny * shift)))


def _surprise(series: Series, mean: Numbers, excess: Numbers) -> Numbers:
    """Normal quantile of the mid-p of each value; of a level its log ratio. nan where nothing is expected or seen."""
    import numpy as np
    from scipy import stats

    values, sizes = series.values, series.sizes
    if series.family == "level":
        return np.where(values > 0, np.log(np.maximum(values, 1e-12)) - np.log(mean), np.nan)
    known = np.nan_to_num(mean, nan=0.5)
    if series.family == "count":
        shape = 1 / np.maximum(excess, 1e-6)
        share = shape / (shape + known)
        below, at = stats.nbinom.cdf(values - 1, shape, share), stats.nbinom.pmf(values, shape, share)
        far = _stable(values, excess) - _stable(known, excess)
    else:
        below, at = stats.binom.cdf(values - 1, sizes, known), stats.binom.pmf(values, sizes, known)
        observed = np.where(sizes > 0, (values + 0.375) / (sizes + 0.75), known)
        far = 2 * np.sqrt(sizes + 0.5) * (np.arcsin(np.sqrt(observed)) - np.arcsin(np.sqrt(known)))
    middle = below + at / 2
    near = stats.norm.ppf(np.clip(middle, 1e-12, 1 - 1e-12))
    found = np.where((middle > 1e-11) & (middle < 1 - 1e-11), near, far)
    return np.where(np.isfinite(mean) & ((sizes > 0) | (series.family == "count")), found, np.nan)


def _spread(family: Family, raw: Numbers) -> tuple[Numbers, Numbers]:
    """Robust spread and lag-1 correlation of the residuals of the 14 days before each day."""
    import numpy as np

    spread, memory = np.full(len(raw), np.nan), np.zeros(len(raw))
    floor = _FLOOR if family != "level" else 0.02
    for day in range(0, len(raw), 24):
        past = raw[max(0, day - _SETTLE_DAYS * 24) : day]
        seen = past[np.isfinite(past)]
        if len(seen) < 48:
            continue
        robust = 1.4826 * np.median(np.abs(seen))
        spread[day : day + 24] = max(floor, float(robust))
        cut = np.clip(past / max(floor, robust), -3, 3)
        pairs = np.isfinite(cut[1:]) & np.isfinite(cut[:-1])
        if pairs.sum() > 24:
            product = float(np.mean(cut[1:][pairs] * cut[:-1][pairs]))
            memory[day : day + 24] = np.clip(product / float(np.mean(cut[np.isfinite(cut)] ** 2)), 0.0, 0.9)
    return spread, memory


def _band(series: Series, mean: Numbers, excess: Numbers, spread: Numbers) -> tuple[Numbers, Numbers]:
    import numpy as np

    reach = 1.96 * spread
    if series.family == "count":
        tiny, middle = np.maximum(excess, 1e-9), _stable(mean, excess)
        ends = [np.sinh(np.maximum(middle + way * reach, 0) * np.sqrt(tiny) / 2) ** 2 / tiny for way in (-1, 1)]
        return np.maximum(ends[0] - 0.375, 0), np.maximum(ends[1] - 0.375, 0)
    if series.family == "rate":
        angle = np.arcsin(np.sqrt(mean))
        half = reach / (2 * np.sqrt(np.maximum(series.sizes, 1)))
        return np.sin(np.maximum(angle - half, 0)) ** 2, np.sin(np.minimum(angle + half, np.pi / 2)) ** 2
    return mean * np.exp(-reach), mean * np.exp(reach)
