"""Verdicts are as sure as they say: few false ones, whatever share of answers is good by itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from analytics.replay.marks import mark_of
from analytics.replay.outcome import Outcome, outcome
from backend.replays.models import Replay

RATES = np.linspace(0.005, 0.995, 199)


def _chance(n: int, m: int, verdict: str, control: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """How often a verdict comes up at these true shares of healed answers."""
    hits = np.array([[outcome((a, n), (b, m)).verdict == verdict for b in range(m + 1)] for a in range(n + 1)])
    some, others = (binom.pmf(np.arange(size + 1)[:, None], size, p) for size, p in ((n, control), (m, changed)))
    return np.einsum("ap,bp,ab->p", some, others, hits)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (4, 4), (5, 3), (3, 5), (6, 6), (7, 10), (10, 10)])
def test_chance_passes_for_healing_in_one_of_forty_at_most(n: int, m: int) -> None:
    """At each share of answers that are good by themselves."""
    assert _chance(n, m, "heals", RATES, RATES).max() <= 0.025


@pytest.mark.parametrize("n", [3, 5, 8, 10])
def test_what_heals_half_is_called_no_healing_in_one_of_twenty_at_most(n: int) -> None:
    """Where the unchanged request always fails."""
    half = np.array([0.5])
    assert _chance(n, n, "does_not_heal", np.array([0.0]), half)[0] <= 0.05


@pytest.mark.parametrize(
    ("control", "changed", "verdict"),
    [
        ((0, 3), (3, 3), "heals"),
        ((0, 3), (2, 3), "not_enough_evidence"),
        ((0, 3), (0, 3), "not_enough_evidence"),
        ((0, 5), (0, 5), "does_not_heal"),
        ((0, 10), (4, 10), "not_enough_evidence"),
        ((5, 5), (5, 5), "not_enough_evidence"),
        ((5, 5), (0, 5), "not_enough_evidence"),
        ((0, 2), (2, 2), "not_enough_evidence"),
        ((0, 0), (3, 3), "not_enough_evidence"),
        ((0, 10), (10, 10), "heals"),
    ],
)
def test_verdicts(control: tuple[int, int], changed: tuple[int, int], verdict: str) -> None:
    """Each with a sentence, and an interval where there is anything to compare."""
    found = outcome(control, changed)
    assert found.verdict == verdict
    assert found.reason.endswith(".")
    if control[1] and changed[1]:
        assert -1 <= (found.low or -1) <= (found.difference or 0) <= (found.high or 1) <= 1


def _replay(kind: str, found: Outcome | None, pk: int = 1) -> Replay:
    if found is None:
        return Replay(pk=pk, kind=kind, state="running", change_text="a change")
    return Replay(
        pk=pk, kind=kind, state="done", verdict=found.verdict, p_value=found.p_value, change_text=f"change {pk}"
    )


CLEAN, CLEANER, NONE, FEW = (
    outcome((0, 3), (3, 3)), outcome((0, 5), (5, 5)), outcome((0, 5), (0, 5)), outcome((0, 3), (0, 3)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "replays", "state", "text"),
    [
        ("retrieval_failed", [("drop", CLEAN)], "confirmed", "Heals: change 0."),
        ("retrieval_failed", [("drop", CLEAN), ("swap", NONE)], "open", "Of 2 replays one heals"),
        ("retrieval_failed", [("drop", CLEANER), ("swap", NONE)], "confirmed", "Heals: change 0."),
        ("retrieval_failed", [("drop", NONE)], "not_confirmed", "Does not heal: change 0."),
        (
            "retrieval_failed",
            [("drop", NONE), ("model", CLEAN)],
            "not_confirmed",
            "Does not heal: change 0. Heals: change 1.",
        ),
        ("retrieval_failed", [("drop", FEW)], "open", "too few answers to tell."),
        ("reasoning_error", [("drop", CLEAN)], "open", "does not take this cause away. Heals: change 0."),
        ("prompt", [("system", CLEAN)], "confirmed", ""),
        ("model_provider", [("model", NONE)], "not_confirmed", ""),
        ("tool", [("model", CLEAN)], "open", "Heals: change 0."),
        ("data", [("drop", None)], None, ""),
    ],
)
def test_a_cause_is_confirmed_by_what_takes_it_away(
    cause: str, replays: list[tuple[str, Outcome | None]], state: str | None, text: str
) -> None:
    """Other changes are told and prove nothing of it; of several tries one must be the clearer."""
    mark = mark_of(cause, [_replay(kind, found, pk) for pk, (kind, found) in enumerate(replays)])
    assert (mark.state if mark else None) == state
    assert text in (mark.text if mark else "")
