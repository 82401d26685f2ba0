"""What reviewers said of a detector's flags, and of answers it did not flag, with how each answer came to be judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from analytics.questions.sql import fill
from backend.review.models import ReviewItem, Verdict
from backend.store.connection import store
from backend.store.query import Query

MISSED: Final = "missed"
"""What a reviewer says of a detector that should have flagged an answer and did not."""
_TIE: Final = "tie"


@dataclass(frozen=True, slots=True)
class Label:
    """One judged answer.

    Attributes:
        turn_id: of the answer.
        trace_id: of its trace.
        is_fault: whether the detector should flag it.
        origin: what brought it into review: ``flag`` or ``random``.
        weight: turns of the project that it stands for; 1 over the probability that it was judged.
    """

    turn_id: str
    trace_id: str
    is_fault: bool
    origin: str
    weight: float


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of one detector.

    Attributes:
        found: judged answers with a weight, newest first.
        of_unknown_chance: judged answers that a person chose; nobody knows what they stand for, so they do not
            count.
        confirmed: flags that were confirmed.
        rejected: flags that were rejected.
    """

    found: tuple[Label, ...]
    of_unknown_chance: int
    confirmed: int
    rejected: int


@dataclass(frozen=True, slots=True)
class _Said:
    turn_id: str
    trace_id: str
    origin: str
    queue_id: int
    random_share: float
    turn_time: datetime
    said: str


@dataclass(frozen=True, slots=True)
class _Flagged:
    turn_id: str


_FLAGGED: Final = Query(
    "flagged_among_judged",
    fill("""
SELECT turn_id FROM flag FINAL
WHERE @project AND detector = {detector:String} AND turn_id IN {ids:Array(String)}
"""),
    _Flagged,
)


def labels(project_id: int, detector: str, since: datetime, most: int) -> Labels:
    """Labels of one detector from the verdicts on turns that began since then, the newest ``most`` of them.

    Where reviewers disagree the majority counts, and a tie is no label. An answer that was judged without a word about
    the detector counts as one without its fault, unless it was the detector's own flag that nobody answered to. An
    answer stands for 1 / (share of such turns that enter the queue x share of those that were judged) turns.

    Args:
        project_id: of the project.
        detector: its name.
        since: start of the oldest turn.
        most: how many labels.
    """
    rows = _rows(project_id, detector, since)
    judged = Counter((row.queue_id, row.origin) for row in rows.values())
    entered = _entered(project_id, since)
    silent = [turn_id for turn_id, row in rows.items() if not row.said]
    asked = store().fetch(_FLAGGED, project_id=project_id, detector=detector, ids=silent) if silent else []
    unanswered = {one.turn_id for one in asked}
    found, unknown = [], 0
    for turn_id, row in rows.items():
        if row.said == _TIE or (not row.said and turn_id in unanswered):
            continue
        if row.origin == ReviewItem.Origin.PERSON:
            unknown += 1
            continue
        key = (row.queue_id, row.origin)
        enters = row.random_share if row.origin == ReviewItem.Origin.RANDOM else 1.0
        if enters <= 0:
            unknown += 1  # it came in when a share was taken that is no longer known
            continue
        weight = max(1.0, entered[key] / judged[key]) / enters
        found.append(Label(turn_id, row.trace_id, row.said in {"confirmed", MISSED}, row.origin, weight))
    said = Counter(row.said for row in rows.values())
    return Labels(tuple(found[:most]), unknown, said["confirmed"], said["rejected"])


def counted(project_id: int) -> dict[str, tuple[int, int, int]]:
    """Flags confirmed and rejected and faults missed, by detector, counted in verdicts."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for flags in Verdict.objects.filter(item__queue__project_id=project_id).values_list("flags", flat=True):
        for detector, said in flags.items():
            found[detector][said] += 1
    return {name: (said["confirmed"], said["rejected"], said[MISSED]) for name, said in found.items()}


def _rows(project_id: int, detector: str, since: datetime) -> dict[str, _Said]:
    """What the majority said of each turn; a turn in several queues counts once, where it came in by chance first."""
    given = Verdict.objects.filter(item__queue__project_id=project_id, item__turn_time__gte=since)
    by_turn: defaultdict[str, list[_Said]] = defaultdict(list)
    values = given.order_by("-item__turn_time", "-id").values_list(
        "item__turn_id", "item__trace_id", "item__origin", "item__queue_id", "item__queue__random_share",
        "item__turn_time", "flags",
    )  # fmt: skip
    for turn_id, trace_id, origin, queue_id, share, moment, flags in values:
        by_turn[turn_id].append(_Said(turn_id, trace_id, origin, queue_id, share, moment, flags.get(detector, "")))
    return {turn_id: _majority(said) for turn_id, said in by_turn.items()}


def _majority(said: list[_Said]) -> _Said:
    # Who was shown a flag and says nothing of it has no opinion; who says nothing where there was none found nothing.
    answered = [one for one in said if one.said in {"confirmed", "rejected"}] or said
    ranked = Counter(one.said for one in answered).most_common(2)
    is_tie = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    first = min(said, key=lambda one: (one.origin != ReviewItem.Origin.RANDOM, one.queue_id))
    return replace(first, said=_TIE if is_tie else ranked[0][0])


def _entered(project_id: int, since: datetime) -> Counter[tuple[int, str]]:
    """Items of each queue by what brought them in, but for those whose flag was taken back."""
    items = ReviewItem.objects.filter(queue__project_id=project_id, turn_time__gte=since)
    kept = items.exclude(state=ReviewItem.State.SKIPPED).values_list("queue_id", "origin")
    return Counter((queue_id, origin) for queue_id, origin in kept)
