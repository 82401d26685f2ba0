"""What a re-run would change: flags that come, go and stay, counted with intervals, with examples of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from analytics.questions.scope import nanoseconds
from analytics.questions.sql import fill
from analytics.statistics.intervals import Estimate, rate
from backend.detection.models import Rerun
from backend.store.connection import store
from backend.store.query import Query

Change = Literal["new", "gone", "same"]
_EXAMPLES: Final = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """Turns that were judged again.

    Attributes:
        new: flagged now and not before.
        gone: flagged before and not now.
        same: flagged both times.
        unjudged: lack what the detector needs.
        sampled_out: not looked at, as a share is taken.
        failed: the detector broke on them; they keep the flag they have.
    """

    turns: int
    new: int
    gone: int
    same: int
    unjudged: int
    sampled_out: int
    failed: int

    def share(self, name: Change) -> Estimate:
        """Of the turns."""
        return rate(int(getattr(self, name)), self.turns)


@dataclass(frozen=True, slots=True)
class Example:
    """A turn whose flag comes, goes or stays."""

    turn_id: str
    trace_id: str
    explanation: str
    confidence: float
    input_text: str
    output_text: str


# Before: the flags that stand, or what was kept of them once the re-run had taken their place.
_STANDING: Final = (
    "SELECT turn_id, explanation, confidence FROM flag FINAL WHERE @project AND detector = {detector:String}"
    " AND turn_time >= fromUnixTimestamp64Nano({start:Int64}) AND turn_time < fromUnixTimestamp64Nano({end:Int64})"
)
_KEPT: Final = (
    "SELECT turn_id, explanation, confidence FROM shadow FINAL"
    " WHERE @project AND rerun_id = {rerun_id:UInt32} AND side = 'before' AND is_flagged"
)
_AFTER: Final = "(SELECT * FROM shadow FINAL WHERE @project AND rerun_id = {rerun_id:UInt32} AND side = 'after')"
_COUNTS: Final = """
SELECT count() AS turns, countIf(now AND NOT old) AS new, countIf(old AND NOT now) AS gone,
    countIf(now AND old) AS same, countIf(outcome = 'unjudged') AS unjudged,
    countIf(outcome = 'sampled_out') AS sampled_out, countIf(outcome = 'failed') AS failed
FROM (
    SELECT a.outcome AS outcome, b.turn_id != '' AS old,
        if(a.outcome = 'failed', b.turn_id != '', a.is_flagged = 1) AS now
    FROM @after AS a LEFT JOIN (@before) AS b ON a.turn_id = b.turn_id
)
"""
_LISTED: Final = """
SELECT c.turn_id AS turn_id, c.trace_id AS trace_id, c.explanation AS explanation, c.confidence AS confidence,
    substringUTF8(t.input_text, 1, 300) AS input_text, substringUTF8(t.output_text, 1, 300) AS output_text
FROM (
    SELECT a.turn_id AS turn_id, a.trace_id AS trace_id,
        if(a.is_flagged = 1, a.explanation, b.explanation) AS explanation,
        if(a.is_flagged = 1, a.confidence, b.confidence) AS confidence
    FROM @after AS a LEFT JOIN (@before) AS b ON a.turn_id = b.turn_id
    WHERE a.outcome != 'failed' AND (a.is_flagged = 1) = {now:UInt8} AND (b.turn_id != '') = {old:UInt8}
    ORDER BY sipHash64(a.turn_id) LIMIT {limit:UInt32}
) AS c
LEFT JOIN (SELECT turn_id, input_text, output_text FROM turn FINAL WHERE @project AND turn_id IN (
    SELECT turn_id FROM @after WHERE is_flagged = 1 UNION ALL SELECT turn_id FROM (@before)
)) AS t ON t.turn_id = c.turn_id
ORDER BY c.confidence DESC, c.turn_id
"""


def _queries(before: str, name: str) -> tuple[Query[Counts], Query[Example]]:
    pieces = {"before": before, "after": _AFTER}
    return (
        Query(f"counts_of_rerun_{name}", fill(_COUNTS, **pieces), Counts),
        Query(f"examples_of_rerun_{name}", fill(_LISTED, **pieces), Example),
    )


_OPEN: Final = _queries(_STANDING, "open")
_DONE: Final = _queries(_KEPT, "on")
_IS: Final[dict[Change, tuple[int, int]]] = {"new": (1, 0), "gone": (0, 1), "same": (1, 1)}


def counts(rerun: Rerun) -> Counts:
    """How many flags come, go and stay, of the turns that were judged so far."""
    query = (_DONE if rerun.is_saved else _OPEN)[0]
    return store().fetch(query, **_parameters(rerun))[0]


def examples(rerun: Rerun, change: Change) -> list[Example]:
    """Some turns of one kind of change, chosen by chance, the surest first."""
    query = (_DONE if rerun.is_saved else _OPEN)[1]
    now, old = _IS[change]
    return store().fetch(query, **_parameters(rerun), now=now, old=old, limit=_EXAMPLES)


def _parameters(rerun: Rerun) -> dict[str, object]:
    return {
        "project_id": rerun.project_id, "rerun_id": rerun.pk, "detector": rerun.detector,
        "start": nanoseconds(rerun.start), "end": nanoseconds(rerun.end),
    }  # fmt: skip
