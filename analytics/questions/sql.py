"""Pieces that many questions share, put in by name; values never are, they stay server-side parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from backend.telemetry import operation

_NAME: Final = re.compile(r"@(\w+)")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


_PIECES: Final = {
    "project": "project_id = {project_id:UInt32}",
    "in_range": (
        "start_time >= fromUnixTimestamp64Nano({start:Int64}) AND start_time < fromUnixTimestamp64Nano({end:Int64})"
    ),
    # Spans of traces that began inside the range may begin a while after its end.
    "span_range": (
        "start_time >= fromUnixTimestamp64Nano({start:Int64})"
        " AND start_time < fromUnixTimestamp64Nano({span_end:Int64})"
    ),
    "in_environment": "({environment:String} = '' OR environment = {environment:String})",
    "bucket": "toStartOfInterval(start_time, toIntervalSecond({bucket_s:UInt32}), 'UTC')",
    "is_generation": f"operation IN ({_listed(operation.GENERATION)})",
    "is_metered": f"operation IN ({_listed(operation.METERED)})",
    "is_unpriced": (
        f"operation IN ({_listed(operation.METERED)}) AND cost_usd IS NULL AND input_tokens + output_tokens > 0"
    ),
    "duration_ms": "(toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time)) / 1e6",
    "trace_ms": "(toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time))) / 1e6",
    # Turns of the range under the name t, without what is long.
    "turns": (
        "(SELECT * EXCEPT (input_text, output_text, documents, tool_calls, error_message) FROM turn FINAL"
        " WHERE @project AND @in_range AND @in_environment) AS t"
    ),
    "turn_ms": "(toUnixTimestamp64Nano(t.end_time) - toUnixTimestamp64Nano(t.start_time)) / 1e6",
    # Exact quantiles, as a page's number must not change between two loads.
    "p50": "if(count() = 0, NULL, quantileExactInclusive(0.5)(@turn_ms))",
    "p95": "if(count() = 0, NULL, quantileExactInclusive(0.95)(@turn_ms))",
    "flagged": "t.turn_id IN (SELECT turn_id FROM flag FINAL WHERE @project AND @flag_range)",
    "flag_range": (
        "turn_time >= fromUnixTimestamp64Nano({start:Int64}) AND turn_time < fromUnixTimestamp64Nano({end:Int64})"
    ),
    "span_flag_range": (
        "turn_time >= fromUnixTimestamp64Nano({start:Int64}) AND turn_time < fromUnixTimestamp64Nano({span_end:Int64})"
    ),
    "assigned": (
        "(SELECT conversation_id, topic_id, state, similarity FROM topic_assignment FINAL"
        " WHERE @project AND fit_id = {fit_id:UInt32}) AS a"
    ),
    "model": "if(response_model != '', response_model, request_model)",
}


def fill(text: str, **pieces: str) -> str:
    """Put pieces of SQL where the text says ``@name``; pieces may hold further ones.

    Raises:
        KeyError: no piece has that name.
    """
    known = {**_PIECES, **pieces}
    while _NAME.search(text):
        text = _NAME.sub(lambda found: known[found[1]], text)
    return text
