"""What a threshold implies: flags in 1,000 turns, and precision and recall on a project's own labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.statistics.intervals import Estimate, rate, weighted_rate

FEWEST_FLAGGED: Final = 20
"""Labels of flagged answers below which no precision is stated: its interval would be some forty points wide."""
FEWEST_FAULTS: Final = 10
"""Faults below which no recall is stated."""
FEWEST_UNFLAGGED: Final = 50
"""Labels of answers below the threshold without which no recall is stated: what was missed is rare among them."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A judged answer with the detector's score.

    Attributes:
        score: 0 to 1, from which threshold on the detector flags it.
        is_fault: whether it should.
        weight: turns that it stands for.
    """

    score: float
    is_fault: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Implied:
    """What one threshold would do.

    Attributes:
        threshold: score from which on the detector flags.
        flagged: share of recent turns that would be flagged.
        precision: share of flags that are right; None where the labels are too few.
        recall: share of faults that are flagged; None likewise.
        lacking: what labels are missing, in words; empty where both are there.
    """

    threshold: float
    flagged: Estimate
    precision: Estimate | None
    recall: Estimate | None
    lacking: str


def implied(threshold: float, recent: Sequence[float], labelled: Sequence[Scored]) -> Implied:
    """Give what a threshold implies.

    Recall is TP / (TP + FN) with TP = P(flagged) P(fault | flagged) and FN = P(not flagged) P(fault | not flagged),
    each from its own sample; its limits combine those of the three at 98.3 %, so they hold 95 % by Bonferroni.

    Args:
        threshold: score from which on the detector flags, above 0.
        recent: scores of recent turns chosen by chance.
        labelled: answers that people judged.
    """
    above = [one for one in labelled if one.score >= threshold]
    below = [one for one in labelled if one.score < threshold]
    flags = sum(score >= threshold for score in recent)
    faults = sum(one.is_fault for one in labelled)
    lacking = []
    precision = recall = None
    if len(above) < FEWEST_FLAGGED:
        lacking.append(f"precision: {len(above)} of {FEWEST_FLAGGED} judged flags")
    else:
        precision = _share(above)
    if faults < FEWEST_FAULTS:
        lacking.append(f"recall: {faults} of {FEWEST_FAULTS} faults")
    elif len(below) < FEWEST_UNFLAGGED:
        lacking.append(f"recall: {len(below)} of {FEWEST_UNFLAGGED} judged answers without a flag")
    else:
        recall = _recall(flags, len(recent), above, below, faults)
    return Implied(threshold, rate(flags, len(recent)), precision, recall, "; ".join(lacking))


def _recall(flags: int, turns: int, above: Sequence[Scored], below: Sequence[Scored], faults: int) -> Estimate | None:
    confidence = 1 - 0.05 / 3
    share = rate(flags, turns, confidence)
    right, missed = _share(above, confidence), _share(below, confidence)
    if math.isnan(share.value) or (not above and flags):
        return None
    value = _part(share.value * _known(right.value), (1 - share.value) * _known(missed.value))
    if math.isnan(value):
        return None
    low = _part(share.low * right.low, (1 - share.low) * missed.high)
    high = _part(share.high * right.high, (1 - share.high) * missed.low)
    return Estimate(value, min(low, value), max(high, value), faults)


def _share(labelled: Sequence[Scored], confidence: float = 0.95) -> Estimate:
    return weighted_rate([one.is_fault for one in labelled], [one.weight for one in labelled], confidence)


def _part(found: float, missed: float) -> float:
    return found / (found + missed) if found + missed else math.nan


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value
