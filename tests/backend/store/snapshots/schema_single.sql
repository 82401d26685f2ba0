CREATE TABLE IF NOT EXISTS span (
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
ENGINE = ReplacingMergeTree(stored_at)
PARTITION BY toYYYYMM(start_time)
PRIMARY KEY (project_id, start_time)
ORDER BY (project_id, start_time, trace_id, span_id)
SETTINGS index_granularity_bytes = 67108864;

CREATE TABLE IF NOT EXISTS span_preview (
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
ENGINE = ReplacingMergeTree(stored_at)
PARTITION BY toYYYYMM(start_time)
PRIMARY KEY (project_id, start_time)
ORDER BY (project_id, start_time, trace_id, span_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS span_preview_of_span TO span_preview AS
SELECT
    project_id, trace_id, span_id, parent_span_id, name, operation, start_time, end_time, conversation_id, user_id,
    environment, release, service_name, tags, status, substringUTF8(status_message, 1, 200) AS status_message_preview,
    error_type, provider, request_model, response_model,
    uncached_input_tokens + cached_input_tokens + cache_write_input_tokens + audio_input_tokens AS input_tokens,
    cached_input_tokens,
    visible_output_tokens + reasoning_output_tokens + audio_output_tokens AS output_tokens,
    reasoning_output_tokens, cost_usd, time_to_first_token_ms, finish_reasons, tool_name, prompt_name, prompt_version,
    substringUTF8(input_text, 1, 300) AS input_preview, substringUTF8(output_text, 1, 300) AS output_preview, stored_at
FROM span;

CREATE TABLE IF NOT EXISTS trace_time (
    project_id UInt32,
    trace_id String,
    first_start SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    last_end SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
    last_stored SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = AggregatingMergeTree()
ORDER BY (project_id, trace_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_time_of_span TO trace_time AS
SELECT project_id, trace_id, min(start_time) AS first_start, max(end_time) AS last_end, max(stored_at) AS last_stored
FROM span
GROUP BY project_id, trace_id;

CREATE TABLE IF NOT EXISTS turn (
    project_id UInt32,
    turn_id String,
    trace_id String,
    conversation_id String,
    position UInt32,
    user_id String,
    environment LowCardinality(String),
    release LowCardinality(String),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    input_text String CODEC(ZSTD(3)),
    output_text String CODEC(ZSTD(3)),
    input_span_id String,
    output_span_id String,
    documents String CODEC(ZSTD(3)),
    tool_calls String CODEC(ZSTD(3)),
    status LowCardinality(String),
    error_type LowCardinality(String),
    error_message String CODEC(ZSTD(3)),
    error_span_id String,
    finish_reason LowCardinality(String),
    max_tokens UInt64,
    request_model LowCardinality(String),
    response_model LowCardinality(String),
    prompt_name LowCardinality(String),
    prompt_version LowCardinality(String),
    span_count UInt32,
    input_tokens UInt64,
    output_tokens UInt64,
    cost_usd Nullable(Float64),
    unpriced_spans UInt32,
    time_to_first_token_ms Nullable(Float64),
    version UInt64,
    is_deleted UInt8,
    INDEX by_conversation conversation_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, turn_id);

CREATE TABLE IF NOT EXISTS embedding (
    project_id UInt32,
    text_key FixedString(64),
    model LowCardinality(String),
    vector Array(Float32) CODEC(ZSTD(1)),
    stored_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (project_id, model, text_key);

CREATE TABLE IF NOT EXISTS topic_assignment (
    project_id UInt32,
    conversation_id String,
    fit_id UInt32,
    topic_id UInt32,
    state LowCardinality(String),
    similarity Float32,
    vote_share Float32,
    map_x Nullable(Float32),
    map_y Nullable(Float32),
    turn_count UInt32,
    start_time DateTime64(9, 'UTC'),
    user_id String,
    environment LowCardinality(String),
    first_text String CODEC(ZSTD(3)),
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, fit_id, conversation_id);

CREATE TABLE IF NOT EXISTS flag (
    project_id UInt32,
    flag_id String,
    detector LowCardinality(String),
    detector_version LowCardinality(String),
    severity LowCardinality(String),
    confidence Float32,
    explanation String CODEC(ZSTD(3)),
    evidence String CODEC(ZSTD(3)),
    turn_id String,
    trace_id String,
    span_id String,
    conversation_id String,
    turn_time DateTime64(9, 'UTC'),
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, turn_id, detector);

CREATE TABLE IF NOT EXISTS score (
    project_id UInt32,
    score_id String,
    name LowCardinality(String),
    value Nullable(Float64),
    label String,
    explanation String CODEC(ZSTD(3)),
    source LowCardinality(String),
    author String,
    trace_id String,
    span_id String,
    turn_id String,
    conversation_id String,
    time DateTime64(9, 'UTC'),
    version UInt64,
    is_deleted UInt8,
    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_turn turn_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, score_id);

CREATE TABLE IF NOT EXISTS ledger (
    project_id UInt32,
    analyser LowCardinality(String),
    analyser_version LowCardinality(String),
    subject_id String,
    outcome LowCardinality(String),
    reason String,
    subject_time DateTime64(9, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, analyser, subject_id);

CREATE TABLE IF NOT EXISTS wire_part (
    project_id UInt32,
    api LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    item_id String CODEC(ZSTD(1)),
    kind LowCardinality(String),
    part_id String CODEC(ZSTD(1)),
    sent_at Int64,
    body String CODEC(ZSTD(3)),
    stored_at DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(Delta, ZSTD(1)),
    INDEX by_stored stored_at TYPE minmax GRANULARITY 1,
    INDEX by_item item_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (project_id, api, trace_id, item_id, part_id)
TTL toDateTime(stored_at) + INTERVAL 30 DAY;

ALTER TABLE span ADD COLUMN IF NOT EXISTS hour_cache_write_input_tokens UInt64 CODEC(T64, ZSTD(1)) AFTER cache_write_input_tokens;

ALTER TABLE span
    MODIFY COLUMN input_messages String CODEC(ZSTD(3, 24))
        SETTINGS (min_compress_block_size = 16777216, max_compress_block_size = 16777216),
    MODIFY COLUMN tool_definitions String CODEC(ZSTD(3, 24))
        SETTINGS (min_compress_block_size = 16777216, max_compress_block_size = 16777216);

CREATE TABLE IF NOT EXISTS shadow (
    project_id UInt32,
    rerun_id UInt32,
    side LowCardinality(String),
    turn_id String,
    outcome LowCardinality(String),
    reason String,
    is_flagged UInt8,
    detector_version LowCardinality(String),
    severity LowCardinality(String),
    confidence Float32,
    explanation String CODEC(ZSTD(3)),
    evidence String CODEC(ZSTD(3)),
    trace_id String,
    span_id String,
    conversation_id String,
    turn_time DateTime64(9, 'UTC'),
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, rerun_id, side, turn_id);

ALTER TABLE turn ADD COLUMN IF NOT EXISTS input_cut UInt64 CODEC(T64, ZSTD(1)) AFTER time_to_first_token_ms;

ALTER TABLE turn ADD COLUMN IF NOT EXISTS output_cut UInt64 CODEC(T64, ZSTD(1)) AFTER input_cut;

CREATE TABLE IF NOT EXISTS trace_fate (
    project_id UInt32,
    trace_id String CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    fate LowCardinality(String),
    reason LowCardinality(String),
    rate Float64,
    spans UInt32,
    decided_at DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(decided_at)
ORDER BY (project_id, trace_id);

ALTER TABLE span MODIFY SETTING min_bytes_for_wide_part = 134217728;

ALTER TABLE span_preview MODIFY SETTING min_bytes_for_wide_part = 134217728;
