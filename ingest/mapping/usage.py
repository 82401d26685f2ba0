"""Token counts as clients give them, turned into buckets that never overlap."""

from __future__ import annotations

from typing import Any

from backend.telemetry import semconv as sc
from ingest.mapping.draft import Draft
from ingest.mapping.raw import usage_in
from ingest.mapping.tables import put_cost
from ingest.mapping.values import whole
from ingest.wire.usage import buckets

_INPUT = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "audio_input")
_OUTPUT = ("output_tokens", "reasoning_tokens", "audio_output")
_TOTALS = (sc.GEN_AI_USAGE_TOTAL_TOKENS, sc.LLM_USAGE_TOTAL_TOKENS, sc.OI_TOKENS_TOTAL, "ai.usage.totalTokens")

_WITH_COUNTS = frozenset({"response_data"})  # Logfire's, which tell more than the single counts beside them

# Instrumentations that count cached tokens beside the input, where OpenTelemetry says within.
_BESIDE = ("openlit.instrumentation.anthropic",)


def put_buckets(draft: Draft, fields: dict[str, Any]) -> None:
    """Fill the token buckets.

    OpenTelemetry and OpenInference count cached and audio tokens inside the input, and reasoning and audio inside the
    output. Parts that exceed the whole stood beside it, as Anthropic counts, and so do those that a total holds beside
    input and output, as Bedrock's does. A table of counts in a provider's or client's own words says more than single
    counts and is read where there is one.
    """
    counts = draft.values.get("usage_counts")
    draft.give_back("usage_counts")
    if counts is None and (not has_usage(draft) or draft.sources.get("output_value", ("",))[0] in _WITH_COUNTS):
        counts = usage_in(draft.values.get("output_value", ""))
    if counts:
        put_cost(draft, fields, counts)
        found = buckets(counts)
        if any(found.values()):
            fields.update(found)
            for slot in (*_INPUT, *_OUTPUT):
                draft.values.pop(slot, None)
            return
    total, cached, written, audio = (draft.values.get(slot, 0) for slot in _INPUT)
    apart = _apart(draft)
    beside = total < cached + written or fields["scope_name"].startswith(_BESIDE) or 0 < cached + written == apart
    fields["uncached_input_tokens"] = max(0, total - audio - (0 if beside else cached + written))
    fields["cached_input_tokens"] = cached
    fields["cache_write_input_tokens"] = written
    fields["audio_input_tokens"] = audio
    if total < cached + written + audio:
        _keep(draft, _INPUT)
    total, reasoning, audio = (draft.values.get(slot, 0) for slot in _OUTPUT)
    beside = 0 < reasoning == apart
    fields["visible_output_tokens"] = max(0, total - audio - (0 if beside else reasoning))
    fields["reasoning_output_tokens"] = reasoning
    fields["audio_output_tokens"] = audio
    if total < reasoning + audio:
        _keep(draft, _OUTPUT)
    for slot in (*_INPUT, *_OUTPUT):
        draft.values.pop(slot, None)


def _apart(draft: Draft) -> int:
    """Tokens that a total has beside input and output; 0 where none is told."""
    for name in _TOTALS:
        try:
            total = whole(draft.rest[name])
        except (KeyError, ValueError):
            continue
        told: int = draft.values.get("input_tokens", 0) + draft.values.get("output_tokens", 0)
        return total - told
    return 0


def give_back_usage(draft: Draft) -> None:
    """Leave token counts among the attributes: agents and workflows repeat those of the calls inside them."""
    for slot in (*_INPUT, *_OUTPUT, "usage_counts"):
        draft.give_back(slot)


def has_usage(draft: Draft) -> bool:
    """Whether the span counts tokens."""
    return any(slot in draft.values for slot in ("input_tokens", "output_tokens", "usage_counts"))


def _keep(draft: Draft, slots: tuple[str, ...]) -> None:
    for slot in slots:
        if slot in draft.values:
            draft.keep(slot)
