-- What clients of some APIs tell of a span in several messages, in any order; spans are made of all parts of a trace.
-- A message that is sent again replaces itself. Thirty days after the last message a span can no longer be changed.
CREATE TABLE @wire_part (
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
ENGINE = @engine(ReplacingMergeTree, stored_at)
ORDER BY (project_id, api, trace_id, item_id, part_id)
TTL toDateTime(stored_at) + INTERVAL 30 DAY;
