"""Token counts as clients give them, turned into buckets that never overlap."""

from __future__ import annotations

from typing import Any

from ingest.mapping.draft import Draft

_INPUT = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "audio_input")
_OUTPUT = ("output_tokens", "reasoning_tokens", "audio_output")


def put_buckets(draft: Draft, fields: dict[str, Any]) -> None:
    """Fill the token buckets.

    OpenTelemetry and OpenInference count cached and audio tokens inside the input, and reasoning and audio inside the
    output. Where the parts exceed the whole, the rest is 0 and the counts stay among the attributes as they came.
    """
    total, cached, written, audio = (draft.values.get(slot, 0) for slot in _INPUT)
    fields["uncached_input_tokens"] = max(0, total - cached - written - audio)
    fields["cached_input_tokens"] = cached
    fields["cache_write_input_tokens"] = written
    fields["audio_input_tokens"] = audio
    if total < cached + written + audio:
        _keep(draft, _INPUT)
    total, reasoning, audio = (draft.values.get(slot, 0) for slot in _OUTPUT)
    fields["visible_output_tokens"] = max(0, total - reasoning - audio)
    fields["reasoning_output_tokens"] = reasoning
    fields["audio_output_tokens"] = audio
    if total < reasoning + audio:
        _keep(draft, _OUTPUT)
    for slot in (*_INPUT, *_OUTPUT):
        draft.values.pop(slot, None)


def give_back_usage(draft: Draft) -> None:
    """Leave token counts among the attributes: agents and workflows repeat those of the calls inside them."""
    for slot in (*_INPUT, *_OUTPUT):
        draft.give_back(slot)


def has_usage(draft: Draft) -> bool:
    """Whether the span counts tokens."""
    return "input_tokens" in draft.values or "output_tokens" in draft.values


def _keep(draft: Draft, slots: tuple[str, ...]) -> None:
    for slot in slots:
        if slot in draft.values:
            draft.keep(slot)
