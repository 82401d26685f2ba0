"""How right scores are against labels, each figure with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.statistics.intervals import Estimate, rate

FALSE_POSITIVE_RATES = (0.05, 0.01, 0.001)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one set says of one analyser.

    Attributes:
        positives: items with something to find.
        negatives: items without.
        unjudged: items that the analyser declined; they count as not found.
        precision: of the flags; nan without flags.
        recall: of the positives.
        false: share of negatives that were flagged.
        f1: harmonic mean of precision and recall; nan where either is.
        auroc: chance that a positive scores above a negative, ties half; nan where one side is empty.
        recall_at: recall where a share of negatives is flagged, by that share; None where there are too few negatives.
        groups: recall by group.
    """

    positives: int
    negatives: int
    unjudged: int
    precision: Estimate
    recall: Estimate
    false: Estimate
    f1: float
    auroc: Estimate
    recall_at: dict[float, float | None]
    groups: dict[str, Estimate]


def measure(
    scores: Sequence[float | None], labels: Sequence[bool], threshold: float, groups: Sequence[str] = ()
) -> Measured:
    """Hold scores against labels.

    Args:
        scores: in [0, 1], None where the analyser could not judge.
        labels: whether there is something to find.
        threshold: from which score on an item is flagged.
        groups: of each item, for recall by group; may be left out.

    >>> found = measure([0.9, 0.8, 0.1, None], [True, True, False, False], 0.5)
    >>> found.f1, found.auroc.value, found.unjudged
    (1.0, 1.0, 1)
    """
    truth = np.asarray(labels, dtype=bool)
    graded = np.asarray([0.0 if score is None else score for score in scores])
    flagged = graded >= threshold
    hits, false = int((flagged & truth).sum()), int((flagged & ~truth).sum())
    positives, negatives = int(truth.sum()), int((~truth).sum())
    precision, recall = rate(hits, hits + false), rate(hits, positives)
    named = {
        group: rate(*_counts(flagged, truth & np.asarray([one == group for one in groups])))
        for group in sorted(set(groups) - {""})
    }
    return Measured(
        positives=positives,
        negatives=negatives,
        unjudged=sum(score is None for score in scores),
        precision=precision,
        recall=recall,
        false=rate(false, negatives),
        f1=2 * hits / (positives + hits + false) if positives and hits + false else math.nan,
        auroc=auroc(graded[truth], graded[~truth]),
        recall_at={share: recall_at(graded[truth], graded[~truth], share) for share in FALSE_POSITIVE_RATES},
        groups={name: found for name, found in named.items() if found.n},
    )


def _counts(
    flagged: np.ndarray[tuple[int], np.dtype[np.bool_]], chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[int, int]:
    return int((flagged & chosen).sum()), int(chosen.sum())


def auroc(
    positive: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]],
    negative: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]],
) -> Estimate:
    """Area under the ROC curve with its 95 % interval, by ranks.

    Source: Hanley and McNeil (1982), Radiology 143:29, for the standard error.

    >>> auroc([0.9, 0.8], [0.1, 0.8]).value
    0.875
    """
    n, m = len(positive), len(negative)
    if not n or not m:
        return Estimate(math.nan, 0.0, 1.0, 0)
    order = np.sort(np.asarray(negative))
    below = np.searchsorted(order, positive, "left")
    same = np.searchsorted(order, positive, "right") - below
    area = float((below + same / 2).sum() / (n * m))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    error = math.sqrt(max(0.0, area * (1 - area) + (n - 1) * (q1 - area**2) + (m - 1) * (q2 - area**2)) / (n * m))
    return Estimate(area, max(0.0, area - 1.96 * error), min(1.0, area + 1.96 * error), n + m)


def recall_at(
    positive: np.ndarray[tuple[int], np.dtype[np.float64]],
    negative: np.ndarray[tuple[int], np.dtype[np.float64]],
    share: float,
) -> float | None:
    """Recall at the lowest threshold that flags at most a share of the negatives; None for fewer than 1 / share."""
    if not len(positive) or len(negative) < 1 / share:
        return None
    allowed = int(len(negative) * share)
    limit = float(np.sort(negative)[::-1][allowed]) if allowed < len(negative) else -1.0
    return float((positive > limit).mean())
