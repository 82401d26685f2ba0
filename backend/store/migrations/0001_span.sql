-- One wide row a span. A span that is sent again replaces itself (same ids and start); stored_at decides.
-- stored_at is the engine's clock at insert, so that workers can follow it even through a replayed spool.
CREATE TABLE @span (
    project_id UInt32,
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_span_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    kind LowCardinality(String),
    operation LowCardinality(String),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    time_note LowCardinality(String),
    conversation_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    environment LowCardinality(String),
    release LowCardinality(String),
    service_name LowCardinality(String),
    tags Array(LowCardinality(String)),
    status LowCardinality(String),
    status_message String CODEC(ZSTD(3)),
    error_type LowCardinality(String),
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    response_id String CODEC(ZSTD(1)),
    agent_name LowCardinality(String),
    uncached_input_tokens UInt64 CODEC(T64, ZSTD(1)),
    cached_input_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_write_input_tokens UInt64 CODEC(T64, ZSTD(1)),
    audio_input_tokens UInt64 CODEC(T64, ZSTD(1)),
    visible_output_tokens UInt64 CODEC(T64, ZSTD(1)),
    reasoning_output_tokens UInt64 CODEC(T64, ZSTD(1)),
    audio_output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Float64),
    client_cost_usd Nullable(Float64),
    time_to_first_token_ms Nullable(Float64),
    finish_reasons Array(LowCardinality(String)),
    max_tokens UInt64,
    tool_name LowCardinality(String),
    tool_call_id String CODEC(ZSTD(1)),
    tool_arguments String CODEC(ZSTD(3)),
    tool_result String CODEC(ZSTD(3)),
    prompt_name LowCardinality(String),
    prompt_version LowCardinality(String),
    retrieval_query String CODEC(ZSTD(3)),
    input_messages String CODEC(ZSTD(3)),
    output_messages String CODEC(ZSTD(3)),
    input_text String CODEC(ZSTD(3)),
    output_text String CODEC(ZSTD(3)),
    documents String CODEC(ZSTD(3)),
    tool_definitions String CODEC(ZSTD(3)),
    events String CODEC(ZSTD(3)),
    links String CODEC(ZSTD(3)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    scope_name LowCardinality(String),
    scope_version LowCardinality(String),
    vocabulary LowCardinality(String),
    protocol LowCardinality(String),
    stored_at DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(Delta, ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_span span_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, stored_at)
PARTITION BY toYYYYMM(start_time)
PRIMARY KEY (project_id, start_time)
ORDER BY (project_id, start_time, trace_id, span_id)
SETTINGS index_granularity_bytes = 67108864;

-- What lists and dashboards read: the same span without what is long.
CREATE TABLE @span_preview (
    project_id UInt32,
    trace_id String CODEC(ZSTD(1)),
    span_id String CODEC(ZSTD(1)),
    parent_span_id String CODEC(ZSTD(1)),
    name LowCardinality(String),
    operation LowCardinality(String),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    conversation_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    environment LowCardinality(String),
    release LowCardinality(String),
    service_name LowCardinality(String),
    tags Array(LowCardinality(String)),
    status LowCardinality(String),
    status_message_preview String CODEC(ZSTD(1)),
    error_type LowCardinality(String),
    provider LowCardinality(String),
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    cached_input_tokens UInt64 CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    reasoning_output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Float64),
    time_to_first_token_ms Nullable(Float64),
    finish_reasons Array(LowCardinality(String)),
    tool_name LowCardinality(String),
    prompt_name LowCardinality(String),
    prompt_version LowCardinality(String),
    input_preview String CODEC(ZSTD(1)),
    output_preview String CODEC(ZSTD(1)),
    stored_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_conversation conversation_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_user user_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_stored stored_at TYPE minmax GRANULARITY 1
)
ENGINE = @engine(ReplacingMergeTree, stored_at)
PARTITION BY toYYYYMM(start_time)
PRIMARY KEY (project_id, start_time)
ORDER BY (project_id, start_time, trace_id, span_id);

CREATE MATERIALIZED VIEW @view(span_preview_of_span) TO @local(span_preview) AS
SELECT
    project_id, trace_id, span_id, parent_span_id, name, operation, start_time, end_time, conversation_id, user_id,
    environment, release, service_name, tags, status, substringUTF8(status_message, 1, 200) AS status_message_preview,
    error_type, provider, request_model, response_model,
    uncached_input_tokens + cached_input_tokens + cache_write_input_tokens + audio_input_tokens AS input_tokens,
    cached_input_tokens,
    visible_output_tokens + reasoning_output_tokens + audio_output_tokens AS output_tokens,
    reasoning_output_tokens, cost_usd, time_to_first_token_ms, finish_reasons, tool_name, prompt_name, prompt_version,
    substringUTF8(input_text, 1, 300) AS input_preview, substringUTF8(output_text, 1, 300) AS output_preview, stored_at
FROM @local(span);

-- When each trace ran: turns a trace id into the time range that every other query asks for.
CREATE TABLE @trace_time (
    project_id UInt32,
    trace_id String,
    first_start SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    last_end SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
    last_stored SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = @engine(AggregatingMergeTree)
ORDER BY (project_id, trace_id);

CREATE MATERIALIZED VIEW @view(trace_time_of_span) TO @local(trace_time) AS
SELECT project_id, trace_id, min(start_time) AS first_start, max(end_time) AS last_end, max(stored_at) AS last_stored
FROM @local(span)
GROUP BY project_id, trace_id;
