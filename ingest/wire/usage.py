"""Token counts in every shape that clients of the wire APIs send, as buckets that never overlap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.mapping.values import whole
from ingest.wire.reading import table

_IN_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
_READ = ("cache_read_input_tokens", "input_cache_read", "input_cached_tokens", "cached_tokens", "cache_read")
_WRITE = ("cache_creation_input_tokens", "input_cache_creation", "cache_write_tokens", "cache_creation", "cache_write")
_REASONING = ("output_reasoning", "output_reasoning_tokens", "reasoning_tokens", "reasoning")
_AUDIO = ("audio_tokens", "audio", "input_audio_tokens", "output_audio_tokens")


def buckets(usage: Mapping[str, Any]) -> dict[str, int]:
    """Read counts of one call.

    OpenAI's and LangChain's counts hold the cached tokens within the input; Anthropic's and Langfuse's stand beside
    it. A total that the parts exceed decides: then the parts stood within.
    """
    inside, outside = _details(usage, _IN_DETAILS), _details(usage, _OUT_DETAILS)
    read, written = _count(inside, *_READ) or _count(usage, *_READ), _count(inside, *_WRITE) or _count(usage, *_WRITE)
    for_hour = _count(table(usage.get("cache_creation")), "ephemeral_1h_input_tokens")
    written = written or for_hour + _count(table(usage.get("cache_creation")), "ephemeral_5m_input_tokens")
    reasoning = _count(outside, *_REASONING) or _count(usage, *_REASONING)
    audio_in, audio_out = _count(inside, *_AUDIO), _count(outside, *_AUDIO)
    asked = _count(usage, "prompt_tokens", "input_tokens", "input", "promptTokens", "inputTokens")
    answered = _count(usage, "completion_tokens", "output_tokens", "output", "completionTokens", "outputTokens")
    total = _count(usage, "total_tokens", "total", "totalTokens")
    beside = not inside and "prompt_tokens" not in usage and not (total and asked + answered == total)
    if "output_reasoning" in usage or "output_reasoning_tokens" in usage:
        visible = answered
    else:
        visible = max(0, answered - reasoning - audio_out)
    spent = visible + reasoning + audio_out
    if not beside:
        uncached = max(0, asked - read - written - audio_in)
    elif total and asked + read + written + spent > total:
        uncached = max(0, total - spent - read - written)
    else:
        uncached = asked
    return {
        "uncached_input_tokens": uncached,
        "cached_input_tokens": read,
        "cache_write_input_tokens": written,
        "hour_cache_write_input_tokens": min(for_hour, written),
        "audio_input_tokens": audio_in,
        "visible_output_tokens": visible,
        "reasoning_output_tokens": reasoning,
        "audio_output_tokens": audio_out,
    }


def _details(usage: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return next((found for name in names if (found := table(usage.get(name)))), {})


def _count(values: Mapping[str, Any], *names: str) -> int:
    for name in names:
        try:
            return whole(values[name])
        except (KeyError, ValueError):
            continue
    return 0
