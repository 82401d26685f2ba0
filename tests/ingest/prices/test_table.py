"""Prices: which one held, and what a call cost by it."""

from __future__ import annotations

import re
from datetime import date

import pytest

from backend.telemetry.span import Span
from ingest.prices.table import cost_usd, price_on, prices

NOON = 1_790_000_000 * 10**9  # in 2026


def _span(**fields: object) -> Span:
    given = {"operation": "chat", "request_model": "gpt-4o-mini", "provider": "openai", **fields}
    return Span(trace_id="t", span_id="s", start_time=NOON, end_time=NOON, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("provider", "model", "dollars_in"),
    [
        ("openai", "gpt-4o-mini-2024-07-18", 0.15),
        ("openai", "gpt-4o", 2.5),
        ("openai", "gpt-4o-2024-05-13", 5.0),
        ("openai", "gpt-4.1-nano", 0.1),
        ("openai", "o3-2025-04-16", 2.0),
        ("", "openai/gpt-5-mini", 0.25),
        ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 3.0),
        ("anthropic", "claude-opus-4-5-20251101", 5.0),
        ("anthropic", "claude-opus-4-1-20250805", 15.0),
        ("anthropic", "claude-3-5-haiku-latest", 0.8),
        ("gcp.vertex_ai", "gemini-2.5-flash", 0.3),
        ("gcp.gemini", "models/gemini-2.0-flash-001", 0.1),
        ("groq", "llama-3.3-70b-versatile", 0.59),
        ("mistral_ai", "mistral-large-latest", 2.0),
    ],
)
def test_a_known_model_has_its_price(provider: str, model: str, dollars_in: float) -> None:
    """Dated names, regions and gateways' prefixes lead to the same price."""
    found = price_on(provider, model, date(2026, 6, 1))
    assert found is not None
    assert found.input == dollars_in


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-minimal"), ("openai", "my-gpt-4o"), ("openai", "gpt-55"), ("ollama", "mistral-small"),
        ("ollama", "llama-3.3-70b-versatile"), ("openai", ""), ("openai", "fail-400"), ("openai", "o3-deep-research"),
    ],
)  # fmt: skip
def test_a_name_that_is_only_like_a_known_one_is_unpriced(provider: str, model: str) -> None:
    """A price is never guessed, and a model that runs at home has none."""
    assert price_on(provider, model, date(2026, 6, 1)) is None


@pytest.mark.parametrize(
    ("provider", "model", "figures"),
    [
        ("openai", "gpt-5.1-2025-11-13", (1.25, 0.125, None, None, 10.0)),
        ("openai", "gpt-5.4-mini", (0.75, 0.075, None, None, 4.5)),
        ("azure", "azure/gpt-5.6-sol", (4.0, 0.4, 5.0, None, 20.0)),
        ("anthropic", "claude-opus-4-7-20260416", (5.0, 0.5, 6.25, 10.0, 25.0)),
        ("aws.bedrock", "us.anthropic.claude-sonnet-5-20260601-v1:0", (2.0, 0.2, 2.5, 4.0, 10.0)),
        ("anthropic", "claude-sonnet-5-5", (2.0, 0.1, 2.5, 4.0, 10.0)),
        ("anthropic", "claude-opus-5-5", (4.0, 0.2, 5.0, 8.0, 20.0)),
        ("gcp.gemini", "models/gemini-3.1-pro-preview", (2.0, 0.2, None, None, 12.0)),
        ("gcp.gemini", "gemini-2.5-flash", (0.3, 0.03, None, None, 2.5)),
        ("xai", "grok-4.20-0309-reasoning", (1.25, 0.2, None, None, 2.5)),
        ("aws.bedrock", "us.amazon.nova-pro-v1:0", (0.8, 0.2, None, None, 3.2)),
        ("mistral_ai", "mistral-large-latest", (0.5, 0.05, None, None, 1.5)),
    ],
)
def test_models_of_the_last_year_are_priced(provider: str, model: str, figures: tuple[float | None, ...]) -> None:
    """A newer generation does not fall under the pattern of the one before, whose price may differ."""
    found = price_on(provider, model, date(2026, 11, 30))
    assert found is not None
    told = (found.input, found.cached_input, found.cache_write, found.cache_write_hour, found.output)
    assert told == figures


def test_the_price_of_the_day_holds() -> None:
    """A reduction does not reach back, and before its first day a model has no price."""
    before, after = price_on("", "o3", date(2025, 6, 9)), price_on("", "o3", date(2025, 6, 10))
    assert before is not None
    assert after is not None
    assert (before.input, after.input) == (10.0, 2.0)
    assert price_on("", "o3", date(2025, 4, 15)) is None


def test_buckets_are_priced_each_at_its_own_price() -> None:
    """Cached input is cheaper, a cache write dearer, reasoning costs as output does."""
    span = _span(
        request_model="claude-sonnet-4-5", uncached_input_tokens=40, cached_input_tokens=64,
        cache_write_input_tokens=16, visible_output_tokens=20, reasoning_output_tokens=10,
    )  # fmt: skip
    assert cost_usd(span) == pytest.approx((40 * 3 + 64 * 0.3 + 16 * 3.75 + 30 * 15) / 1e6)


def test_an_unknown_price_is_none_and_not_free() -> None:
    """No price, no audio price and no token counts are all unknown; a failed call without tokens cost nothing."""
    assert cost_usd(_span(request_model="my-model", uncached_input_tokens=5)) is None
    assert cost_usd(_span(audio_input_tokens=5)) is None
    assert cost_usd(_span()) is None
    assert cost_usd(_span(status="error")) == 0.0


def test_the_model_that_answered_is_priced() -> None:
    """Where an alias answered with a dated model, that one's price counts; where it is unknown, the alias's."""
    tokens = {"uncached_input_tokens": 1_000_000}
    assert cost_usd(_span(request_model="gpt-4o-mini", response_model="gpt-4o-2024-08-06", **tokens)) == 2.5
    assert cost_usd(_span(request_model="gpt-4o-mini", response_model="odd", **tokens)) == 0.15


def test_every_entry_is_sound() -> None:
    """Each price is above zero, its expressions compile, its source is a page, and no two hold from the same day."""
    for price in prices():
        assert price.input > 0
        assert price.output >= 0
        assert (price.cached_input or 0) <= price.input
        assert price.source.startswith("https://")
        re.compile(price.model)
        re.compile(price.provider)
    names = [(price.model, price.provider, price.since) for price in prices()]
    assert len(names) == len(set(names))
