"""Intervals for rates, quantiles and means, so that no figure stands without its error bar."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = Sequence[float] | NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with the interval it lies in and the sample it came from.

    Attributes:
        value: the point estimate; nan when there was nothing to measure.
        low: lower confidence limit; ``-inf`` or the given bound when the sample is too small to set one.
        high: upper confidence limit; ``inf`` or the given bound when the sample is too small to set one.
        n: how many observations stand behind it.
    """

    value: float
    low: float
    high: float
    n: int


def rate(successes: int, n: int, confidence: float = 0.95) -> Estimate:
    """Give the share of successes with its Wilson score interval.

    An empty sample says nothing: its value is nan and its interval all of [0, 1].

    Args:
        successes: how many of ``n`` had the property, 0 to ``n``.
        n: how many were looked at.
        confidence: coverage of the interval, between 0 and 1.

    Returns:
        The rate; 0 <= low <= value <= high <= 1.

    Raises:
        ValueError: ``successes`` lies outside 0..n or ``confidence`` outside (0, 1).

    Source: Wilson (1927), JASA 22:209; recommended by Brown, Cai and DasGupta (2001), Statist. Sci. 16:101.

    >>> found = rate(8, 10)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3), found.n
    (0.8, 0.49, 0.943, 10)
    """
    _check_confidence(confidence)
    if not 0 <= successes <= n:
        raise ValueError(f"successes is {successes}; it must lie between 0 and n, which is {n}")
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, 0)
    from statsmodels.stats.proportion import proportion_confint  # half a second to import

    low, high = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    value = successes / n
    return Estimate(value, min(max(float(low), 0.0), value), max(min(float(high), 1.0), value), n)


def weighted_rate(successes: Sequence[bool], weights: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Give a share of a population from a sample whose members were chosen with known, unequal chances.

    Clopper and Pearson's limits at Kish's effective sample size, so that a few heavy members widen the interval.

    Args:
        successes: whether each member has the property.
        weights: how many of the population each stands for, above 0: one over its chance of being chosen.
        confidence: coverage of the interval, between 0 and 1.

    Returns:
        The weighted share; ``n`` counts members. Without any its value is nan and its interval all of [0, 1].

    Raises:
        ValueError: the lengths differ, or a weight is not above 0.

    Source: Korn and Graubard (1998), Survey Methodology 24:193; Kish (1965), Survey Sampling, section 8.2.

    >>> found = weighted_rate([True] * 8 + [False] * 2, [1.0] * 10)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3), found.n
    (0.8, 0.444, 0.975, 10)
    """
    _check_confidence(confidence)
    if len(successes) != len(weights) or any(weight <= 0 for weight in weights):
        raise ValueError("each success needs one weight above 0")
    if not weights:
        return Estimate(math.nan, 0.0, 1.0, 0)
    from scipy.stats import beta

    total = sum(weights)
    value = sum(weight for weight, success in zip(weights, successes, strict=True) if success) / total
    n = total**2 / sum(weight**2 for weight in weights)
    tail, hits = (1 - confidence) / 2, value * n
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return Estimate(value, min(low, value), max(high, value), len(weights))


def quantile(
    values: Values,
    q: float,
    confidence: float = 0.95,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """Give a quantile with a distribution-free interval made of order statistics.

    How many of n values lie below the true quantile is Binomial(n, q); the limits are the order statistics
    at its tail quantiles. A sample too small to bound a side (p99 of 50) has ``bounds`` there, not a guess.

    Args:
        values: the sample; nan entries are left out.
        q: which quantile, between 0 and 1 (0.95 for p95).
        confidence: coverage of the interval, at least.
        bounds: what the quantity cannot pass, e.g. ``(0, inf)`` for a duration.

    Returns:
        The quantile (linear between neighbours); nan with ``bounds`` as interval when there are no values.

    Raises:
        ValueError: ``q`` or ``confidence`` lies outside (0, 1).

    Source: David and Nagaraja (2003), Order Statistics, 3rd edition, section 7.1.

    >>> found = quantile(range(1, 101), 0.5)
    >>> found.value, found.low, found.high, found.n
    (50.5, 40.0, 61.0, 100)
    """
    _check_confidence(confidence)
    if not 0 < q < 1:
        raise ValueError(f"q is {q}; it must lie between 0 and 1")
    sample = np.sort(_clean(values))
    n = len(sample)
    if n == 0:
        return Estimate(math.nan, bounds[0], bounds[1], 0)
    from scipy.stats import binom

    tail = (1 - confidence) / 2
    below = int(binom.ppf(tail, n, q))  # 1-based rank of the lower limit; 0 means no value can be one
    above = int(binom.ppf(1 - tail, n, q)) + 1
    low = float(sample[below - 1]) if below >= 1 else bounds[0]
    high = float(sample[above - 1]) if above <= n else bounds[1]
    value = float(np.quantile(sample, q))  # between two neighbours, so in small samples beyond a limit
    return Estimate(value, min(low, value), max(high, value), n)


def mean(values: Values, confidence: float = 0.95) -> Estimate:
    """Give the mean with Student's t interval, right for roughly symmetric values or large samples.

    Args:
        values: the sample; nan entries are left out.
        confidence: coverage of the interval, between 0 and 1.

    Returns:
        The mean; a single value has an unbounded interval, an empty sample the value nan.

    Raises:
        ValueError: ``confidence`` lies outside (0, 1).

    Source: Student (1908), Biometrika 6:1.

    >>> found = mean([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (3.0, 1.037, 4.963)
    """
    _check_confidence(confidence)
    sample = _clean(values)
    n = len(sample)
    if n < 2:
        return Estimate(float(sample[0]) if n else math.nan, -math.inf, math.inf, n)
    from scipy.stats import t

    value = float(sample.mean())
    half = float(t.ppf((1 + confidence) / 2, n - 1) * sample.std(ddof=1) / math.sqrt(n))
    return Estimate(value, value - half, value + half, n)


def bootstrap_mean(values: Values, confidence: float = 0.95, resamples: int = 2000, seed: int = 0) -> Estimate:
    """Give the mean with a bootstrap interval, for skewed values such as cost and latency.

    Bias-corrected and accelerated; the percentile interval where all values are equal but rounding.

    Args:
        values: the sample; nan entries are left out.
        confidence: coverage of the interval, between 0 and 1.
        resamples: how often to draw; 2,000 holds the limits to about 2 % of their width.
        seed: of the draws, so that a page reloaded shows the same figure.

    Returns:
        The mean; a single value has an unbounded interval, an empty sample the value nan.

    Raises:
        ValueError: ``confidence`` lies outside (0, 1).

    Source: Efron (1987), Better bootstrap confidence intervals, JASA 82:171.

    >>> found = bootstrap_mean([1.0] * 90 + [50.0] * 10)
    >>> found.value, found.low < 3.6, found.high > 9
    (5.9, True, True)
    """
    _check_confidence(confidence)
    sample = _clean(values)
    n = len(sample)
    if n < 2:
        return Estimate(float(sample[0]) if n else math.nan, -math.inf, math.inf, n)
    value = float(sample.mean())
    if np.ptp(sample) <= 1e-12 * max(1.0, float(np.abs(sample).max())):
        return Estimate(value, value, value, n)
    from scipy.stats import bootstrap

    found = bootstrap(
        (sample,),
        np.mean,
        n_resamples=resamples,
        confidence_level=confidence,
        rng=np.random.default_rng(seed),
        batch=max(1, 4_000_000 // n),  # at most 32 MB of draws at once
    ).confidence_interval
    low, high = float(found.low), float(found.high)
    return Estimate(value, low if low <= value else value, high if high >= value else value, n)


def _clean(values: Values) -> NDArray[np.float64]:
    sample = np.asarray(values, dtype=np.float64).ravel()
    return sample[~np.isnan(sample)]


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must lie between 0 and 1, e.g. 0.95")
