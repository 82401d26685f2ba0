-- A block of spans is 10 to 20 MiB, above the 10 MiB from which each of sixty columns gets two files of its own, written,
-- synced and merged away again. One file a part costs a fifth less; what merges make of them still gets a file a column.
ALTER TABLE @local(span) MODIFY SETTING min_bytes_for_wide_part = 134217728;
ALTER TABLE @local(span_preview) MODIFY SETTING min_bytes_for_wide_part = 134217728;
