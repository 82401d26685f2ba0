"""How far a judge agrees with a project's reviewers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.detection.chosen import Chosen, version_of
from analytics.detection.labels import labels
from analytics.detection.measure import LABEL_DAYS, MOST_LABELS
from analytics.questions.sql import fill
from analytics.statistics.agreement import cohen_kappa
from analytics.statistics.intervals import Estimate
from backend.store.connection import store
from backend.store.query import Query

FEWEST: Final = 30
"""Answers that both have judged below which no agreement is stated."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kappa, None where both have judged too few answers or one of them never said anything else."""

    kappa: Estimate | None
    judged: int
    fewest: int = FEWEST


@dataclass(frozen=True, slots=True)
class _Outcome:
    subject_id: str
    outcome: str


_OUTCOMES: Final = Query(
    "outcomes_of_a_judge",
    fill("""
SELECT subject_id, outcome FROM ledger FINAL
WHERE @project AND analyser = {analyser:String} AND analyser_version = {version:String}
  AND subject_id IN {ids:Array(String)} AND outcome IN ('matched', 'ran')
"""),
    _Outcome,
)


def agreement(project_id: int, one: Chosen, now: datetime) -> Agreement:
    """Compare what the present version of a judge said with what reviewers said of the same answers."""
    said = labels(project_id, one.name, now - timedelta(days=LABEL_DAYS), MOST_LABELS)
    faults = {label.turn_id: label.is_fault for label in said.found}
    found = store().fetch(
        _OUTCOMES, project_id=project_id, analyser=f"detector:{one.name}", version=version_of(one.detector),
        ids=list(faults),
    )  # fmt: skip
    pairs = [(row.outcome == "matched", faults[row.subject_id]) for row in found]
    kappa = cohen_kappa(pairs) if len(pairs) >= FEWEST else None
    return Agreement(kappa if kappa and kappa.value == kappa.value else None, len(pairs))
