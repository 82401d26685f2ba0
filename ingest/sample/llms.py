"""The models the assistant runs on: what they are called, how fast they are and how they count."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model.

    Attributes:
        name: what is asked for.
        dated: what answers.
        provider: in OpenTelemetry's words.
        first_token_s: median time to the first token, without the time for reading the input.
        tokens_per_s: median speed of writing.
        reasons: spends tokens on thinking before the first visible one.
        answer_prefix: how its answers' ids begin.
        call_prefix: how its tool calls' ids begin.
    """

    name: str
    dated: str
    provider: str
    first_token_s: float
    tokens_per_s: float
    reasons: bool = False
    answer_prefix: str = "chatcmpl-"
    call_prefix: str = "call_"


GPT_4O_MINI: Final = Model(
    name="gpt-4o-mini", dated="gpt-4o-mini-2024-07-18", provider="openai", first_token_s=0.42, tokens_per_s=95
)
GPT_4O: Final = Model(name="gpt-4o", dated="gpt-4o-2024-08-06", provider="openai", first_token_s=0.55, tokens_per_s=70)
GPT_5_MINI: Final = Model(
    name="gpt-5-mini",
    dated="gpt-5-mini-2025-08-07",
    provider="openai",
    first_token_s=0.6,
    tokens_per_s=110,
    reasons=True,
)
SONNET: Final = Model(
    name="claude-sonnet-4-5", dated="claude-sonnet-4-5-20250929", provider="anthropic",
    first_token_s=1.05, tokens_per_s=62, answer_prefix="msg_", call_prefix="toolu_",
)  # fmt: skip
HAIKU: Final = Model(
    name="claude-haiku-4-5", dated="claude-haiku-4-5-20251001", provider="anthropic",
    first_token_s=0.5, tokens_per_s=140, answer_prefix="msg_", call_prefix="toolu_",
)  # fmt: skip

FALLBACK: Final = HAIKU
EARLY_MIX: Final = {GPT_4O_MINI: 55, GPT_4O: 25, SONNET: 20}
LATE_MIX: Final = {GPT_4O_MINI: 40, SONNET: 32, GPT_5_MINI: 18, GPT_4O: 10}

_CACHE_FROM_TOKENS: Final = 1024  # below that providers cache nothing
_CACHE_STEP_TOKENS: Final = 128


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, in OpenTelemetry's inclusive counting.

    Attributes:
        input_tokens: all input, cached or not.
        cached_tokens: the part of it that came from a cache.
        output_tokens: all output, reasoning included.
        reasoning_tokens: the part of it that was thinking.
    """

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int


def count_tokens(text: str) -> int:
    """About four and a bit characters make a token in English."""
    return round(len(text) / 4.2) if text else 0


def measure(model: Model, input_tokens: int, shared_tokens: int, output_text: str, dice: Random) -> Usage:
    """Tokens of one call; ``shared_tokens`` of its input were sent before and may come from the cache."""
    shared = min(shared_tokens, input_tokens)
    hit = shared >= _CACHE_FROM_TOKENS and dice.random() < 0.85
    reasoning = 64 * dice.choice((1, 1, 2, 3, 5)) if model.reasons and output_text else 0
    return Usage(
        input_tokens=input_tokens,
        cached_tokens=shared // _CACHE_STEP_TOKENS * _CACHE_STEP_TOKENS if hit else 0,
        output_tokens=count_tokens(output_text) + reasoning,
        reasoning_tokens=reasoning,
    )


def first_token_ns(model: Model, usage: Usage, dice: Random) -> int:
    """Time to the first visible token: the queue, reading what is not cached, and thinking."""
    reading = (usage.input_tokens - usage.cached_tokens) * 0.00012
    thinking = usage.reasoning_tokens / model.tokens_per_s
    return round((dice.lognormvariate(0, 0.35) * model.first_token_s + reading + thinking) * SECOND)


def writing_ns(model: Model, usage: Usage, dice: Random) -> int:
    """Time from the first visible token to the last."""
    visible = usage.output_tokens - usage.reasoning_tokens
    return round(dice.lognormvariate(0, 0.2) * visible / model.tokens_per_s * SECOND)
