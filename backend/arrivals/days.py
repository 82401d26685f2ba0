"""What came in to a project in the last days, by day and by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from backend.arrivals.counted import MESSAGES, OTHERS, SCORES, SPANS, Outcome
from backend.arrivals.models import Arrival


@dataclass(frozen=True, slots=True)
class ArrivalDay:
    """Counts of one day (UTC).

    Attributes:
        spans: accepted, also those that came again; told whole or in messages, each of these once.
        scores: accepted.
        messages: accepted messages about spans, of which ``ingest.wire.merging`` makes spans; several may tell one.
        others: metrics and events that were accepted and are not stored.
        repeated: spans among those that were the same as one of the last million before them.
        spooled: spans, scores and messages that were accepted while ClickHouse was away, and waited on disk.
        rejected: left out of requests that were accepted.
        refused: whole requests.
    """

    day: date
    spans: int = 0
    scores: int = 0
    messages: int = 0
    others: int = 0
    repeated: int = 0
    spooled: int = 0
    rejected: int = 0
    refused: int = 0


@dataclass(slots=True)
class ArrivalReason:
    """Why something was refused or left out, over some days.

    Attributes:
        outcome: ``refused`` (requests) or ``rejected`` (spans and the like).
        reason: a code of an error, or words.
        count: how many.
        last_at: when the last one came.
        last_message: what its client was told.
        keys: public keys it came with.
    """

    outcome: str
    reason: str
    last_at: datetime
    count: int = 0
    last_message: str = ""
    keys: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came in, newest day first, and why some of it was not taken, the latest first."""

    days: tuple[ArrivalDay, ...]
    reasons: tuple[ArrivalReason, ...]
    last_accepted_at: datetime | None

    @property
    def newest(self) -> ArrivalDay | None:
        """The last day on which anything came."""
        return self.days[0] if self.days else None


_COLUMNS: Final[dict[tuple[str, str], str]] = {
    (Outcome.ACCEPTED, SPANS): "spans",
    (Outcome.ACCEPTED, SCORES): "scores",
    (Outcome.ACCEPTED, MESSAGES): "messages",
    (Outcome.ACCEPTED, OTHERS): "others",
}


def arrivals_since(project_id: int, since: date) -> Arrivals:
    """Read the counts of a project from a day on; they are at most two seconds old."""
    rows = list(Arrival.objects.filter(project_id=project_id, day__gte=since).select_related("key"))
    stored = [row.last_at for row in rows if row.outcome == Outcome.ACCEPTED and row.reason != OTHERS]
    return Arrivals(_days(rows), _reasons(rows), max(stored, default=None))


def _days(rows: Iterable[Arrival]) -> tuple[ArrivalDay, ...]:
    counts: dict[date, Counter[str]] = {}
    for row in rows:
        column = _COLUMNS.get((row.outcome, row.reason), row.outcome)
        counts.setdefault(row.day, Counter())[column] += row.count
    return tuple(ArrivalDay(day, **counts[day]) for day in sorted(counts, reverse=True))


def _reasons(rows: Iterable[Arrival]) -> tuple[ArrivalReason, ...]:
    found: dict[tuple[str, str], ArrivalReason] = {}
    for row in rows:
        if row.outcome not in {Outcome.REFUSED, Outcome.REJECTED}:
            continue
        one = found.setdefault((row.outcome, row.reason), ArrivalReason(row.outcome, row.reason, row.last_at))
        one.count += row.count
        if row.last_at >= one.last_at:
            one.last_at, one.last_message = row.last_at, row.last_message
        if row.key.public_key not in one.keys:
            one.keys.append(row.key.public_key)
    return tuple(sorted(found.values(), key=lambda one: one.last_at, reverse=True))
