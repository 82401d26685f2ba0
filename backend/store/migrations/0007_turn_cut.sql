-- Turns hold the first 262,144 characters of what was said; how many more the span has.
ALTER TABLE @turn ADD COLUMN IF NOT EXISTS input_cut UInt64 CODEC(T64, ZSTD(1)) AFTER time_to_first_token_ms;
ALTER TABLE @turn ADD COLUMN IF NOT EXISTS output_cut UInt64 CODEC(T64, ZSTD(1)) AFTER input_cut;
