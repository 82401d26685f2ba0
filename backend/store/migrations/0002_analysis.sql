-- One exchange: what the user said and what came back. Built by workers from spans and built again when spans arrive late;
-- the newest version counts and a turn that no longer exists is marked deleted.
CREATE TABLE @turn (
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
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
ORDER BY (project_id, turn_id);

-- Vectors of what users said, once a text and model.
CREATE TABLE @embedding (
    project_id UInt32,
    text_key FixedString(64),
    model LowCardinality(String),
    vector Array(Float32) CODEC(ZSTD(1)),
    stored_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = @engine(ReplacingMergeTree, stored_at)
ORDER BY (project_id, model, text_key);

-- In which topic a conversation stands by one fitted model; topic_id 0 is Other.
CREATE TABLE @topic_assignment (
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
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
ORDER BY (project_id, fit_id, conversation_id);

-- A detector's finding about a turn, with the words it found.
CREATE TABLE @flag (
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
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
ORDER BY (project_id, turn_id, detector);

-- One judgement by a person, a client or an analyser; which ids are set says of what.
CREATE TABLE @score (
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
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
ORDER BY (project_id, score_id);

-- What ran on what: nothing is silently not evaluated. outcome: matched, sampled_out, ran, unjudged, failed.
CREATE TABLE @ledger (
    project_id UInt32,
    analyser LowCardinality(String),
    analyser_version LowCardinality(String),
    subject_id String,
    outcome LowCardinality(String),
    reason String,
    subject_time DateTime64(9, 'UTC'),
    version UInt64
)
ENGINE = @engine(ReplacingMergeTree, version)
ORDER BY (project_id, analyser, subject_id);
