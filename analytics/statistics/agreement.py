"""Agreement of two raters beyond chance."""

import math
from collections.abc import Sequence

from analytics.statistics.intervals import Estimate


def cohen_kappa(pairs: Sequence[tuple[bool, bool]], z: float = 1.959964) -> Estimate:
    """Give Cohen's kappa of two raters who said yes or no of the same subjects.

    Args:
        pairs: what the first and the second said of each subject.
        z: quantile of the normal distribution for the interval; 1.96 is 95 %.

    Returns:
        Kappa, 1 where they always agree and 0 where they agree as chance would have it, with its large-sample interval
        cut to [-1, 1]; nan with [-1, 1] where one of them, or both, never said anything else.

    Source: Cohen (1960), Educ. Psychol. Meas. 20:37; Fleiss, Cohen and Everitt (1969), Psychol. Bull. 72:323.

    >>> found = cohen_kappa([(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2), found.n
    (0.4, 0.15, 0.65, 50)
    """
    n = len(pairs)
    if not n:
        return Estimate(math.nan, -1.0, 1.0, 0)
    share = {(a, b): sum(pair == (a, b) for pair in pairs) / n for a in (True, False) for b in (True, False)}
    first = {a: share[a, True] + share[a, False] for a in (True, False)}
    second = {b: share[True, b] + share[False, b] for b in (True, False)}
    agreed = share[True, True] + share[False, False]
    chance = sum(first[a] * second[a] for a in (True, False))
    if chance >= 1 or 1 in first.values() or 1 in second.values():
        return Estimate(math.nan, -1.0, 1.0, n)
    kappa = (agreed - chance) / (1 - chance)
    same = sum(share[a, a] * (1 - (first[a] + second[a]) * (1 - kappa)) ** 2 for a in (True, False))
    other = sum(share[a, not a] * (second[a] + first[not a]) ** 2 for a in (True, False))
    variance = same + (1 - kappa) ** 2 * other - (kappa - chance * (1 - kappa)) ** 2
    half = z * math.sqrt(max(0.0, variance) / n) / (1 - chance)
    return Estimate(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), n)
