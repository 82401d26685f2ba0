"""Vercel's AI SDK: the names of its versions up to 6, and of 7 with its older form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from backend.telemetry import operation as op
from ingest.mapping.numbered import vectors_left_out
from ingest.mapping.values import as_text, identity, json_list, json_table, labels, real, vendor, whole, words
from ingest.vocabularies.base import Convert, Vocabulary

_MODEL = ("dogenerate", "dostream")
_OUTER = ("generatetext", "streamtext", "generateobject", "streamobject")


def _counts_of_anthropic(value: Any) -> dict[str, Any]:
    """Anthropic's own counts: the SDK's before version 6 leave out what was cached, or count it beside the input.

    Raises:
        ValueError: there are none.
    """
    told = json_table(value).get("anthropic")
    return json_table(told.get("usage") if isinstance(told, dict) else None)


class VercelAi(Vocabulary):
    """Vercel's AI SDK: a call of a function holds the calls of the model and of tools."""

    name = "vercel_ai"
    rank = 7
    fields: ClassVar[Mapping[str, tuple[str, Convert]]] = {
        "ai.operationId": ("operation", as_text),
        "ai.model.id": ("request_model", as_text),
        "ai.response.model": ("response_model", as_text),
        "ai.model.provider": ("provider", vendor),
        "ai.prompt.messages": ("input_messages", as_text),
        "ai.prompt": ("input_value", as_text),
        "ai.value": ("input_value", as_text),
        "ai.values": ("input_value", json_list),
        "ai.response.text": ("output_value", as_text),
        "ai.response.object": ("output_value", as_text),
        "ai.response.toolCalls": ("tool_calls", as_text),
        "ai.response.id": ("response_id", as_text),
        "ai.response.finishReason": ("finish_reasons", words),
        "ai.response.msToFirstChunk": ("time_to_first_token_ms", real),
        "ai.prompt.tools": ("tool_definitions", json_list),
        "ai.embedding": ("vectors", vectors_left_out),
        "ai.embeddings": ("vectors", vectors_left_out),
        "ai.settings.maxOutputTokens": ("max_tokens", whole),
        "ai.settings.maxTokens": ("max_tokens", whole),
        "ai.toolCall.name": ("tool_name", as_text),
        "ai.toolCall.id": ("tool_call_id", as_text),
        "ai.toolCall.args": ("tool_arguments", as_text),
        "ai.toolCall.result": ("tool_result", as_text),
        "ai.response.providerMetadata": ("usage_counts", _counts_of_anthropic),
        "ai.usage.inputTokens": ("input_tokens", whole),
        "ai.usage.promptTokens": ("input_tokens", whole),
        "ai.usage.tokens": ("input_tokens", whole),
        "ai.usage.outputTokens": ("output_tokens", whole),
        "ai.usage.completionTokens": ("output_tokens", whole),
        "ai.usage.cachedInputTokens": ("cache_read_tokens", whole),
        "ai.usage.inputTokenDetails.cacheReadTokens": ("cache_read_tokens", whole),
        "ai.usage.inputTokenDetails.cacheWriteTokens": ("cache_write_tokens", whole),
        "ai.usage.reasoningTokens": ("reasoning_tokens", whole),
        "ai.usage.outputTokenDetails.reasoningTokens": ("reasoning_tokens", whole),
        "ai.telemetry.metadata.sessionId": ("conversation_id", identity),
        "ai.telemetry.metadata.conversationId": ("conversation_id", identity),
        "ai.telemetry.metadata.threadId": ("conversation_id", identity),
        "ai.telemetry.metadata.chatId": ("conversation_id", identity),
        "ai.settings.context.sessionId": ("conversation_id", identity),
        "ai.telemetry.metadata.userId": ("user_id", identity),
        "ai.settings.context.userId": ("user_id", identity),
        "ai.telemetry.metadata.tags": ("tags", labels),
        "ai.settings.context.tags": ("tags", labels),
    }
    operations: ClassVar[Mapping[str, str]] = {
        **{f"ai.{outer}.{model}": op.CHAT for outer in _OUTER for model in _MODEL},
        **{f"ai.{outer}": op.INVOKE_WORKFLOW for outer in _OUTER},
        "ai.embed.doembed": op.EMBEDDINGS,
        "ai.embedmany.doembed": op.EMBEDDINGS,
        "ai.embed": op.INVOKE_WORKFLOW,
        "ai.embedmany": op.INVOKE_WORKFLOW,
        "ai.rerank.dorerank": op.RERANK,
        "ai.toolcall": op.EXECUTE_TOOL,
    }
