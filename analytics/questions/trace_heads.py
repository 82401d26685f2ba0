"""What the trace list shows of a trace, made of the previews of its spans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analytics.questions.sql import fill
from backend.store.query import Query


@dataclass(frozen=True, slots=True)
class Head:
    """One trace by its spans; see ``TraceRow``."""

    trace_id: str
    name: str
    start_time: datetime
    duration_ms: float
    root_errors: int
    error_spans: int
    error_message: str
    models: list[str]
    operations: list[str]
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_spans: int
    time_to_first_token_ms: float | None
    user_id: str
    conversation_id: str
    environment: str
    service_name: str
    input_preview: str
    output_preview: str
    span_count: int


HEADS: Final = Query(
    "trace_heads",
    fill("""
SELECT
    s.trace_id AS trace_id,
    argMin(s.name, (s.parent_span_id != '', s.start_time)) AS name,
    min(s.start_time) AS start_time,
    (toUnixTimestamp64Nano(max(s.end_time)) - toUnixTimestamp64Nano(min(s.start_time))) / 1e6 AS duration_ms,
    countIf(s.parent_span_id = '' AND s.status = 'error') AS root_errors,
    countIf(s.status = 'error') AS error_spans,
    argMinIf(s.status_message_preview, (s.parent_span_id != '', s.start_time), s.status = 'error') AS error_message,
    arraySort(groupUniqArrayIf(@model, @is_generation AND @model != '')) AS models,
    arraySort(groupUniqArrayIf(s.operation, s.operation != '')) AS operations,
    sumIf(s.input_tokens, @is_metered) AS input_tokens,
    sumIf(s.output_tokens, @is_metered) AS output_tokens,
    sumOrNullIf(s.cost_usd, @is_metered AND s.cost_usd IS NOT NULL) AS cost_usd,
    countIf(@is_metered AND s.cost_usd IS NULL AND s.input_tokens + s.output_tokens > 0) AS unpriced_spans,
    min(s.time_to_first_token_ms) AS time_to_first_token_ms,
    argMinIf(s.user_id, s.start_time, s.user_id != '') AS user_id,
    argMinIf(s.conversation_id, s.start_time, s.conversation_id != '') AS conversation_id,
    argMinIf(s.environment, s.start_time, s.environment != '') AS environment,
    argMinIf(s.service_name, s.start_time, s.service_name != '') AS service_name,
    if(countIf(@said) > 0, argMinIf(s.input_preview, s.start_time, @said),
       argMinIf(s.input_preview, (s.parent_span_id != '', s.start_time), s.input_preview != '')) AS input_preview,
    if(countIf(@answered) > 0, argMaxIf(s.output_preview, s.end_time, @answered),
       argMinIf(s.output_preview, (s.parent_span_id != '', s.start_time), s.output_preview != '')) AS output_preview,
    count() AS span_count
FROM span_preview AS s FINAL
WHERE @project AND trace_id IN {ids:Array(String)}
  AND s.start_time >= fromUnixTimestamp64Nano({first:Int64}) AND s.start_time <= fromUnixTimestamp64Nano({last:Int64})
GROUP BY s.trace_id
""",
        model="if(s.response_model != '', s.response_model, s.request_model)",
        said="@is_generation AND s.input_preview != ''",
        answered="@is_generation AND s.output_preview != ''",
    ),
    Head,
)  # fmt: skip
