"""Token counts in every shape that providers and clients send, as buckets that never overlap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingest.mapping.values import whole
from ingest.wire.reading import rows, table

_IN_DETAILS = (
    "prompt_tokens_details", "input_tokens_details", "input_token_details", "inputTokenDetails", "prompt_details",
)  # fmt: skip
_OUT_DETAILS = (
    "completion_tokens_details", "output_tokens_details", "output_token_details", "outputTokenDetails",
    "completion_details",
)  # fmt: skip
_ASKED = ("prompt_tokens", "input_tokens", "input", "promptTokens", "inputTokens", "inputTokenCount")
_ANSWERED = (
    "completion_tokens", "output_tokens", "output", "completionTokens", "outputTokens", "outputTokenCount",
)  # fmt: skip
_TOTAL = ("total_tokens", "total", "totalTokens")
_READ = (
    "cache_read_input_tokens", "input_cache_read", "input_cached_tokens", "cached_tokens", "cache_read",
    "cacheReadTokens", "cachedInputTokens", "cacheReadInputTokens", "cacheReadInputTokenCount",
    "prompt_cache_hit_tokens",
)  # fmt: skip
_WRITE = (
    "cache_creation_input_tokens", "input_cache_creation", "cache_write_tokens", "cache_creation", "cache_write",
    "cacheWriteTokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount",
)  # fmt: skip
_REASONING = ("output_reasoning", "output_reasoning_tokens", "reasoning_tokens", "reasoning", "reasoningTokens")
_AUDIO = ("audio_tokens", "audio", "input_audio_tokens", "output_audio_tokens")
_AUDIO_APART = (("input_audio_tokens", "input_audio"), ("output_audio_tokens", "output_audio"))
"""Langfuse's handlers take them out of the input and the output, as they do with reasoning."""
_OUT_APART = ("output_reasoning", "output_reasoning_tokens", *_AUDIO_APART[1])

_BEDROCK: Final = frozenset(
    {"cacheReadInputTokens", "cacheWriteInputTokens", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"}
)
"""Names whose provider counts what is cached beside the input, always."""

_WITHIN: Final = frozenset({"prompt_tokens", "cachedInputTokens"})
"""Names whose senders count what is cached within the input, always."""

_GEMINI: Final = frozenset({"prompt_token_count", "promptTokenCount", "candidates_token_count", "candidatesTokenCount"})
_MODALITY: Final = "_modality_"
_SOUND: Final = ("audio", "4")
"""A modality's name, and its number in Vertex AI's messages."""

_FOR_HOUR: Final = (
    "ephemeral_1h_input_tokens", "input_ephemeral_1h_input_tokens", "cache_creation_ephemeral_1h_input_tokens",
    "cache_creation_input_tokens_above_1hr",
)  # fmt: skip
_FOR_MINUTES: Final = (
    "ephemeral_5m_input_tokens", "input_ephemeral_5m_input_tokens", "cache_creation_ephemeral_5m_input_tokens",
)  # fmt: skip
"""Anthropic's names, as LangChain and Langfuse put others before them; MLflow's own."""


def buckets(usage: Mapping[str, Any]) -> dict[str, int]:
    """Read counts of one call, each provider's by its own convention.

    OpenAI's, LangChain's and Vercel's counts hold the cached tokens within the input and reasoning within the output;
    Anthropic's, Bedrock's and Langfuse's stand beside it; Gemini's hold the cached within and have reasoning beside.
    A total decides, where there is one: what it holds beside input and output stood beside them.
    """
    if not _GEMINI.isdisjoint(usage):
        return _gemini(usage)
    if told := _of_vertex(usage):
        return _gemini(told)
    inside, outside = _details(usage, _IN_DETAILS), _details(usage, _OUT_DETAILS)
    read, written = _count(inside, *_READ) or _count(usage, *_READ), _count(inside, *_WRITE) or _count(usage, *_WRITE)
    for_hour, for_minutes = _lifetimes(usage, inside)
    written = written or for_hour + for_minutes
    reasoning = _count(outside, *_REASONING) or _count(usage, *_REASONING)
    audio_in = _count(inside, *_AUDIO) or _count(usage, *_AUDIO_APART[0])
    audio_out = _count(outside, *_AUDIO) or _count(usage, *_AUDIO_APART[1])
    asked, answered, total = _count(usage, *_ASKED), _count(usage, *_ANSWERED), _count(usage, *_TOTAL)
    beside = not _BEDROCK.isdisjoint(usage) or (
        not inside and _WITHIN.isdisjoint(usage) and not (total and asked + answered == total)
    )
    if not usage.keys().isdisjoint(_OUT_APART) or (reasoning and asked + answered + reasoning == total):  # xAI's
        visible = answered
    else:
        visible = max(0, answered - reasoning - audio_out)
    spent = visible + reasoning + audio_out
    if not beside and asked >= read + written:
        uncached = max(0, asked - read - written - audio_in)
    elif beside and total and _BEDROCK.isdisjoint(usage) and asked + read + written + audio_in + spent > total:
        uncached = max(0, total - spent - read - written - audio_in)
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


def fullest(*usages: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of several tables of counts of one call the one that tells most buckets, the first of equals.

    A gateway's totals often stand beside the provider's own table, which says what of them was cached.
    """
    told = [(sum(1 for count in buckets(usage).values() if count), usage) for usage in usages if usage]
    best = max((count for count, _ in told), default=0)
    return next((usage for count, usage in told if count == best), {})


def _gemini(usage: Mapping[str, Any]) -> dict[str, int]:
    """Gemini's counts: what tools put in stands beside the prompt, as do thoughts beside the answer.

    Some of its services count thoughts within the answer; the total tells.
    """
    asked = _count(usage, "prompt_token_count", "promptTokenCount")
    asked += _count(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount")
    read = min(asked, _count(usage, "cached_content_token_count", "cachedContentTokenCount"))
    answered = _count(usage, "candidates_token_count", "candidatesTokenCount")
    thoughts = _count(usage, "thoughts_token_count", "thoughtsTokenCount")
    total = _count(usage, "total_token_count", "totalTokenCount")
    if thoughts and asked + answered == total:
        answered = max(0, answered - thoughts)
    heard = _heard(usage, "prompt_tokens_details", "promptTokensDetails")
    heard -= min(heard, _heard(usage, "cache_tokens_details", "cacheTokensDetails"))
    audio_in = min(heard, asked - read)
    audio_out = min(answered, _heard(usage, "candidates_tokens_details", "candidatesTokensDetails"))
    return {
        "uncached_input_tokens": asked - read - audio_in,
        "cached_input_tokens": read,
        "cache_write_input_tokens": 0,
        "hour_cache_write_input_tokens": 0,
        "audio_input_tokens": audio_in,
        "visible_output_tokens": answered - audio_out,
        "reasoning_output_tokens": thoughts,
        "audio_output_tokens": audio_out,
    }


def _heard(usage: Mapping[str, Any], *names: str) -> int:
    """Tokens of sound in Gemini's list of counts by modality."""
    listed = next((found for name in names if (found := rows(usage.get(name)))), [])
    return sum(
        _count(one, "token_count", "tokenCount") for one in listed if str(one.get("modality")).upper().endswith("AUDIO")
    )


def _of_vertex(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Gemini's counts, of what Langfuse's LangChain handler makes of them; empty where these are none.

    It calls prompt and candidates input and output, takes each modality out of them, and leaves the rest as it is.
    """
    told = {name: _count(usage, name) for name in usage}
    parts = {name: count for name, count in told.items() if _MODALITY in name}
    cached, thoughts = _count(usage, "cached_content_token_count"), _count(usage, "thoughts_token_count")
    if not (parts or cached or thoughts):
        return {}
    sums = {side: sum(parts[name] for name in parts if name.startswith(side)) for side in ("input", "output", "cached")}
    found: dict[str, Any] = {
        "prompt_token_count": told.get("input", 0) + sums["input"] + sums["cached"],
        "candidates_token_count": told.get("output", 0) + sums["output"],
        "cached_content_token_count": cached or sums["cached"],
        "thoughts_token_count": thoughts,
        "total_token_count": told.get("total", 0),
    }
    for side, name in (("input", "prompt_tokens_details"), ("output", "candidates_tokens_details")):
        heard = sum(parts[key] for key in parts if key.startswith(side) and key.lower().endswith(_SOUND))
        found[name] = [{"modality": "AUDIO", "token_count": heard}]
    return found


def _lifetimes(usage: Mapping[str, Any], inside: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens written to a cache for an hour, and for five minutes, in Anthropic's and in Bedrock's words."""
    places = (table(usage.get("cache_creation")), inside, usage)
    hour = next((count for place in places if (count := _count(place, *_FOR_HOUR))), 0)
    minutes = next((count for place in places if (count := _count(place, *_FOR_MINUTES))), 0)
    for one in rows(usage.get("cacheDetails")):
        if one.get("ttl") == "1h":
            hour += _count(one, "inputTokens")
        else:
            minutes += _count(one, "inputTokens")
    return hour, minutes


def _details(usage: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return next((found for name in names if (found := table(usage.get(name)))), {})


def _count(values: Mapping[str, Any], *names: str) -> int:
    for name in names:
        try:
            return whole(values[name])
        except (KeyError, ValueError):
            continue
    return 0
