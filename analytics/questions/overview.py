"""The overview: what happened in the range, beside the range before, each rate with its interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from analytics.questions.scope import Scope
from analytics.questions.sql import fill
from analytics.statistics import intervals
from analytics.statistics.intervals import Estimate
from backend.store.connection import store
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted in one range; turns are the unit, so that pages agree.

    Attributes:
        traces: that began in the range, also those without a turn.
        errors: turns that ended in an error.
        flagged_turns: turns with at least one flag.
        latency_p50_ms: None where nothing was measured; so with the other quantiles.
        ttft_n: turns that tell their time to first token.
        cost_usd: of what has a price.
        unpriced_spans: metered spans with tokens and no price.
        unpriced_turns: turns that hold such a span: the cost is too low by theirs.
    """

    traces: int
    turns: int
    conversations: int
    users: int
    errors: int
    flagged_turns: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    ttft_p50_ms: float | None
    ttft_p95_ms: float | None
    ttft_n: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    unpriced_spans: int
    unpriced_turns: int

    @property
    def error_rate(self) -> Estimate:
        """Share of turns that ended in an error, with its Wilson interval."""
        return intervals.rate(self.errors, self.turns)

    @property
    def flag_rate(self) -> Estimate:
        """Share of turns with a flag, with its Wilson interval."""
        return intervals.rate(self.flagged_turns, self.turns)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the time series; quantiles are None where nothing was measured."""

    start: datetime
    turns: int
    conversations: int
    errors: int
    flagged_turns: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    ttft_p50_ms: float | None
    tokens: int
    cost_usd: float

    @classmethod
    def nothing(cls, start: datetime) -> Step:
        """A step in which nothing happened."""
        return cls(start, 0, 0, 0, 0, None, None, None, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened, beside what happened before."""

    now: Totals
    before: Totals
    steps: tuple[Step, ...]
    bucket_s: int


@dataclass(frozen=True, slots=True)
class _Turns:
    turns: int
    conversations: int
    users: int
    errors: int
    flagged_turns: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    ttft_p50_ms: float | None
    ttft_p95_ms: float | None
    ttft_n: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    unpriced_spans: int
    unpriced_turns: int


@dataclass(frozen=True, slots=True)
class _Traces:
    traces: int


_TURNS: Final = Query(
    "overview_turns",
    fill(
        """
SELECT
    count() AS turns,
    uniqExact(t.conversation_id) AS conversations,
    uniqExactIf(t.user_id, t.user_id != '') AS users,
    countIf(t.status = 'error') AS errors,
    countIf(@flagged) AS flagged_turns,
    @p50 AS latency_p50_ms,
    @p95 AS latency_p95_ms,
    quantileExactInclusive(0.5)(t.time_to_first_token_ms) AS ttft_p50_ms,
    quantileExactInclusive(0.95)(t.time_to_first_token_ms) AS ttft_p95_ms,
    count(t.time_to_first_token_ms) AS ttft_n,
    sum(t.input_tokens) AS input_tokens,
    sum(t.output_tokens) AS output_tokens,
    sum(ifNull(t.cost_usd, 0)) AS cost_usd,
    sum(t.unpriced_spans) AS unpriced_spans,
    countIf(t.unpriced_spans > 0) AS unpriced_turns
FROM @turns
"""
    ),
    _Turns,
)

_TRACES: Final = Query(
    "overview_traces",
    fill("""
SELECT uniqExact(trace_id) AS traces
FROM span_preview WHERE @project AND @in_range AND @in_environment AND parent_span_id = ''
"""),
    _Traces,
)

_STEPS: Final = Query(
    "overview_steps",
    fill(
        """
SELECT
    @bucket AS start,
    count() AS turns,
    uniqExact(t.conversation_id) AS conversations,
    countIf(t.status = 'error') AS errors,
    countIf(@flagged) AS flagged_turns,
    @p50 AS latency_p50_ms,
    @p95 AS latency_p95_ms,
    quantileExactInclusive(0.5)(t.time_to_first_token_ms) AS ttft_p50_ms,
    sum(t.input_tokens + t.output_tokens) AS tokens,
    sum(ifNull(t.cost_usd, 0)) AS cost_usd
FROM @turns
GROUP BY start
ORDER BY start
"""
    ),
    Step,
)


def overview(scope: Scope) -> Overview:
    """What happened in the range and in the one before."""
    steps = store().fetch(_STEPS, **scope.parameters(), bucket_s=scope.range.bucket_s)
    found = {step.start: step for step in steps}
    return Overview(
        now=totals(scope),
        before=totals(scope.previous),
        steps=tuple(found.get(start) or Step.nothing(start) for start in scope.range.buckets()),
        bucket_s=scope.range.bucket_s,
    )


def totals(scope: Scope) -> Totals:
    """What was counted in one range."""
    turns = store().fetch(_TURNS, **scope.parameters())[0]
    traces = store().fetch(_TRACES, **scope.parameters())[0]
    return Totals(traces=traces.traces, **asdict(turns))
