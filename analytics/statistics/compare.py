"""Comparison of two rates: how far apart they are, how sure that is, and whether chance explains it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference between two rates.

    Attributes:
        difference: second rate minus first; nan when a sample is empty.
        low: lower confidence limit of the difference, -1 at least.
        high: upper confidence limit of the difference, 1 at most.
        p_value: how often chance alone gives a difference as large; 1 when a sample is empty.
        n_first: size of the first sample.
        n_second: size of the second sample.
    """

    difference: float
    low: float
    high: float
    p_value: float
    n_first: int
    n_second: int


def rates(first: tuple[int, int], second: tuple[int, int], confidence: float = 0.95) -> Comparison:
    """Compare two independent rates, say of this week and of last week.

    The interval is Newcombe's hybrid score interval. The p-value is of the N-1 chi-squared test, or of
    Fisher's exact test when an expected count is below 1.

    Args:
        first: successes and size of the first sample.
        second: successes and size of the second sample.
        confidence: coverage of the interval, between 0 and 1.

    Returns:
        Second minus first with -1 <= low <= difference <= high <= 1.

    Raises:
        ValueError: successes outside 0..size, or ``confidence`` outside (0, 1).

    Source: Newcombe (1998), Statist. Med. 17:873, method 10; Campbell (2007), Statist. Med. 26:3661.

    >>> found = rates((48, 80), (56, 70))
    >>> round(found.difference, 3), round(found.low, 3), round(found.high, 3), round(found.p_value, 3)
    (0.2, 0.052, 0.334, 0.008)
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must lie between 0 and 1, e.g. 0.95")
    for successes, n in (first, second):
        if not 0 <= successes <= n:
            raise ValueError(f"successes is {successes}; it must lie between 0 and the sample size, {n}")
    if first[1] == 0 or second[1] == 0:
        return Comparison(math.nan, -1.0, 1.0, 1.0, first[1], second[1])
    from statsmodels.stats.proportion import confint_proportions_2indep

    # statsmodels takes sample 1 minus sample 2
    low, high = confint_proportions_2indep(*second, *first, method="newcomb", compare="diff", alpha=1 - confidence)
    difference = second[0] / second[1] - first[0] / first[1]
    return Comparison(
        difference,
        min(max(float(low), -1.0), difference),
        max(min(float(high), 1.0), difference),
        _p_value(first, second),
        first[1],
        second[1],
    )


def more_by_chance(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Give how often two samples of equal rate differ as much as these, the second having more.

    Boschloo's exact unconditional test, one-sided: whatever the common rate is, a p-value of at most x comes up in at
    most a share x of cases. For samples of a few dozen at most, where intervals and chi-squared only approximate.
    scipy's own holds the same figure, and its optimiser writes a line to the log for each step.

    Args:
        first: successes and size of the first sample.
        second: successes and size of the second sample.

    Returns:
        The p-value, 0 to 1; 1 where a sample is empty or the second has no larger share.

    Raises:
        ValueError: successes outside 0..size.

    Source: Boschloo (1970), Statist. Neerlandica 24:1.

    >>> round(more_by_chance((0, 3), (3, 3)), 4), round(more_by_chance((1, 5), (5, 5)), 4)
    (0.0156, 0.0107)
    """
    for successes, n in (first, second):
        if not 0 <= successes <= n:
            raise ValueError(f"successes is {successes}; it must lie between 0 and the sample size, {n}")
    (x1, n1), (x2, n2) = first, second
    if not n1 or not n2 or x2 * n1 <= x1 * n2:
        return 1.0
    import numpy as np
    from scipy.stats import binom, hypergeom

    some, others = np.arange(n1 + 1)[:, None], np.arange(n2 + 1)[None, :]
    fisher = hypergeom.sf(others - 1, n1 + n2, some + others, n2)
    as_far = fisher <= fisher[x1, x2] * (1 + 1e-9)
    rates_tried = np.linspace(0, 1, 2001)
    chances = binom.pmf(some, n1, rates_tried).T @ as_far * binom.pmf(others.T, n2, rates_tried).T
    return float(min(1.0, chances.sum(axis=1).max()))


def _p_value(first: tuple[int, int], second: tuple[int, int]) -> float:
    (x1, n1), (x2, n2) = first, second
    total = n1 + n2
    hits = x1 + x2
    if hits in (0, total):
        return 1.0
    if min(hits, total - hits) * min(n1, n2) < total:  # an expected count below 1
        from scipy.stats import fisher_exact

        return float(fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue)
    from scipy.stats import chi2

    cross = x1 * (n2 - x2) - x2 * (n1 - x1)
    statistic = (total - 1) * cross**2 / (hits * (total - hits) * n1 * n2)
    return float(chi2.sf(statistic, 1))
