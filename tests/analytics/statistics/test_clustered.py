"""Rates of clustered things: what one user does again and again is not many pieces of news."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.statistics.clustered import Clustered, compare, told
from analytics.statistics.compare import rates


def clustered(clusters: Sequence[tuple[int, int]]) -> Clustered:
    """Sums over clusters of (hits, size)."""
    return Clustered(
        hits=sum(hits for hits, _ in clusters),
        size=sum(size for _, size in clusters),
        squares=sum(hits**2 for hits, _ in clusters),
        products=sum(hits * size for hits, size in clusters),
        sizes=sum(size**2 for _, size in clusters),
    )


def singles(hits: int, size: int) -> Clustered:
    """As many users as conversations."""
    return clustered([(1, 1)] * hits + [(0, 1)] * (size - hits))


def test_without_clusters_it_is_the_plain_comparison() -> None:
    """A design effect of 1 changes nothing."""
    assert singles(20, 100).design_effect == 1.0
    assert compare(singles(20, 100), singles(40, 100)) == rates((20, 100), (40, 100))


def test_one_user_is_no_trend() -> None:
    """Twenty conversations of twenty users tell; of one user they do not."""
    before = singles(5, 200)
    many, one = singles(25, 200), clustered([(20, 20), *[(1, 1)] * 5, *[(0, 1)] * 175])
    assert (one.hits, one.size) == (many.hits, many.size)
    assert compare(before, many).p_value < 1e-3
    assert compare(before, one).p_value > 0.05
    assert one.design_effect > 10


@given(st.lists(st.integers(1, 30).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))), max_size=40))
def test_a_design_effect_is_never_below_one(clusters: list[tuple[int, int]]) -> None:
    """Nor is anything undefined, of nothing and of all."""
    found = clustered(clusters)
    assert found.design_effect >= 1.0
    assert 0 <= found.rate <= 1
    assert compare(found, found).low <= 0 <= compare(found, found).high


def test_chance_is_not_told_and_a_change_is() -> None:
    """Of a thousand looks at nothing hardly one is told; the two that changed are, with intervals that hold them."""
    draw = np.random.default_rng(5)
    pairs = {
        number: (singles(int(draw.binomial(300, 0.1)), 300), singles(int(draw.binomial(300, 0.1)), 300))
        for number in range(1000)
    }
    assert len(told(pairs)) <= 2
    pairs |= {-1: (singles(30, 300), singles(90, 300)), -2: (singles(90, 300), singles(30, 300))}
    found = told(pairs)
    assert {-1, -2} <= set(found)
    assert found[-1].low < 0.2 < found[-1].high
    assert found[-1].high - found[-1].low > 2 * 1.96 * 0.03  # wider than one look alone would give


def test_nothing_to_look_at_tells_nothing() -> None:
    """And empty samples are no change."""
    assert told({}) == {}
    assert told({1: (Clustered(), Clustered())}) == {}
    assert Clustered().told == "0.0% (0 of 0)"


@pytest.mark.parametrize(("share", "kept"), [(0.05, 0), (0.5, 1)])
def test_the_share_of_false_ones_is_for_the_asker_to_say(share: float, kept: int) -> None:
    """A p-value of .07 holds up at a share of a half."""
    assert len(told({1: (singles(20, 200), singles(32, 200))}, share)) == kept
