"""The hourly series of a rule: read once a slice, whatever number of it is watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from analytics.questions.marks import published_fit
from analytics.questions.scope import Range, Scope
from analytics.questions.sql import fill
from backend.alerts.models import Metric, Rule
from backend.store.connection import store
from backend.store.query import Query

if TYPE_CHECKING:
    from analytics.statistics.seasonal import Family, Series

HOUR: Final = timedelta(hours=1)
LEAST_SCORES: Final = 5
"""Scores an hour must hold for its mean to say anything."""
_EPOCH_MONDAY: Final = 4 * 24
"""Hours from 1970-01-01, a Thursday, to the first Monday."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour of a slice held; levels are None where there was nothing."""

    hour: int
    turns: int
    errors: int
    flagged: int
    in_topic: int
    latency_p50: float | None
    latency_p95: float | None
    priced: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class ScoredHour:
    """Mean and number of the scores of one hour."""

    hour: int
    scores: int
    mean: float


# A turn that ran into the next hour belongs to the hour it began in.
_HOUR = "intDiv(toUnixTimestamp(t.start_time), 3600)"
_TOPIC = (
    "t.conversation_id IN (SELECT conversation_id FROM topic_assignment FINAL"
    " WHERE @project AND fit_id = {fit_id:UInt32} AND topic_id = {topic:UInt32})"
)
_SLICE = "({model:String} = '' OR @model = {model:String}) AND ({topic_slice:UInt8} = 0 OR @topic)"
_HOURS: Final = Query(
    "hours_of_a_slice",
    fill(
        """
SELECT @hour AS hour, count() AS turns, countIf(t.status = 'error') AS errors,
    countIf(t.turn_id IN (SELECT turn_id FROM flag FINAL
        WHERE @project AND @flag_range AND ({target:String} = '' OR detector = {target:String}))) AS flagged,
    countIf(@topic) AS in_topic,
    @p50 AS latency_p50, @p95 AS latency_p95, count(t.cost_usd) AS priced, avg(t.cost_usd) AS cost
FROM @turns
WHERE @slice
GROUP BY hour ORDER BY hour
""",
        hour=_HOUR,
        topic=_TOPIC,
        slice=_SLICE,
    ),
    Hour,
    "worker",
)
_SCORES: Final = Query(
    "scored_hours",
    fill(
        """
SELECT intDiv(toUnixTimestamp(s.time), 3600) AS hour, count() AS scores, avg(assumeNotNull(s.value)) AS mean
FROM (SELECT time, value, trace_id FROM score FINAL
    WHERE @project AND name = {target:String} AND value IS NOT NULL
      AND time >= fromUnixTimestamp64Nano({start:Int64}) AND time < fromUnixTimestamp64Nano({end:Int64})) AS s
WHERE {whole:UInt8} = 1 OR s.trace_id IN (SELECT t.trace_id FROM @turns WHERE @slice)
GROUP BY hour ORDER BY hour
""",
        topic=_TOPIC,
        slice=_SLICE,
    ),
    ScoredHour,
    "worker",
)


def last_full_hour(now: datetime, settle: timedelta = timedelta(minutes=5)) -> datetime:
    """End of the newest hour that is over and whose turns have had time to come in."""
    return (now - settle).replace(minute=0, second=0, microsecond=0)


def series_of(rule: Rule, end: datetime, weeks: float) -> Series:
    """Read the series of a rule: the ``weeks`` before ``end``, or from its first data on, without gaps.

    Args:
        rule: what is watched.
        end: end of the last hour, on the hour.
        weeks: how far back.
    """
    start = end - timedelta(hours=round(weeks * 168))
    first, hours = _index(start), round(weeks * 168)
    scope = Scope(rule.project_id, Range(start, end), rule.environment)
    share = rule.metric == Metric.TOPIC_SHARE
    fit = published_fit(rule.project_id) if rule.topic is not None else None
    parameters = {
        **scope.parameters(),
        "model": rule.model,
        "target": rule.target,
        "topic": rule.topic or 0,
        "fit_id": fit.pk if fit else 0,
        "topic_slice": int(rule.topic is not None and not share),
    }
    if rule.metric == Metric.SCORE:
        whole = int(not (rule.environment or rule.model or rule.topic is not None))
        scored = store().fetch(_SCORES, **parameters, whole=whole)
        return _cut(_levels({one.hour: (one.mean, one.scores) for one in scored}, first, hours, LEAST_SCORES), first)
    rows = {one.hour: one for one in store().fetch(_HOURS, **parameters)}
    return _cut(_of_turns(rule, rows, first, hours), first)


def _of_turns(rule: Rule, rows: dict[int, Hour], first: int, hours: int) -> Series:
    if rule.metric == Metric.COST:
        return _levels({h: (r.cost, r.priced) for h, r in rows.items()}, first, hours)
    if rule.metric == Metric.LATENCY_P50:
        return _levels({h: (r.latency_p50, r.turns) for h, r in rows.items()}, first, hours)
    if rule.metric == Metric.LATENCY_P95:
        return _levels({h: (r.latency_p95, r.turns) for h, r in rows.items()}, first, hours)
    pairs = {hour: _pair(rule.metric, row) for hour, row in rows.items()}
    return _filled("count" if rule.metric == Metric.VOLUME else "rate", pairs, first, hours)


def _pair(metric: str, row: Hour) -> tuple[int, int]:
    if metric == Metric.ERROR_RATE:
        return row.errors, row.turns
    if metric == Metric.FLAG_RATE:
        return row.flagged, row.turns
    if metric == Metric.TOPIC_SHARE:
        return row.in_topic, row.turns
    return row.turns, row.turns


def _filled(family: Family, pairs: dict[int, tuple[int, int]], first: int, hours: int) -> Series:
    import numpy as np

    from analytics.statistics.seasonal import Series

    values, sizes = np.zeros(hours), np.zeros(hours)
    for hour, (value, size) in pairs.items():
        values[hour - first], sizes[hour - first] = value, size
    return Series(family, values, sizes, _week_hour(first))


def _levels(pairs: dict[int, tuple[float | None, float]], first: int, hours: int, least: int = 1) -> Series:
    import numpy as np

    from analytics.statistics.seasonal import Series

    values, sizes = np.full(hours, np.nan), np.zeros(hours)
    for hour, (value, size) in pairs.items():
        sizes[hour - first] = size
        if value is not None and size >= least:
            values[hour - first] = max(value, 1e-6)
    return Series("level", values, sizes, _week_hour(first))


def _cut(series: Series, first: int) -> Series:
    """Leave out what lies before the first data: a project that did not exist yet had no quiet weeks."""
    import numpy as np

    from analytics.statistics.seasonal import Series

    seen = np.flatnonzero(series.sizes > 0)
    start = int(seen[0]) if len(seen) else len(series)
    return Series(series.family, series.values[start:], series.sizes[start:], _week_hour(first + start))


def _index(moment: datetime) -> int:
    return round(moment.timestamp()) // 3600


def _week_hour(index: int) -> int:
    return (index - _EPOCH_MONDAY) % 168
