"""When a series is said to have changed: rarely by chance, soon in earnest."""

import numpy as np
import pytest

from analytics.evaluate.alerts import CASES, measure, null_series
from analytics.statistics.alarm import Judged, episodes, judge, kept_by_false_discovery
from analytics.statistics.seasonal import Expected, expected


def judged(strength):
    """Strengths as they would come out of `judge`."""
    return Judged(np.array(strength, dtype=float), list(range(len(strength))), np.array(strength, dtype=float))


def held(residual, memory=0.0):
    """Residuals with nothing else."""
    flat = np.ones(len(residual))
    return Expected(flat, flat, flat, np.array(residual, dtype=float), flat * memory)


def test_one_odd_hour_is_no_change():
    """However far out it is; two in a row are."""
    assert np.abs(judge(held([0, 0, 0, 8, 0, 0])).strength).max() < 1
    assert judge(held([0, 0, 0, 6, 6, 0])).strength[4] >= 1


def test_a_fall_has_a_sign_and_a_beginning():
    """The change is dated to its first hour, not to the hour that told."""
    found = episodes(judge(held([0] * 10 + [-2.5] * 8)))
    assert len(found) == 1
    assert found[0].strength < -1
    assert found[0].start == 10
    assert found[0].told > 10
    assert not found[0].is_over


def test_a_small_lasting_shift_is_found_by_the_sum():
    """One and a half standard deviations are no step, but they add up."""
    strength = judge(held([0] * 10 + [1.6, 0.9] * 40)).strength
    assert strength[12] < 1
    assert strength.max() >= 1


def test_memory_makes_the_same_run_less_surprising():
    """Hours that follow one another anyway are worth less evidence."""
    run = [0.0] * 10 + [2.2] * 6
    assert judge(held(run, memory=0.8)).strength.max() < judge(held(run)).strength.max()


def test_a_lull_does_not_split_an_episode():
    """Five quiet hours belong to it, six end it."""
    assert len(episodes(judged([2, *[0] * 5, 2]))) == 1
    two = episodes(judged([2, *[0] * 6, 2, 0]))
    assert [(one.start, one.is_over) for one in two] == [(0, True), (7, False)]


def test_a_turn_of_direction_is_a_new_episode():
    """Up and then down are two things to tell."""
    assert [one.strength > 0 for one in episodes(judged([0, 2, 2, -2, -2]))] == [True, False]


def test_false_discoveries_are_controlled():
    """With many looks a middling p-value does not hold up, a tiny one does."""
    assert kept_by_false_discovery([], 10) == []
    assert kept_by_false_discovery([1e-4, 1e-4, 0.2], 100) == [True, True, False]
    assert kept_by_false_discovery([0.04], 100) == [False]


def test_ordinary_series_are_quiet_and_changed_ones_are_told():
    """A small run of the evaluation: the figures in docs/alerts.md come from the large one."""
    found = measure(CASES[1], series=20, seed=42)
    assert found.false_a_week <= 0.05
    assert found.delays[2.0][0] >= 0.9
    assert found.delays[2.0][1] <= 6
    assert found.delays[0.5][1] <= 10


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_simulator_makes_what_it_says(case):
    """The level is near the asked one and the change stands in the last day."""
    calm, changed = null_series(case, 5), null_series(case, 5, factor=3.0)
    assert np.array_equal(calm.values[: -7 * 24], changed.values[: -7 * 24]) or case.family == "rate"
    assert changed.values[-24:].sum() > 2 * calm.values[-24:].sum()
    assert len(expected(calm, 1320).mean) == len(calm)
