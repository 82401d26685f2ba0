"""Whether a topic is new or growing: said only where chance does not explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from analytics.statistics import compare
from analytics.statistics.compare import Comparison

LEAST: Final = 10
"""Fewest conversations of a topic that is called new or growing."""
LEAST_BEFORE: Final = 30
"""Fewest conversations before, of all topics; with less there is nothing to compare with."""
FACTOR: Final = 1.25
"""A share that grew by less is true and of no use to anyone."""
LEVEL: Final = 0.05
"""False badges a page may have on average: the level is shared by all its topics (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class Badge:
    """What sets a topic apart from before.

    Attributes:
        kind: ``new`` or ``growing``.
        share_before: its share of the conversations before.
        share_now: its share now.
        comparison: of the two shares, with the interval of their difference.
        against: ``the range before`` or ``the first three quarters of the range``.
    """

    kind: Literal["new", "growing"]
    share_before: float
    share_now: float
    comparison: Comparison
    against: str

    @property
    def rule(self) -> str:
        """Why, in words."""
        low, high = 100 * self.comparison.low, 100 * self.comparison.high
        return (
            f"{self.share_before:.1%} of conversations in {self.against}, {self.share_now:.1%} now:"
            f" {low:+.1f} to {high:+.1f} points at a confidence that all topics of the page share"
        )


def badges(
    now: Mapping[int, tuple[int, int, int]], before: Mapping[int, int], totals: tuple[int, int, int]
) -> dict[int, Badge]:
    """Find the topics that are new or grow.

    They are compared with the range before; where that holds too little, the last quarter of the range is compared
    with what came earlier in it.

    Args:
        now: conversations of each topic: in the range, in its last quarter, and earlier in it.
        before: conversations of each topic in the range before, Other too.
        totals: the same three numbers of all topics and Other.

    Returns:
        Badges by topic; most topics have none.
    """
    total, recent, earlier = totals
    if sum(before.values()) >= LEAST_BEFORE:
        against = "the range before"
        counts = {key: (before.get(key, 0), found[0]) for key, found in now.items()}
        sizes = (sum(before.values()), total)
    elif earlier >= LEAST_BEFORE:
        against = "the first three quarters of the range"
        counts = {key: (found[2], found[1]) for key, found in now.items()}
        sizes = (earlier, recent)
    else:
        return {}
    level = LEVEL / max(1, len(counts))
    found = {key: _badge(*pair, *sizes, level, against) for key, pair in counts.items()}
    return {key: badge for key, badge in found.items() if badge}


def _badge(before: int, now: int, size_before: int, size_now: int, level: float, against: str) -> Badge | None:
    if now < LEAST or now * size_before < FACTOR * before * size_now:
        return None
    comparison = compare.rates((before, size_before), (now, size_now), confidence=1 - level)
    if comparison.low <= 0 or comparison.p_value >= level:
        return None
    # Hardly there before: less than one in twenty of what its share now would have made it then.
    kind: Literal["new", "growing"] = "new" if before * size_now * 20 <= now * size_before else "growing"
    return Badge(kind, before / size_before, now / size_now, comparison, against)
