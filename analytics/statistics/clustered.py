"""Rates of things that come in clusters: forty conversations of one user say less than forty of forty users."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from analytics.statistics.alarm import kept_by_false_discovery
from analytics.statistics.compare import Comparison, rates
from analytics.statistics.intervals import Estimate, rate

Key = TypeVar("Key", bound=Hashable)

SHARE: Final = 0.05
"""Of the differences that are told, how many chance may have made, on average."""


@dataclass(frozen=True, slots=True)
class Clustered:
    """How many of some things have a property, and how they cluster.

    Attributes:
        hits: that have it.
        size: of all.
        squares: sum over clusters of hits².
        products: sum over clusters of hits times size.
        sizes: sum over clusters of size².
    """

    hits: int = 0
    size: int = 0
    squares: int = 0
    products: int = 0
    sizes: int = 0

    @property
    def rate(self) -> float:
        """Share that has it, 0 to 1; 0 of nothing."""
        return self.hits / self.size if self.size else 0.0

    @property
    def told(self) -> str:
        """The rate with its counts: ``12.5% (1 of 8)``."""
        return f"{self.rate:.1%} ({self.hits:,} of {self.size:,})"

    @property
    def design_effect(self) -> float:
        """How many times the variance of the rate is what it would be without clusters; at least 1.

        Source: Rao and Scott (1992), Biometrics 48:577, section 2.1.

        >>> of_one_user = Clustered(hits=10, size=100, squares=100, products=100, sizes=190)
        >>> round(of_one_user.design_effect, 1)
        9.1
        """
        rate = self.rate
        plain = self.size * rate * (1 - rate)
        if plain <= 0:
            return 1.0
        return max(1.0, (self.squares - 2 * rate * self.products + rate**2 * self.sizes) / plain)

    @property
    def estimate(self) -> Estimate:
        """The rate with its interval: Wilson's for a sample that is smaller by the design effect.

        Where all or none have the property nothing shows how clusters agree, and each counts as one: Kish's effect.

        >>> of_one_user = Clustered(hits=10, size=100, squares=100, products=100, sizes=190)
        >>> round(of_one_user.estimate.low, 2), round(of_one_user.estimate.high, 2), of_one_user.estimate.n
        (0.02, 0.38, 100)
        """
        if not self.size:
            return rate(0, 0)
        is_mixed = 0 < self.hits < self.size
        effect = self.design_effect if is_mixed else max(1.0, self.sizes / self.size)
        hits, size = _effective(self, effect)
        found = rate(hits, max(1, size))
        return Estimate(self.rate, min(found.low, self.rate), max(found.high, self.rate), self.size)


def compare(first: Clustered, second: Clustered, confidence: float = 0.95) -> Comparison:
    """Compare two rates of clustered things: both samples count as if they were smaller by the greater design effect.

    Args:
        first: of the earlier period.
        second: of the later one.
        confidence: coverage of the interval, between 0 and 1.

    Source: Rao and Scott (1992), Biometrics 48:577.
    """
    effect = max(first.design_effect, second.design_effect)
    return rates(_effective(first, effect), _effective(second, effect), confidence)


def told(pairs: Mapping[Key, tuple[Clustered, Clustered]], share: float = SHARE) -> dict[Key, Comparison]:
    """Differences that hold up when so many were looked at, each with an interval that allows for the choosing.

    Of the differences told, ``share`` are chance's on average, and as many of their intervals miss the truth.

    Args:
        pairs: earlier and later sample of everything that was looked at.
        share: of the told that may be false, 0 to 1.

    Source: Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57:289, for what is told; Benjamini and Yekutieli (2005),
    J. Am. Stat. Assoc. 100:71, for the intervals.
    """
    keys = list(pairs)
    kept = kept_by_false_discovery([compare(*pairs[key]).p_value for key in keys], len(keys), share)
    chosen = [key for key, is_kept in zip(keys, kept, strict=True) if is_kept]
    confidence = 1 - share * len(chosen) / max(1, len(keys))
    found = {key: compare(*pairs[key], confidence) for key in chosen}
    return {key: one for key, one in found.items() if one.low > 0 or one.high < 0}


def _effective(counted: Clustered, effect: float) -> tuple[int, int]:
    """Hits and size as so many independent things would have them."""
    size = round(counted.size / effect)
    return min(round(counted.hits / effect), size), size
