"""What each threshold of a detector would do in a project, by judging recent and labelled turns now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from analytics.detection import recent
from analytics.detection.chosen import Chosen, version_of
from analytics.detection.implied import Implied, Scored, implied
from analytics.detection.labels import Labels, labels
from analytics.detection.recent import Place
from analytics.detectors.base import Detector, Finding, TurnColumns, Unjudged
from analytics.pipeline.detect import judge
from backend.errors import BadRequest

LABEL_DAYS: Final = 180
MOST_LABELS: Final = 500
MOST_TURNS: Final = 1000
_GRID: Final = (0.05, *(round(0.1 * step, 1) for step in range(1, 10)), 0.95)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out about the thresholds of one detector.

    Attributes:
        version: of the detector, with the threshold that is set now.
        threshold: that is set now.
        usual: that the detector was made with.
        rows: what each threshold implies, ascending; a threshold that changes nothing is left out.
        turns: recent turns that were judged.
        unjudged: of them, those that lack what the detector needs, or on which it failed.
        of: recent turns that there are.
        days: how far back they reach.
        labels: what people said.
    """

    version: str
    threshold: float
    usual: float
    rows: tuple[Implied, ...]
    turns: int
    unjudged: int
    of: int
    days: int
    labels: Labels


def measure(project_id: int, one: Chosen, now: datetime, *, days: int = 30, seconds: float = 8.0) -> Measured:
    """Judge labelled turns, and as many recent ones chosen by chance as the time allows, at every threshold.

    Args:
        project_id: of the project.
        one: the detector as it runs.
        now: end of the time looked at.
        days: how far back recent turns are taken.
        seconds: roughly how long it may take; what was left out shows in ``turns``.

    Raises:
        BadRequest: the detector asks something outside, so each turn would cost a call.
    """
    if one.detector.is_remote:
        raise BadRequest(f"{one.name} asks an endpoint; run it again on history to see what another threshold does")
    deadline = time.monotonic() + seconds
    said = labels(project_id, one.name, now - timedelta(days=LABEL_DAYS), MOST_LABELS)
    usual = type(one.detector).threshold
    grid = sorted({*_GRID, usual, one.detector.threshold})
    judged_places = [Place(label.turn_id, label.trace_id) for label in said.found]
    reached, _, _ = _reach(project_id, one.detector, grid, judged_places, deadline)
    labelled = [
        Scored(reached[label.turn_id], label.is_fault, label.weight) for label in said.found if label.turn_id in reached
    ]
    since = now - timedelta(days=days)
    places = recent.by_chance(project_id, since, MOST_TURNS)
    scores, turns, unjudged = _reach(project_id, one.detector, grid, places, deadline)
    rows = [implied(threshold, list(scores.values()), labelled) for threshold in grid]
    return Measured(
        version=version_of(one.detector),
        threshold=one.detector.threshold,
        usual=usual,
        rows=tuple(_telling(rows, {usual, one.detector.threshold})),
        turns=turns,
        unjudged=unjudged,
        of=recent.count(project_id, since),
        days=days,
        labels=replace(said, found=tuple(label for label in said.found if label.turn_id in reached)),
    )


def _reach(
    project_id: int, detector: Detector, grid: Sequence[float], places: Sequence[Place], deadline: float
) -> tuple[dict[str, float], int, int]:
    """The highest threshold at which each turn is flagged, 0 where at none; how many turns, how many unjudged."""
    found: dict[str, float] = {}
    unjudged = 0
    for turns, columns in recent.batches(project_id, places, detector, deadline):
        reached, left = reach(detector, grid, columns)
        unjudged += left
        found |= {turn.turn_id: score for turn, score in zip(turns, reached, strict=True)}
    return found, len(found), unjudged


def reach(detector: Detector, grid: Sequence[float], columns: TurnColumns) -> tuple[list[float], int]:
    """The highest threshold of a grid at which each turn is flagged, and how many turns could not be judged.

    A score alone does not say that: some detectors look further once a score passes their threshold. So what the
    lowest threshold flags is judged at each higher one.

    Args:
        detector: of any threshold.
        grid: thresholds, ascending.
        columns: the turns.
    """
    first, *higher = grid
    verdicts = judge(type(detector)(first), columns)
    reached = [first if isinstance(verdict, Finding) else 0.0 for verdict in verdicts]
    flagged = [at for at, score in enumerate(reached) if score]
    for threshold in higher:
        again = judge(type(detector)(threshold), TurnColumns.of([columns.at(at) for at in flagged])) if flagged else []
        flagged = [at for at, verdict in zip(flagged, again, strict=True) if isinstance(verdict, Finding)]
        for at in flagged:
            reached[at] = threshold
    return reached, sum(isinstance(verdict, Unjudged | Exception) for verdict in verdicts)


def _telling(rows: Sequence[Implied], kept: set[float]) -> list[Implied]:
    """Rows that differ from the next higher one, and those of thresholds that are always shown."""
    found = []
    for place, row in enumerate(rows):
        after = rows[place + 1] if place + 1 < len(rows) else None
        if row.threshold in kept or after is None or replace(after, threshold=row.threshold) != row:
            found.append(row)
    return found
