"""What a threshold implies: right on a known population, honest where labels are few."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.detection.implied import Scored, implied


def _population(turns: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores and faults of all turns: 4 % have the fault, and the score tells them apart, not wholly."""
    dice = np.random.default_rng(3)
    faults = dice.random(turns) < 0.04
    scores = np.where(faults, dice.beta(6, 3, turns), dice.beta(1.2, 12, turns))
    return scores, faults


def _reviewed(
    scores: np.ndarray, faults: np.ndarray, dice: np.random.Generator, flagged: int, others: int
) -> list[Scored]:
    """As a queue brings them: flagged from .5 on, and a share of the others, each standing for the like of it."""
    above, below = np.flatnonzero(scores >= 0.5), np.flatnonzero(scores < 0.5)
    found = []
    for places, count in ((above, flagged), (below, others)):
        chosen = dice.choice(places, min(count, len(places)), replace=False)
        weight = len(places) / len(chosen)
        found += [Scored(float(scores[at]), bool(faults[at]), weight) for at in chosen]
    return found


@pytest.mark.parametrize("threshold", [0.5, 0.7])
def test_precision_and_recall_of_a_biased_queue_are_those_of_all_turns(threshold: float) -> None:
    """Over many queues the value has little bias and the intervals hold the truth as often as they say."""
    scores, faults = _population()
    flagged = scores >= threshold
    precision, recall = faults[flagged].mean(), flagged[faults].mean()
    dice = np.random.default_rng(11)
    values, covered = [], np.zeros(3)
    for _ in range(120):
        recent = dice.choice(scores, 1000)
        row = implied(threshold, list(recent), _reviewed(scores, faults, dice, 150, 400))
        assert row.precision
        assert row.recall
        values.append((row.precision.value, row.recall.value))
        covered += [
            row.precision.low <= precision <= row.precision.high,
            row.recall.low <= recall <= row.recall.high,
            row.flagged.low <= flagged.mean() <= row.flagged.high,
        ]
    assert np.abs(np.mean(values, axis=0) - (precision, recall)).max() < 0.04
    assert (covered / 120).min() >= 0.9


def test_counting_flagged_and_others_alike_would_be_wrong() -> None:
    """The weights are what makes recall right: without them the few labelled misses count for nothing."""
    scores, faults = _population()
    truth = (scores >= 0.5)[faults].mean()
    weighted, plain = [], []
    for seed in range(40):
        labelled = _reviewed(scores, faults, np.random.default_rng(seed), 150, 400)
        found = implied(0.5, list(scores[:4000]), labelled).recall
        assert found
        weighted.append(found.value)
        plain.append(np.mean([one.score >= 0.5 for one in labelled if one.is_fault]))
    assert abs(np.mean(weighted) - truth) < 0.03 < abs(np.mean(plain) - truth)


def test_a_higher_threshold_flags_less() -> None:
    """Flags in 1,000 turns and recall fall as it rises."""
    scores, faults = _population()
    labelled = _reviewed(scores, faults, np.random.default_rng(2), 400, 2000)
    rows = [implied(threshold, list(scores[:2000]), labelled) for threshold in (0.5, 0.6, 0.7, 0.8)]
    flags = [row.flagged.value for row in rows]
    recalls = [row.recall.value for row in rows if row.recall]
    assert flags == sorted(flags, reverse=True)
    assert recalls == sorted(recalls, reverse=True)


def test_few_labels_are_said_to_be_few() -> None:
    """No precision of nineteen flags, no recall without answers that were not flagged."""
    flagged = [Scored(0.9, True, 1.0)] * 19
    row = implied(0.5, [0.9, 0.0, 0.0, 0.0], flagged)
    assert (row.precision, row.recall) == (None, None)
    assert row.lacking == "precision: 19 of 20 judged flags; recall: 0 of 50 judged answers without a flag"
    row = implied(0.5, [0.9, 0.0, 0.0, 0.0], [*flagged, Scored(0.9, False, 1.0)])
    assert row.precision
    assert round(row.precision.value, 2) == 0.95
    nothing = implied(0.5, [], [])
    assert nothing.lacking == "precision: 0 of 20 judged flags; recall: 0 of 10 faults"
    assert nothing.flagged.n == 0


def test_no_miss_among_the_judged_does_not_prove_that_there_is_none() -> None:
    """Fifty clean answers out of many leave a low limit far below all."""
    labelled = [*[Scored(0.9, True, 1.0)] * 20, *[Scored(0.0, False, 40.0)] * 50]
    row = implied(0.5, [0.9] * 10 + [0.0] * 990, labelled)
    assert row.recall
    assert row.recall.value == 1
    assert row.recall.low < 0.2
