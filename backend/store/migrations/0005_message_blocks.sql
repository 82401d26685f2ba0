-- Agents send the whole conversation again with each call. Blocks of 16 MiB and a window as large let the codec see the
-- earlier calls: 0.2 to 0.7 of the bytes, by tests/benchmarks/bytes_per_span.py. See docs/decisions/0005.
ALTER TABLE @local(span)
    MODIFY COLUMN input_messages String CODEC(ZSTD(3, 24))
        SETTINGS (min_compress_block_size = 16777216, max_compress_block_size = 16777216),
    MODIFY COLUMN tool_definitions String CODEC(ZSTD(3, 24))
        SETTINGS (min_compress_block_size = 16777216, max_compress_block_size = 16777216);
