-- What a re-run of a detector found, kept apart from flags, and what its switching on replaced. side: after, before.
CREATE TABLE @shadow (
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
ENGINE = @engine(ReplacingMergeTree, version, is_deleted)
ORDER BY (project_id, rerun_id, side, turn_id);
