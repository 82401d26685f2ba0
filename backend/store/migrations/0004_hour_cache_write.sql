-- Of cache_write_input_tokens, those that the provider keeps for an hour instead of five minutes.
ALTER TABLE @span ADD COLUMN IF NOT EXISTS hour_cache_write_input_tokens UInt64 CODEC(T64, ZSTD(1)) AFTER cache_write_input_tokens;
