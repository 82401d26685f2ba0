"""What every question is asked about: a project, a time range, an environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.errors import BadRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BUCKETS_S = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400, 7 * 86400)
_MOST_BUCKETS = 62

SLACK = timedelta(days=1)
"""How long after the end of a range spans are looked for that belong to traces which began inside it."""


def nanoseconds(moment: datetime) -> int:
    """Nanoseconds since 1970, exact: a float would lose the last three digits."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def moment_of(nanos: int) -> datetime:
    """The moment, cut to the microseconds that Python keeps."""
    return _EPOCH + timedelta(microseconds=nanos // 1000)


@dataclass(frozen=True, slots=True)
class Range:
    """From ``start``, included, to ``end``, excluded; both aware of their time zone."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise BadRequest("the time range ends before it starts")

    @classmethod
    def last(cls, length: timedelta, now: datetime | None = None) -> Range:
        """The range of this length that ends now."""
        end = now or datetime.now(UTC)
        return cls(end - length, end)

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    @property
    def previous(self) -> Range:
        """The range of equal length just before."""
        return Range(self.start - self.length, self.start)

    @property
    def bucket_s(self) -> int:
        """Seconds of one step of a time series: the finest that gives at most 62 steps."""
        seconds = self.length.total_seconds()
        return next((step for step in _BUCKETS_S if seconds / step <= _MOST_BUCKETS), _BUCKETS_S[-1])

    def buckets(self) -> list[datetime]:
        """Start of every step of a time series, aligned to UTC as ClickHouse's toStartOfInterval does."""
        return list(self._buckets())

    def _buckets(self) -> Iterator[datetime]:
        step = timedelta(seconds=self.bucket_s)
        moment = self.start - (self.start - _EPOCH) % step
        while moment < self.end:
            yield moment
            moment += step


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question is asked about.

    Attributes:
        project_id: of the project the asker was let into.
        range: of the start of what is asked for.
        environment: empty for all.
    """

    project_id: int
    range: Range
    environment: str = ""

    @property
    def previous(self) -> Scope:
        """The same about the range before."""
        return replace(self, range=self.range.previous)

    def parameters(self) -> dict[str, Any]:
        """What the fragments ``@in_range`` and ``@in_environment`` ask for."""
        return {
            "project_id": self.project_id,
            "start": nanoseconds(self.range.start),
            "end": nanoseconds(self.range.end),
            "span_end": nanoseconds(self.range.end + SLACK),
            "environment": self.environment,
        }
