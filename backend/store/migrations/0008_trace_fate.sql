-- What sampling decided of a trace once its hold was over, and at which rate, so that counts of whole spans can be weighted.
-- fate: always (with the reason), by_chance, left_out (its wide rows are deleted; previews and turns stay).
CREATE TABLE @trace_fate (
    project_id UInt32,
    trace_id String CODEC(ZSTD(1)),
    start_time DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    fate LowCardinality(String),
    reason LowCardinality(String),
    rate Float64,
    spans UInt32,
    decided_at DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(Delta, ZSTD(1))
)
ENGINE = @engine(ReplacingMergeTree, decided_at)
ORDER BY (project_id, trace_id);
