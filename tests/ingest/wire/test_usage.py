"""Buckets never overlap, whichever provider's convention the counts follow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.telemetry import operation as op
from backend.telemetry.span import Span
from ingest import steps
from ingest.protocols.base import Request
from ingest.routing import match
from ingest.wire.usage import buckets, fullest
from tests.ingest.wire.captured import outcome, spans_of

_NAMES = (
    "uncached_input_tokens", "cached_input_tokens", "cache_write_input_tokens", "audio_input_tokens",
    "visible_output_tokens", "reasoning_output_tokens", "audio_output_tokens",
)  # fmt: skip
_GEMINI: dict[str, Any] = {
    "prompt_token_count": 100, "candidates_token_count": 30, "thoughts_token_count": 50,
    "cached_content_token_count": 64, "total_token_count": 180,
}  # fmt: skip
_BEDROCK: dict[str, Any] = {
    "inputTokens": 18, "outputTokens": 386, "totalTokens": 7906, "cacheReadInputTokens": 0,
    "cacheWriteInputTokens": 7502, "cacheDetails": [{"inputTokens": 7502, "ttl": "5m"}],
}  # fmt: skip
_LITELLM = {
    "prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150, "cache_read_input_tokens": 64,
    "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 16},
}  # fmt: skip
_START, _END = "2026-11-22T17:00:00Z", "2026-11-22T17:00:02Z"


def _told(usage: dict[str, Any]) -> tuple[int, ...]:
    found = buckets(usage)
    return tuple(found[name] for name in _NAMES)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (_GEMINI, (36, 64, 0, 0, 30, 50, 0)),
        ({"promptTokenCount": 100, "candidatesTokenCount": 30, "totalTokenCount": 130}, (100, 0, 0, 0, 30, 0, 0)),
        ({"promptTokenCount": 100, "candidatesTokenCount": 80, "thoughtsTokenCount": 50, "totalTokenCount": 180},
         (100, 0, 0, 0, 30, 50, 0)),
        (_GEMINI | {"tool_use_prompt_token_count": 20, "total_token_count": 200}, (56, 64, 0, 0, 30, 50, 0)),
        ({"promptTokenCount": 100, "candidatesTokenCount": 30, "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 40}, {"modality": "AUDIO", "tokenCount": 60}]},
         (40, 0, 0, 60, 30, 0, 0)),
        (_BEDROCK, (18, 0, 7502, 0, 386, 0, 0)),
        ({"inputTokens": 4, "outputTokens": 832, "totalTokens": 2326, "cacheReadInputTokens": 1490},
         (4, 1490, 0, 0, 832, 0, 0)),
        ({"inputTokens": 18, "outputTokens": 3, "totalTokens": 21, "cacheReadInputTokens": 10},
         (18, 10, 0, 0, 3, 0, 0)),
        ({"inputTokenCount": 9, "outputTokenCount": 5, "cacheReadInputTokenCount": 7}, (9, 7, 0, 0, 5, 0, 0)),
        ({"inputTokens": 120, "outputTokens": 30, "cachedInputTokens": 64, "reasoningTokens": 12},
         (56, 64, 0, 0, 18, 12, 0)),
        ({"inputTokens": 120, "outputTokens": 30, "inputTokenDetails": {"cacheReadTokens": 64},
          "outputTokenDetails": {"reasoningTokens": 12}}, (56, 64, 0, 0, 18, 12, 0)),
        (_LITELLM, (40, 64, 16, 0, 30, 0, 0)),
        ({"prompt_tokens": 120, "completion_tokens": 30, "prompt_details": {"cache_read": 64},
          "completion_details": {"reasoning": 12}}, (56, 64, 0, 0, 18, 12, 0)),
        ({"prompt_tokens": 120, "completion_tokens": 30, "prompt_cache_hit_tokens": 64}, (56, 64, 0, 0, 30, 0, 0)),
        ({"input_tokens": 40, "output_tokens": 30, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 16},
         (40, 64, 16, 0, 30, 0, 0)),
        ({"input_tokens": 120, "output_tokens": 30, "input_token_details": {"cache_read": 64}},
         (56, 64, 0, 0, 30, 0, 0)),
        ({"input_tokens": 40, "output_tokens": 30, "total_tokens": 70, "cache_read_input_tokens": 64},
         (40, 64, 0, 0, 30, 0, 0)),
        ({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135, "prompt_tokens_details":
          {"cached_tokens": 6}, "completion_tokens_details": {"reasoning_tokens": 94}}, (26, 6, 0, 0, 9, 94, 0)),
        ({"input": 46, "input_cached_tokens": 64, "input_audio_tokens": 10, "output": 10, "output_reasoning_tokens": 12,
          "output_audio_tokens": 8, "total": 150}, (46, 64, 0, 10, 10, 12, 8)),
        ({"input": 46, "input_audio": 10, "output": 10, "output_audio": 8, "total": 74}, (46, 0, 0, 10, 10, 0, 8)),
        ({"input": 0, "output": 0, "total": 180, "input_modality_1": 36, "cached_modality_1": 64,
          "output_modality_1": 30, "thoughts_token_count": 50, "cached_content_token_count": 64},
         (36, 64, 0, 0, 30, 50, 0)),
        ({"input": 0, "output": 0, "total": 130, "input_modality_TEXT": 40, "input_modality_AUDIO": 60,
          "output_modality_TEXT": 30}, (40, 0, 0, 60, 30, 0, 0)),
    ],
)  # fmt: skip
def test_each_convention(usage: dict[str, Any], expected: tuple[int, ...]) -> None:
    """Of each provider, and of what LangChain, Vercel, LiteLLM and Langfuse's handlers make of its counts."""
    assert _told(usage) == expected


def test_a_cache_of_bedrock_that_lives_an_hour() -> None:
    """It costs more, so that how much of it there is must be known."""
    details = [{"inputTokens": 7000, "ttl": "1h"}, {"inputTokens": 502, "ttl": "5m"}]
    found = buckets(_BEDROCK | {"cacheDetails": details})
    assert (found["cache_write_input_tokens"], found["hour_cache_write_input_tokens"]) == (7502, 7000)


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150, "input_token_details": {
            "cache_read": 64, "cache_creation": 0, "ephemeral_5m_input_tokens": 6, "ephemeral_1h_input_tokens": 10}},
        {"input": 40, "output": 30, "total": 150, "input_cache_read": 64, "input_cache_creation": 0,
         "input_ephemeral_5m_input_tokens": 6, "input_ephemeral_1h_input_tokens": 10},
        {"input": 40, "output": 30, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 16,
         "cache_creation_ephemeral_5m_input_tokens": 6, "cache_creation_ephemeral_1h_input_tokens": 10},
        {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150, "cache_read_input_tokens": 64,
         "cache_creation_input_tokens": 16, "cache_creation_input_tokens_above_1hr": 10},
    ],
)  # fmt: skip
def test_how_long_anthropics_caches_live(usage: dict[str, Any]) -> None:
    """LangChain tells it in place of the sum, Langfuse's handler puts a word before, MLflow tells the hour alone."""
    found = buckets(usage)
    assert _told(usage) == (40, 64, 16, 0, 30, 0, 0)
    assert found["hour_cache_write_input_tokens"] == 10


def test_the_table_that_tells_most_is_read() -> None:
    """Totals beside a provider's own table; of two that tell as much the first; of none that tells anything none."""
    totals = {"prompt_tokens": 120, "completion_tokens": 30}
    assert fullest(totals, _LITELLM) is _LITELLM
    assert fullest(totals, dict(totals)) is totals
    assert fullest({"characters": 9}, totals) is totals
    assert fullest() == {}


def _spans(path: str, told: Any) -> list[Span]:
    found = match("POST", path)
    assert found is not None
    decoded = found.protocol.decode_request(Request(json.dumps(told).encode(), "application/json"))
    spans, refused = steps.run([*decoded.spans, *spans_of(decoded.parts)])
    assert refused == []
    return spans


def _opik(usage: dict[str, Any], **told: Any) -> Span:
    span = {"id": "s", "trace_id": "t", "type": "llm", "name": "call", "start_time": _START, "end_time": _END,
            "usage": usage, **told}  # fmt: skip
    return _spans("/opik/api/v1/private/spans/batch", {"spans": [span]})[0]


def test_gemini_through_opik_has_tokens_and_cost() -> None:
    """Opik puts the provider's names beside its own, without the thoughts."""
    usage = {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 180}
    usage |= {f"original_usage.{name}": count for name, count in _GEMINI.items()}
    call = _opik(usage, model="gemini-2.5-flash", provider="google_ai")
    assert (call.uncached_input_tokens, call.cached_input_tokens) == (36, 64)
    assert (call.visible_output_tokens, call.reasoning_output_tokens) == (30, 50)
    assert call.cost_usd is not None
    assert call.cost_usd > 80 * 2.5e-6  # the answer and the thoughts alone


def test_counts_under_names_that_nobody_knows_leave_opiks_own() -> None:
    """A provider's table without a bucket says nothing; the client's cost is kept apart."""
    call = _opik({"prompt_tokens": 5, "completion_tokens": 7, "original_usage.characters": 12}, total_cost=0.25)
    assert (call.uncached_input_tokens, call.visible_output_tokens, call.client_cost_usd) == (5, 7, 0.25)


def test_gemini_through_posthog_and_langfuse() -> None:
    """PostHog's own names hold Gemini's numbers; Langfuse passes its table on, and older costs stand in the counts."""
    told = {"$ai_trace_id": "t", "$ai_span_id": "s", "$ai_provider": "gemini", "$ai_model": "gemini-2.5-flash",
            "$ai_input_tokens": 100, "$ai_output_tokens": 30, "$ai_reasoning_tokens": 50,
            "$ai_cache_read_input_tokens": 64}  # fmt: skip
    event = {"event": "$ai_generation", "timestamp": _END, "properties": told}
    body = {"id": "o", "traceId": "t", "startTime": _START, "model": "gemini-2.5-flash", "usageDetails": _GEMINI,
            "usage": {"totalCost": 0.5}}  # fmt: skip
    batch = {"batch": [{"id": "e", "type": "generation-create", "timestamp": _START, "body": body}]}
    of_posthog = _spans("/batch/", {"batch": [event]})
    of_langfuse = [span for span in _spans("/api/public/ingestion", batch) if span.operation == op.CHAT]
    for [call] in (of_posthog, of_langfuse):
        assert (call.uncached_input_tokens, call.cached_input_tokens) == (36, 64)
        assert (call.visible_output_tokens, call.reasoning_output_tokens) == (30, 50)
    assert of_langfuse[0].client_cost_usd == 0.5


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"$ai_provider": "amazon_bedrock"}, (100, 64, 16, 10)),
        ({"$ai_provider": "openai", "$ai_cache_reporting_exclusive": False}, (20, 64, 16, 10)),
        ({"$ai_provider": "openai", "$ai_model": "gpt-5", "$ai_cache_reporting_exclusive": True}, (100, 64, 16, 10)),
        ({"$ai_provider": "openai", "$ai_model": "gpt-5"}, (20, 64, 16, 10)),
    ],
)
def test_posthog_says_what_stands_beside(told: dict[str, Any], expected: tuple[int, ...]) -> None:
    """Or says nothing of a Claude, whose cached tokens its LangChain callback takes out of the input in any cloud."""
    told = {
        "$ai_trace_id": "t", "$ai_span_id": "s", "$ai_model": "anthropic.claude-sonnet-4-5", "$ai_input_tokens": 100,
        "$ai_output_tokens": 30, "$ai_cache_read_input_tokens": 64, "$ai_cache_creation_input_tokens": 16,
        "$ai_cache_creation_1h_input_tokens": 10, **told,
    }  # fmt: skip
    [call] = _spans("/batch/", {"batch": [{"event": "$ai_generation", "timestamp": _END, "properties": told}]})
    assert (
        call.uncached_input_tokens, call.cached_input_tokens, call.cache_write_input_tokens,
        call.hour_cache_write_input_tokens,
    ) == expected  # fmt: skip


@pytest.mark.parametrize("client", ["litellm-posthog", "litellm-opik", "litellm-langsmith"])
def test_litellm_through_others_costs_what_it_says(client: str) -> None:
    """What was cached is found, so that our price and LiteLLM's own agree, and embeddings are no chat."""
    calls = [span for span in outcome(client).spans if span.operation in op.METERED and span.status == "ok"]
    assert {span.operation for span in calls} == {op.CHAT, op.EMBEDDINGS}
    found = {
        (span.provider, span.uncached_input_tokens, span.cached_input_tokens, span.cache_write_input_tokens,
         span.visible_output_tokens, span.reasoning_output_tokens)
        for span in calls
    }  # fmt: skip
    assert found == {
        ("openai", 7, 0, 0, 0, 0), ("openai", 56, 64, 0, 18, 12), ("anthropic", 40, 64, 16, 30, 0),
    }  # fmt: skip
    assert all(span.client_cost_usd and span.cost_usd == pytest.approx(span.client_cost_usd) for span in calls)


def test_litellm_through_langsmith_tells_who_and_how_fast() -> None:
    """Its record stands in the run's inputs; what LangSmith calls a session is LiteLLM's conversation."""
    calls = {span.request_model: span for span in outcome("litellm-langsmith").spans}
    assert calls["claude-sonnet-4-5"].conversation_id == "sess-42"
    assert calls["claude-sonnet-4-5"].tags == ("rag", "beta")
    assert [span.time_to_first_token_ms for span in calls.values() if span.time_to_first_token_ms]
